"""The process that Rasa calls: actions and the live lexicon, on loopback."""

from http import HTTPStatus

import orjson
from fastapi import Depends, FastAPI, Request, Response
from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import ActionExecutionRejection, ActionNotFoundException

from app import logs
from app.secret import bearer
from crm_core.db import reading
from crm_core.lexicon import service as lexicon


def create_app() -> FastAPI:
    """The ASGI app."""
    logs.configure()
    made = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    executor = ActionExecutor()
    executor.register_package("actions")

    @made.post("/internal/actions", dependencies=[Depends(bearer)])
    async def run(request: Request) -> Response:
        payload = orjson.loads(await request.body())
        payload.setdefault("domain", {})
        name = payload.get("next_action")
        try:
            result = await executor.run(payload)
        except ActionExecutionRejection:
            return _json({"error": "rejected", "action_name": name}, HTTPStatus.BAD_REQUEST)
        except ActionNotFoundException:
            return _json({"error": "not found", "action_name": name}, HTTPStatus.NOT_FOUND)
        return _json(result.model_dump() if result else {"events": [], "responses": []})

    @made.get("/internal/lexicon", dependencies=[Depends(bearer)])
    def words(request: Request) -> Response:
        with reading() as session:
            entries = lexicon.entries(session)
        tag = lexicon.etag(entries)
        if request.headers.get("If-None-Match") == tag:
            return Response(status_code=HTTPStatus.NOT_MODIFIED, headers={"ETag": tag})
        answer = _json({"entries": entries})
        answer.headers["ETag"] = tag
        return answer

    @made.get("/healthz")
    def alive() -> dict[str, str]:
        return {"status": "alive"}

    return made


def _json(content: object, status: HTTPStatus = HTTPStatus.OK) -> Response:
    return Response(orjson.dumps(content), status, media_type="application/json")
