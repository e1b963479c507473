"""What failed in the turn now running, and why; stock Rasa only logs it."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from rasa.shared.exceptions import RasaException

Failed = dict[str, str]  # what failed: why, in words without anybody's own
_failed: ContextVar[Failed] = ContextVar("failed")


class ActionFailed(RasaException):
    """An action has failed and is on record already."""


@contextmanager
def collected() -> Iterator[Failed]:
    """The record that `record` fills while the context lasts."""
    failed: Failed = {}
    token = _failed.set(failed)
    try:
        yield failed
    finally:
        _failed.reset(token)


def record(name: str, why: str | BaseException) -> None:
    """Put an action or a response on the turn's record; its first cause stays."""
    _failed.get({}).setdefault(name, why if isinstance(why, str) else _cause(why))


def _cause(error: BaseException) -> str:
    """The kinds of the error and of what caused it; their words may quote a person."""
    status = getattr(error, "status", None)
    kind = type(error).__name__ + (f" {status}" if status else "")
    return f"{kind} after {_cause(error.__cause__)}" if error.__cause__ else kind
