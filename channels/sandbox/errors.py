"""How a platform says no."""

from typing import Any


class Refused(Exception):
    """An API call that ends in an error code; `extra` joins the answer."""

    def __init__(self, code: int, message: str, **extra: Any) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.extra = extra
