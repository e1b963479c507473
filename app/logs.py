"""Structured logs on standard output, without personal data."""

import logging

import structlog

from crm_core.settings import settings


def configure() -> None:
    """Set up logging once for this process."""
    level = logging.getLevelNamesMapping()[settings().log_level]
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
    )
