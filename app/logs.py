"""Structured logs on standard output, without personal data.

An error's own words may quote what somebody said, so only its kind and its place are logged.
"""

import logging
import traceback
from types import TracebackType

import structlog

from crm_core.settings import settings

_FORMAT = "%(levelname)s %(name)s %(message)s"

Raised = tuple[type[BaseException], BaseException, TracebackType | None]


def configure() -> None:
    """Set up logging once for this process; what uvicorn set up before is made wordless too."""
    level = logging.getLevelNamesMapping()[settings().log_level]
    handler = logging.StreamHandler()
    handler.setFormatter(_Wordless(_FORMAT))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    for ready in logging.getLogger("uvicorn").handlers:
        ready.setFormatter(_Wordless(_FORMAT))
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.ExceptionRenderer(_formatted),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
    )


def traced(error: BaseException) -> str:
    """The kind of an error and of what caused it, each with its calls, newest last."""
    calls = traceback.extract_tb(error.__traceback__)
    places = [f"  {call.filename}:{call.lineno} {call.name}" for call in calls]
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    before = [traced(cause), "and then"] if cause else []
    return "\n".join([*before, type(error).__name__, *places])


class _Wordless(logging.Formatter):
    def formatException(  # noqa: N802 - logging's name
        self, ei: Raised | tuple[None, None, None]
    ) -> str:
        return traced(ei[1]) if ei[1] is not None else ""


def _formatted(exc_info: Raised) -> str:
    return traced(exc_info[1])
