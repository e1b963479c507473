"""The input channel over HTTP; it checks the secret and hands bodies to the workers."""

import hmac
import json
from collections.abc import Awaitable, Callable
from http import HTTPStatus

from aiohttp import web

from bot.launcher import frames
from bot.launcher.pool import NotReady, Pool, WorkerDied

LARGEST_BODY = 1 << 20  # bytes; a state is some 10 KB
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def create_app(pool: Pool, secret: str) -> web.Application:
    """The routes of the channel, and no other of Rasa's."""

    @web.middleware
    async def check_secret(request: web.Request, handler: Handler) -> web.StreamResponse:
        sent = request.headers.get("Authorization", "").encode()
        is_open = request.method == "GET"  # readiness tells nothing about anybody
        if is_open or hmac.compare_digest(sent, f"Bearer {secret}".encode()):
            return await handler(request)
        return _error(HTTPStatus.UNAUTHORIZED, "unauthorized")

    async def ready(_: web.Request) -> web.Response:
        if pool.is_ready:
            return web.json_response({"ready": True})
        return _error(HTTPStatus.SERVICE_UNAVAILABLE, "not ready")

    async def lexicon(_: web.Request) -> web.Response:
        """Every worker asks for the shop's names at once, instead of within some seconds."""
        try:
            answers = await pool.ask_all(frames.LEXICON)
        except (NotReady, WorkerDied):
            return _error(HTTPStatus.SERVICE_UNAVAILABLE, "not ready")
        if any(answer.code != HTTPStatus.OK for answer in answers):
            return _error(HTTPStatus.INTERNAL_SERVER_ERROR, "failed")
        return web.json_response({"etags": [json.loads(answer.body)["etag"] for answer in answers]})

    app = web.Application(client_max_size=LARGEST_BODY, middlewares=[_as_json, check_secret])
    app.router.add_post("/webhooks/dianyu/turn", _asks(pool, frames.TURN))
    app.router.add_post("/webhooks/dianyu/parse", _asks(pool, frames.PARSE))
    app.router.add_post("/webhooks/dianyu/lexicon", lexicon)
    app.router.add_get("/webhooks/dianyu/ready", ready)
    return app


def _asks(pool: Pool, code: int) -> Handler:
    async def handler(request: web.Request) -> web.Response:
        try:
            answer = await pool.ask(code, await request.read())
        except NotReady:
            return _error(HTTPStatus.SERVICE_UNAVAILABLE, "not ready")
        except WorkerDied:
            return _error(HTTPStatus.INTERNAL_SERVER_ERROR, "failed")
        return web.Response(body=answer.body, status=answer.code, content_type="application/json")

    return handler


@web.middleware
async def _as_json(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Errors of the server's own (no such path, too large a body) in the same shape."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        return _error(HTTPStatus(error.status), error.reason.lower())


def _error(status: HTTPStatus, error: str) -> web.Response:
    return web.json_response({"error": error}, status=status)
