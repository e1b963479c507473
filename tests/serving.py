"""ASGI apps on real sockets, in threads of this process."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.up.set()


def a_port() -> socket.socket:
    """A free port of loopback, already bound, so that its address is known before its app."""
    return socket.create_server(("127.0.0.1", 0))


def url_of(listening: socket.socket) -> str:
    return f"http://127.0.0.1:{listening.getsockname()[1]}"


@contextmanager
def served(app: Any, port: socket.socket | None = None) -> Iterator[str]:
    """Serve `app` on a port of loopback, a free one if none is given; yields its URL."""
    with port or a_port() as listening:
        config = uvicorn.Config(app, log_level="error", ws="none", timeout_graceful_shutdown=1)
        server = _Server(config)
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        assert server.up.wait(10)
        yield url_of(listening)
        server.should_exit = True
        thread.join(10)
        assert not thread.is_alive()
