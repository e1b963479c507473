"""No request is read beyond what the API takes."""

from http import HTTPStatus

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from channels.api import problems

MOST_BYTES = 4 * 1024 * 1024  # 500 orders of 20 lines are 1.5 MB


class _TooLarge(Exception):
    """More came than is taken."""


class Bounded:
    """Answers 413 to a body over MOST_BYTES, however it is sent."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, counting what it brings."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        read = 0

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > MOST_BYTES:
                raise _TooLarge
            return message

        try:
            await self._app(scope, counted, send)
        except _TooLarge:
            problem = problems.make(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "content_too_large")
            await problems.response(problem)(scope, receive, send)
