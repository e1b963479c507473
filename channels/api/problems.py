"""What went wrong, as RFC 9457 says it: application/problem+json."""

import uuid
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, ClassVar

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.exc import DataError, OperationalError
from starlette.exceptions import HTTPException

from channels.api.wording import title
from crm_core.errors import CrmError, Kind
from crm_core.validation.errors import BadEntries

logger = structlog.get_logger(__name__)

MEDIA_TYPE = "application/problem+json"
_STATUS = {
    Kind.NOT_FOUND: HTTPStatus.NOT_FOUND,
    Kind.CONFLICT: HTTPStatus.CONFLICT,
    Kind.FORBIDDEN: HTTPStatus.FORBIDDEN,
    Kind.INVALID: HTTPStatus.UNPROCESSABLE_ENTITY,
}
_HTTP_CODES: dict[int, str] = {
    HTTPStatus.NOT_FOUND: "not_found",
    HTTPStatus.METHOD_NOT_ALLOWED: "method_not_allowed",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "content_too_large",
}
_PLAIN = (str, int, float, bool)


class Fault(BaseModel):
    """One part of a request that is not as it should be."""

    pointer: str = Field(description="Where, as a JSON pointer.", examples=["/lines/0/price_fen"])
    detail: str


class Problem(BaseModel):
    """Why a request was not answered."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(examples=["/api/problems/order_conflict"])
    title: str = Field(examples=["该订单号已有另一笔内容不同的订单"])
    status: int = Field(examples=[409])
    code: str = Field(description="Stays the same; branch on it.", examples=["order_conflict"])
    errors: list[Fault] | None = None


class Refused(CrmError):
    """What HTTP itself refuses, with a status of its own."""

    status: ClassVar[HTTPStatus] = HTTPStatus.BAD_REQUEST


class Unauthenticated(Refused):
    code = "unauthenticated"
    status = HTTPStatus.UNAUTHORIZED


class PreconditionFailed(Refused):
    code = "precondition_failed"
    status = HTTPStatus.PRECONDITION_FAILED


class PreconditionRequired(Refused):
    code = "precondition_required"
    status = HTTPStatus.PRECONDITION_REQUIRED


class BadCursor(Refused):
    code = "bad_cursor"


def of(error: CrmError) -> Problem:
    """An expected failure as a problem."""
    status = error.status if isinstance(error, Refused) else _STATUS[error.kind]
    if isinstance(error, BadEntries):
        faults = [Fault(pointer=f"/fields/{x.field}", detail=x.sentence) for x in error.problems]
        return make(status, error.code, errors=faults)
    known = {k: v for k, v in error.values.items() if isinstance(v, _PLAIN) and k not in _OWN}
    return make(status, error.code, **known)


def make(status: int, code: str, **more: Any) -> Problem:
    """A problem with the sentence for its code."""
    return Problem(
        type=f"/api/problems/{code}", title=title(code), status=int(status), code=code, **more
    )


def response(problem: Problem, headers: Mapping[str, str] | None = None) -> Response:
    """The answer to a request that met a problem."""
    return Response(problem.model_dump_json(exclude_none=True), problem.status, headers, MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Let everything that goes wrong in `app` be answered as a problem."""

    @app.exception_handler(CrmError)
    def expected(_: Request, error: CrmError) -> Response:
        challenge = {"www-authenticate": "Bearer"} if isinstance(error, Unauthenticated) else None
        return response(of(error), challenge)

    @app.exception_handler(RequestValidationError)
    def malformed(_: Request, error: RequestValidationError) -> Response:
        faults = [Fault(pointer=_pointer(e["loc"]), detail=e["msg"]) for e in error.errors()]
        return response(make(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid_request", errors=faults))

    @app.exception_handler(HTTPException)
    def no_such_route(_: Request, error: HTTPException) -> Response:
        code = _HTTP_CODES.get(error.status_code, "bad_request")
        return response(make(error.status_code, code), error.headers)

    @app.exception_handler(DataError)
    def not_storable(_: Request, __: DataError) -> Response:
        """A character that no text holds, mostly: what the shapes let through."""
        return response(make(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid_request"))

    @app.exception_handler(TimeoutError)
    @app.exception_handler(OperationalError)
    def busy(request: Request, error: Exception) -> Response:
        """The database is away, or others kept it too long; nothing was changed."""
        logger.warning("API busy", path=request.url.path, error=type(error).__name__)
        again = {"retry-after": "1"}
        return response(make(HTTPStatus.SERVICE_UNAVAILABLE, "busy"), again)

    @app.exception_handler(Exception)
    def bug(request: Request, error: Exception) -> Response:
        trace_id = uuid.uuid4().hex
        logger.error("API failed", path=request.url.path, trace_id=trace_id, exc_info=error)
        return response(make(HTTPStatus.INTERNAL_SERVER_ERROR, "bug", instance=trace_id))


_OWN = set(Problem.model_fields)


def _pointer(place: tuple[int | str, ...]) -> str:
    """/lines/0/price_fen; of a parameter, where it stands: /query/limit."""
    parts = place[1:] if place[:1] == ("body",) else place
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in parts)
