"""Where API calls come in: they are counted, and faults that were asked for happen here."""

import asyncio
import json
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from channels.sandbox.faults import Fault, Kind
from channels.sandbox.world import World

_PLATFORMS = ("/oa/", "/wecom/", "/sms")
_WECHAT: dict[Kind, dict[str, Any]] = {
    Kind.BUSY: {"errcode": -1, "errmsg": "system busy, please try again later"},
    Kind.QUOTA: {"errcode": 45009, "errmsg": "reach max api daily quota limit"},
    Kind.TOKEN_EXPIRED: {"errcode": 42001, "errmsg": "access_token expired"},
}
_SMS: dict[Kind, dict[str, Any]] = {
    Kind.BUSY: {"Code": "isp.SYSTEM_ERROR", "Message": "系统错误", "RequestId": "fault"},
    Kind.QUOTA: {
        "Code": "isv.BUSINESS_LIMIT_CONTROL", "Message": "触发业务流控", "RequestId": "fault"
    },
}  # fmt: skip


class Edge:
    """ASGI middleware around the platforms' endpoints; control passes untouched."""

    def __init__(self, app: ASGIApp, world: World) -> None:
        self._app = app
        self._world = world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope.get("path", "")
        if scope["type"] != "http" or not path.startswith(_PLATFORMS):
            await self._app(scope, receive, send)
            return
        self._world.count("api_calls", path)
        answers = _SMS if path.startswith("/sms") else _WECHAT
        fault = self._world.faults.take(path, Kind.TIMEOUT, Kind.SERVER_ERROR, *answers)
        if fault is None:
            await self._app(scope, receive, send)
            return
        if fault.after:
            await self._app(scope, receive, _discard)
        await _fail(fault, answers, receive, send)


async def _fail(
    fault: Fault, answers: dict[Kind, dict[str, Any]], receive: Receive, send: Send
) -> None:
    if fault.kind is Kind.TIMEOUT:
        await _hang(receive, fault.seconds)
        await _answer(send, 504, {"error": "timeout"})
    elif fault.kind is Kind.SERVER_ERROR:
        await _answer(send, 502, {"error": "bad gateway"})
    else:
        await _answer(send, 200, answers[fault.kind])


async def _hang(receive: Receive, seconds: float) -> None:
    """Until the caller gives up, for `seconds` at most."""
    try:
        async with asyncio.timeout(seconds):
            while (await receive())["type"] != "http.disconnect":
                pass
    except TimeoutError:
        return


async def _answer(send: Send, status: int, body: dict[str, Any]) -> None:
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(body).encode()})


async def _discard(_: Message) -> None:
    """Let a call take effect without its answer going out."""
