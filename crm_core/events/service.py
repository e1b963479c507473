"""What customers do elsewhere: checked against the schema of its type, then on their timeline."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import orjson
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match
from sqlmodel import Session

from crm_core.authz import Actor, Permission
from crm_core.clock import now
from crm_core.customers import service as customers
from crm_core.errors import CrmError, Kind
from crm_core.timeline import service as timeline
from crm_core.timeline.models import EventKind

_SCHEMAS = Path(__file__).parent / "schemas"
_AHEAD = timedelta(minutes=5)  # by which another system's clock may be fast


class UnknownEvent(CrmError):
    """There is no such type; `known` lists those there are."""

    code = "unknown_event"
    kind = Kind.INVALID


class BadEvent(CrmError):
    """The data do not fit the schema; `reason` says where and why."""

    code = "bad_event"
    kind = Kind.INVALID


class EventConflict(CrmError):
    """The reference came before with other data."""

    code = "event_conflict"


@dataclass(frozen=True)
class NewEvent:
    type: str
    at: datetime
    data: Mapping[str, Any]


def take(session: Session, actor: Actor, customer_id: int, new: NewEvent, *, ref: str) -> bool:
    """Write an event on a customer's timeline; returns whether it is new.

    Safe to repeat: a repeated `ref` with the same data writes nothing.

    Raises:
        Forbidden: the actor may not.
        CustomerNotFound: there is no such customer.
        UnknownEvent: no event has this type.
        BadEvent: the data do not fit its schema, or it is to happen in the future.
        EventConflict: the `ref` came before with other data.
    """
    actor.require(Permission.EVENT_WRITE)
    _check(new)
    customer = customers.lock(session, actor, Permission.EVENT_WRITE, customer_id)
    kind, data = EventKind(new.type), dict(new.data)
    if known := timeline.find(session, customer.id, kind, ref):
        if known.data != data or known.at != new.at:
            raise EventConflict(ref, ref=ref)
        return False
    timeline.add(session, customer.id, kind, ref=ref, at=new.at, **data)
    return True


@cache
def schemas() -> dict[str, dict[str, Any]]:
    """The JSON schema of each type."""
    return {path.stem: orjson.loads(path.read_bytes()) for path in sorted(_SCHEMAS.glob("*.json"))}


def _check(new: NewEvent) -> None:
    if new.type not in schemas():
        raise UnknownEvent(new.type, type=new.type, known=", ".join(schemas()))
    if new.at > now() + _AHEAD:
        raise BadEvent("at", pointer="/at", reason="the event lies in the future")
    error = best_match(_validator(new.type).iter_errors(new.data))
    if error is not None:
        pointer = "".join(f"/{part}" for part in ("data", *error.absolute_path))
        raise BadEvent(pointer, pointer=pointer, reason=_reason(error.validator, error.schema))


@cache
def _validator(type_: str) -> Draft202012Validator:
    return Draft202012Validator(schemas()[type_])


def _reason(rule: Any, schema: Any) -> str:
    """The rule that is broken, without the value: it may be personal."""
    if rule == "additionalProperties":
        return f"only these are known: {', '.join(schema['properties'])}"
    if rule == "required":
        return f"needed: {', '.join(schema['required'])}"
    return f"{rule}: {schema[rule]}"
