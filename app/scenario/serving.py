"""ASGI apps on loopback, in threads of this process."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from app.run.errors import CannotRun

_START_SECONDS = 20.0
_STOP_SECONDS = 10.0


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.up.set()


def a_port() -> socket.socket:
    """A free port of loopback, bound before its app exists, so that others can know the address."""
    return socket.create_server(("127.0.0.1", 0))


def url_of(port: socket.socket) -> str:
    return f"http://127.0.0.1:{port.getsockname()[1]}"


@contextmanager
def served(app: Any, port: socket.socket) -> Iterator[None]:
    """Serve `app` on the port, which is closed in the end.

    Raises:
        CannotRun: it did not start.
    """
    config = uvicorn.Config(
        app, log_config=None, access_log=False, ws="none", timeout_graceful_shutdown=1
    )
    server = _Server(config)
    thread = threading.Thread(target=server.run, args=([port],), daemon=True)
    with port:
        thread.start()
        if not server.up.wait(_START_SECONDS):
            raise CannotRun(f"the server at {url_of(port)} did not start.")
        try:
            yield
        finally:
            server.should_exit = True
            thread.join(_STOP_SECONDS)
