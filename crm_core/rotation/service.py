"""Writing everything again under the present key, while the shop goes on working."""

import time
from dataclasses import dataclass
from functools import partial

from sqlalchemy import Table
from sqlmodel import Session

from crm_core import crypto
from crm_core.audit import service as audit
from crm_core.authz import Actor, Permission
from crm_core.db import reading, unit_of_work
from crm_core.errors import CrmError
from crm_core.rotation.rewriting import (
    encrypted_tables,
    renew_index,
    rewrite,
    under_another_key,
)
from crm_core.rotation.walking import Batch, Progress, again, walk

_INDEX = "search_key"  # its rows hold digests alone, and are made anew from what they index
_MOST_WALKS = 8  # over a table in which others go on writing, or hold rows that a walk left out
_FIRST_PAUSE_SECONDS = 0.05  # before walking again; twice as long each time


class StillWritten(CrmError):
    """Somebody goes on writing under an old key: a process was not restarted."""

    code = "still_written"


@dataclass(frozen=True)
class Left:
    """How many rows of a table hold something under another key than the present one."""

    table: str
    rows: int


def rotate(actor: Actor, *, progress: Progress | None = None) -> int:
    """Write again what is not under the present key; returns how many rows that were.

    Opens transactions of its own, short ones. A run that was cut off is gone on with by the next;
    repeating a finished one changes nothing.

    Raises:
        Forbidden: the actor may not set up the shop.
        Undecryptable: a value is under a key that is not in the ring; what came before is done.
        StillWritten: rows under an old key keep coming.
    """
    actor.require(Permission.SETUP_WRITE)
    tell = progress or _silently
    rewritten = sum(_whole(table, tell) for table in encrypted_tables())
    if rewritten:
        again(_INDEX)
    walk(_INDEX, renew_index, tell)
    with unit_of_work() as session:
        key = f"key:{crypto.current_key_id().hex()}"
        audit.record(session, actor, "keys:rotate", key, rows=rewritten)
    return rewritten


def left(session: Session) -> list[Left]:
    """The tables that hold something under another key than the present one."""
    counted = [Left(table.name, under_another_key(session, table)) for table in encrypted_tables()]
    return [one for one in counted if one.rows]


def _whole(table: Table, tell: Progress) -> int:
    """Walk a table until nothing of it is under an old key, whoever writes meanwhile."""
    rewritten = 0
    for number in range(_MOST_WALKS):
        rewritten += walk(table.name, partial(_next, table), tell)
        with reading() as session:
            if not under_another_key(session, table):
                return rewritten
        again(table.name)
        time.sleep(_FIRST_PAUSE_SECONDS * 2**number)
    raise StillWritten(table.name, table=table.name)


def _next(table: Table, session: Session, after_id: int) -> Batch:
    return rewrite(session, table, after_id)


def _silently(_name: str, _rows: int) -> None:
    """Nobody watches."""
