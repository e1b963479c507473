"""A lexicon endpoint over a real socket, with the contract's headers."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Shop:
    """What the endpoint says, and what it was asked."""

    secret: str
    entries: dict[str, Any] = field(default_factory=dict)
    broken: bool = False
    answers: list[int] = field(default_factory=list)
    url: str = ""
    answered: threading.Condition = field(default_factory=threading.Condition)

    def wait_for(self, answers: int) -> None:
        """Waits until the endpoint was asked so often."""
        with self.answered:
            assert self.answered.wait_for(lambda: len(self.answers) >= answers, timeout=10)


@contextmanager
def running(shop: Shop) -> Iterator[Shop]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(shop))
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}).start()
    shop.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield shop
    finally:
        server.shutdown()
        server.server_close()


def _handler(shop: Shop) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps({"entries": shop.entries}).encode()
            etag = f'"{hash(body)}"'
            status = self._status(etag)
            with shop.answered:
                shop.answers.append(status)
                shop.answered.notify_all()
            self.send_response(status)
            self.send_header("ETag", etag)
            self.end_headers()
            if status == 200:
                self.wfile.write(b"{" if shop.broken else body)

        def _status(self, etag: str) -> int:
            if self.path != "/internal/lexicon":
                return 404
            if self.headers["Authorization"] != f"Bearer {shop.secret}":
                return 401
            return 304 if self.headers["If-None-Match"] == etag else 200

        def log_message(self, *args: object) -> None:
            """Says nothing."""

    return Handler
