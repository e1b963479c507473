"""The gateway: the platforms' callbacks, health and metrics; in a demo, the sandbox's door."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from http import HTTPStatus

from fastapi import FastAPI, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from redis import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app import demo_door, lag, logs, pages
from channels.api import app as api
from channels.dialogue import Dialogue
from channels.forms import router as forms
from channels.oa import callback as oa
from channels.oa.account import Account as OaAccount
from channels.turns import Turns
from channels.wecom import callback as wecom
from channels.wecom.account import Account as WecomAccount
from crm_core import queues
from crm_core.db import reading
from crm_core.settings import Settings, settings


def create_app(config: Settings | None = None) -> FastAPI:
    """The ASGI app."""
    config = config or settings()
    logs.configure()
    dialogue = Dialogue(config)
    turns = Turns(dialogue)
    at_end: list[Callable[[], Awaitable[None]]] = [turns.close, dialogue.close]

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        watching = asyncio.create_task(turns.watch())
        async with AsyncExitStack() as ending:
            for close in reversed(at_end):  # turns end before what they talk through is closed
                ending.push_async_callback(close)
            yield
            watching.cancel()
            with suppress(asyncio.CancelledError):
                await watching

    made = FastAPI(title="店语", docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    if config.oa_appid:
        made.include_router(oa.router(OaAccount.of(config), turns))
    if config.wecom_corpid:
        made.include_router(wecom.router(WecomAccount.of(config), turns))
    made.include_router(forms.router())
    made.mount("/api", api.make())
    _health(made, dialogue)
    if config.demo:
        at_end.append(demo_door.open_on(made, config, dialogue))
        at_end.append(pages.open_on(made, config.ui_url))
    return made


def _health(made: FastAPI, dialogue: Dialogue) -> None:
    @made.get("/healthz")
    async def alive() -> dict[str, str]:
        return {"status": "alive"}

    @made.get("/readyz")
    async def ready() -> JSONResponse:
        parts = {
            "database": await asyncio.to_thread(_database_answers),
            "redis": await asyncio.to_thread(_redis_answers),
            "rasa": await dialogue.ready(),
        }
        status = HTTPStatus.OK if all(parts.values()) else HTTPStatus.SERVICE_UNAVAILABLE
        return JSONResponse(parts, status)

    @made.get("/metrics")
    async def metrics() -> Response:
        await asyncio.to_thread(lag.measure)
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


def _database_answers() -> bool:
    try:
        with reading() as session:
            session.connection().execute(text("SELECT 1"))
    except SQLAlchemyError:
        return False
    return True


def _redis_answers() -> bool:
    try:
        return bool(queues.redis().ping())
    except RedisError:
        return False
