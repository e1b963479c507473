"""A unit of work that is done again where the database chose it to end a deadlock."""

import random
import time
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from crm_core.db import unit_of_work

T = TypeVar("T")

_MOST_ATTEMPTS = 6
_FIRST_PAUSE_SECONDS = 0.02
_ENDED = {"40001", "40P01", 1020, 1205, 1213}  # SQLSTATE of PostgreSQL, errors of MariaDB


def do(work: Callable[[Session], T]) -> T:
    """Do `work` in a unit of work and return what it returns, once that is committed.

    It may run several times: all that it does must be in the session.
    """
    for attempt in range(1, _MOST_ATTEMPTS):
        try:
            return _once(work)
        except OperationalError as error:
            if not was_ended(error):
                raise
        time.sleep(_FIRST_PAUSE_SECONDS * 2**attempt * random.random())  # noqa: S311
    return _once(work)


def was_ended(error: OperationalError) -> bool:
    """Whether the database ended the transaction for another's sake, so that it may be repeated."""
    code = getattr(error.orig, "sqlstate", None) or next(iter(getattr(error.orig, "args", ())), 0)
    return code in _ENDED


def _once(work: Callable[[Session], T]) -> T:
    with unit_of_work() as session:
        return work(session)
