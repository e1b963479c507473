"""What another system is the master of: put under its natural key, whole, single or in bulk."""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Generic, TypeVar

from fastapi import Response
from pydantic import BaseModel
from sqlmodel import Session, SQLModel

from channels.api import bulk
from channels.api.bulk import Many
from channels.api.call import Answer, Call
from crm_core.authz import Actor, Permission
from crm_core.errors import CrmError, Kind
from crm_core.saving import Change

I = TypeVar("I", bound=BaseModel)  # noqa: E741 - an item
Row = TypeVar("Row", bound=SQLModel)
Saved = tuple[Row, Change]


@dataclass(frozen=True)
class Kept(Generic[I, Row]):
    """How one kind of row is found, made, saved and shown."""

    find: Callable[[Session, str], Row]  # by its key, else it raises
    make: Callable[[Session, I], Row]
    save: Callable[[Session, Actor, Row], Saved[Row]]
    show: Callable[[Session, list[Row]], list[Any]]
    key: Callable[[I], str]

    def put(self, call: Call, body: I) -> Response:
        """Answer a PUT: 201 where the row is new, 412 where If-Match names another version."""

        def work(session: Session, actor: Actor) -> Answer:
            actor.require(Permission.SETUP_WRITE)
            if call.if_match or call.if_none_match:
                call.expect(self._current(session, self.key(body)))
            return self._save(session, actor, body)

        return call.write(work)

    def put_many(self, call: Call, body: Many[I], kind: type[Any]) -> Response:
        """Answer a bulk of them."""
        return call.write(bulk.each(body.items, self._save, kind, order=self.key))

    def get(self, call: Call, permission: Permission, key: str) -> Response:
        """Answer a GET of one."""

        def work(session: Session, actor: Actor) -> Answer:
            actor.require(permission)
            return Answer(self.show(session, [self.find(session, key)])[0])

        return call.read(work)

    def _current(self, session: Session, key: str) -> Any:
        """What a GET would answer now, None where there is nothing; the row is locked."""
        try:
            row = self.find(session, key)
        except CrmError as error:
            if error.kind is not Kind.NOT_FOUND:
                raise
            return None
        session.refresh(row, with_for_update=True)
        return self.show(session, [row])[0]

    def _save(self, session: Session, actor: Actor, body: I) -> Answer:
        row, change = self.save(session, actor, self.make(session, body))
        status = HTTPStatus.CREATED if change is Change.ADDED else HTTPStatus.OK
        return Answer(self.show(session, [row])[0], status)
