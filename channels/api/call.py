"""One request: who asks, what was read before, and that it is done once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Depends, Header, Request, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel
from sqlmodel import Session

from channels.api import etags, problems
from channels.api.problems import PreconditionFailed, PreconditionRequired, Unauthenticated
from crm_core import retrying
from crm_core.apikeys import service as apikeys
from crm_core.authz import Actor
from crm_core.db import part_of_work, reading
from crm_core.errors import CrmError
from crm_core.idempotency import service as idempotency


@dataclass(frozen=True)
class Answer:
    """What a route answers."""

    body: BaseModel
    status: int = HTTPStatus.OK
    headers: Mapping[str, str] = field(default_factory=dict)


Work = Callable[[Session, Actor], Answer]


@dataclass(frozen=True)
class Call:
    """A request whose key has the right form; whether it opens anything, the database says."""

    key_text: str
    digest: str = ""
    idempotency_key: str | None = None
    if_match: str | None = None
    if_none_match: str | None = None

    def read(self, work: Work) -> Response:
        """Answer a GET; 304 if the caller has this version."""
        with reading() as session:
            made = _response(work(session, self._actor(session)))
        if self.if_none_match and etags.names(self.if_none_match, made.headers["etag"]):
            return Response(status_code=HTTPStatus.NOT_MODIFIED, headers={"etag": _etag(made)})
        return made

    def write(self, work: Work) -> Response:
        """Do `work` in one transaction; of requests with one idempotency key only the first does,
        the others get its answer, be it a problem.
        """
        return retrying.do(lambda session: self._once(session, work))

    def expect(self, current: BaseModel | None, *, required: bool = False) -> None:
        """Return if what is there is what the caller has seen; `current` must be locked.

        Raises:
            PreconditionFailed: it is another version.
            PreconditionRequired: the caller does not say what it has seen, but must.
        """
        if required and not self.if_match:
            raise PreconditionRequired
        if self.if_match and (current is None or not etags.names(self.if_match, etags.of(current))):
            raise PreconditionFailed
        if self.if_none_match == "*" and current is not None:
            raise PreconditionFailed

    def _once(self, session: Session, work: Work) -> Response:
        actor = self._actor(session)
        apikeys.used(session, actor)
        if self.idempotency_key is None:
            return _response(work(session, actor))
        request = idempotency.Request(actor.name, self.idempotency_key, self.digest)
        row, is_first = idempotency.claim(session, request)
        if not is_first:
            replayed = {**row.headers, "idempotency-replayed": "true"}
            return Response(row.body, row.status, replayed)
        made = self._attempt(session, actor, work)
        kept = {name: made.headers[name] for name in _KEPT if name in made.headers}
        idempotency.keep(session, row, made.status_code, kept, bytes(made.body).decode())
        return made

    def _attempt(self, session: Session, actor: Actor, work: Work) -> Response:
        try:
            with part_of_work(session):
                return _response(work(session, actor))
        except CrmError as error:
            return problems.response(problems.of(error))

    def _actor(self, session: Session) -> Actor:
        if (actor := apikeys.holder(session, self.key_text)) is None:
            raise Unauthenticated
        return actor


_KEPT = ("content-type", "etag", "location")
_bearer = HTTPBearer(auto_error=False, scheme_name="API key", description="dianyu apikey add")
_Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
_IfNoneMatch = Annotated[str | None, Header(max_length=1000, description="An ETag.")]
_IfMatch = Annotated[str | None, Header(max_length=1000, description="The ETag that was read.")]
_IdempotencyKey = Annotated[
    str | None,
    Header(
        min_length=1,
        max_length=128,
        pattern=r"^[\x21-\x7e]+$",
        description="Makes the request safe to repeat for 7 days.",
    ),
]


def _reading(credentials: _Credentials, if_none_match: _IfNoneMatch = None) -> Call:
    return Call(_key_text(credentials), if_none_match=if_none_match)


async def _writing(
    request: Request, credentials: _Credentials, idempotency_key: _IdempotencyKey = None
) -> Call:
    return Call(_key_text(credentials), await _digest(request), idempotency_key)


async def _changing(
    request: Request,
    credentials: _Credentials,
    idempotency_key: _IdempotencyKey = None,
    if_match: _IfMatch = None,
    if_none_match: _IfNoneMatch = None,
) -> Call:
    digest = await _digest(request)
    return Call(_key_text(credentials), digest, idempotency_key, if_match, if_none_match)


ReadCall = Annotated[Call, Depends(_reading)]
WriteCall = Annotated[Call, Depends(_writing)]
ChangeCall = Annotated[Call, Depends(_changing)]


def _key_text(credentials: HTTPAuthorizationCredentials | None) -> str:
    if credentials is None:
        raise Unauthenticated
    return credentials.credentials


async def _digest(request: Request) -> str:
    url = f"{request.method} {request.url.path}?{request.url.query}"
    return idempotency.digest(url.encode(), await request.body())


def _response(answer: Answer) -> Response:
    headers: dict[str, Any] = {"etag": etags.of(answer.body), **answer.headers}
    body = answer.body.model_dump_json()
    return Response(body, int(answer.status), headers, "application/json")


def _etag(made: Response) -> str:
    return made.headers["etag"]
