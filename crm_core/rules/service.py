"""Reading and changing the shop's rules."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml
from sqlmodel import Session, select

from crm_core import memo
from crm_core.audit import service as audit
from crm_core.authz import Actor, Permission
from crm_core.clock import now
from crm_core.errors import CrmError, Kind
from crm_core.rules.models import Rule


class UnknownRule(CrmError):
    code = "unknown_rule"
    kind = Kind.NOT_FOUND


class BadRule(CrmError):
    """The value is of another shape than the shipped one."""

    code = "bad_rule"
    kind = Kind.INVALID


def get(session: Session, name: str) -> Any:
    """The value in force.

    Raises:
        UnknownRule: no rule is called that.
    """
    default = _default(name)
    own = memo.once(session, _MEMO, lambda: _own(session))
    return own.get(name, default)


def put(session: Session, actor: Actor, name: str, value: Any) -> None:
    """Change a rule. Repeating changes nothing.

    Raises:
        Forbidden: the actor may not.
        UnknownRule: no rule is called that.
        BadRule: the value is of another shape than the shipped one.
    """
    actor.require(Permission.SETUP_WRITE)
    if _shape(value) != _shape(_default(name)):
        raise BadRule(name, name=name)
    own = session.exec(select(Rule).where(Rule.name == name).with_for_update()).one_or_none()
    own = own or Rule(name=name, value={})
    own.value, own.changed_at = {"value": value}, now()
    session.add(own)
    memo.forget(session, _MEMO)
    audit.record(session, actor, "rule:put", f"rule:{name}", value=value)


def everything(session: Session) -> dict[str, Any]:
    """All rules with the values in force."""
    return {name: get(session, name) for name in defaults()}


@cache
def defaults() -> dict[str, Any]:
    """The shipped values."""
    loaded: dict[str, Any] = yaml.safe_load(
        (Path(__file__).parent / "defaults.yml").read_text(encoding="utf-8")
    )
    return loaded


_MEMO = "rules"


def _own(session: Session) -> dict[str, Any]:
    return {rule.name: rule.value["value"] for rule in session.exec(select(Rule))}


def _default(name: str) -> Any:
    if name not in defaults():
        raise UnknownRule(name, name=name)
    return defaults()[name]


def _shape(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _shape(inner) for key, inner in value.items()}
    return type(value)
