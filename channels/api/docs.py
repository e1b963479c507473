"""The API's own pages: how to use it, without anything from elsewhere."""

from importlib.resources import files
from pathlib import Path

import fastapi_offline
from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse
from pydantic import BaseModel
from starlette.staticfiles import StaticFiles

from channels.api.wording import title


class Explained(BaseModel):
    code: str
    title: str


def open_on(app: FastAPI) -> None:
    """Serve /docs, its scripts and styles, and what each problem means."""
    static = Path(str(files(fastapi_offline) / "static"))
    app.mount("/docs/static", StaticFiles(directory=static))

    @app.get("/docs", include_in_schema=False)
    def page() -> HTMLResponse:
        return get_swagger_ui_html(
            openapi_url="/api/openapi.json",
            title="店语 API",
            swagger_js_url="/api/docs/static/swagger-ui-bundle.js",
            swagger_css_url="/api/docs/static/swagger-ui.css",
            swagger_favicon_url="/api/docs/static/favicon.png",
        )

    @app.get("/problems/{code}", include_in_schema=False)
    def explain(code: str) -> Explained:
        return Explained(code=code, title=title(code))
