"""The names of what failed in the turn now running; stock Rasa only logs them."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from rasa.shared.exceptions import RasaException

_failed: ContextVar[list[str]] = ContextVar("failed")


class ActionFailed(RasaException):
    """An action has failed and is on the list already."""


@contextmanager
def collected() -> Iterator[list[str]]:
    """The list that `record` fills while the context lasts."""
    token = _failed.set([])
    try:
        yield _failed.get()
    finally:
        _failed.reset(token)


def record(name: str) -> None:
    """Put a name on the turn's list, once."""
    failed = _failed.get([])
    if name not in failed:
        failed.append(name)
