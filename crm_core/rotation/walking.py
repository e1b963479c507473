"""Going through a table in short transactions, each of which keeps how far it came."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlmodel import Session, select

from crm_core import crypto
from crm_core.clock import now
from crm_core.db import unit_of_work
from crm_core.rotation.models import KeyRotation

Progress = Callable[[str, int], None]  # the name of a walk, and how many more rows are behind it


@dataclass(frozen=True)
class Batch:
    """What one transaction went through."""

    seen: int
    last_id: int
    rewritten: int


Step = Callable[[Session, int], Batch]  # the rows after this id


def walk(name: str, step: Step, progress: Progress) -> int:
    """Go on where an earlier run stopped, to the end; returns how many rows were rewritten."""
    rewritten = 0
    while True:
        with unit_of_work() as session:
            state = _state(session, name)
            if state.done_at is not None:
                return rewritten
            batch = step(session, state.last_id)
            if batch.seen:
                state.last_id = batch.last_id
                state.rewritten += batch.rewritten
            else:
                state.done_at = now()
        rewritten += batch.rewritten
        progress(name, batch.seen)


def again(name: str) -> None:
    """Let the next walk begin at the first row."""
    with unit_of_work() as session:
        state = _state(session, name)
        state.last_id, state.done_at = 0, None


def _state(session: Session, name: str) -> KeyRotation:
    key_id = crypto.current_key_id().hex()
    same = KeyRotation.key_id == key_id, KeyRotation.table_name == name
    found = session.exec(select(KeyRotation).where(*same).with_for_update()).one_or_none()
    if found is None:
        found = KeyRotation(key_id=key_id, table_name=name)
        session.add(found)
        session.flush()
    return found
