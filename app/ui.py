"""The process that serves the pages: `python -m app.ui`."""

import uvicorn
from fastapi import FastAPI
from nicegui import ui

from app import logs
from console import try_page
from console.sandbox_client import SandboxClient
from crm_core.settings import Settings, settings


def create_app(config: Settings) -> FastAPI:
    """The ASGI app; /try exists in a demo only."""
    made = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    @made.get("/healthz")
    def alive() -> dict[str, str]:
        return {"status": "alive"}

    if config.demo:
        gateway = f"http://127.0.0.1:{config.port}"
        try_page.add(SandboxClient(config.sandbox_url, gateway))
    ui.run_with(made, title="店语", language="zh-CN", show_welcome_message=False)
    return made


def main() -> None:
    """Serve on loopback until stopped."""
    logs.configure()
    config = settings()
    uvicorn.run(
        create_app(config),
        host="127.0.0.1",
        port=config.port + 4,
        access_log=False,
        log_config=None,  # ours
        server_header=False,
        log_level="warning",
        timeout_graceful_shutdown=2,
        ws_per_message_deflate=False,  # the gateway's proxy passes frames on as they are
    )


if __name__ == "__main__":
    main()
