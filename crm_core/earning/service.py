"""Earning points by the shop's rules, and keeping those rules."""

from collections.abc import Sequence
from decimal import Decimal

from sqlmodel import Session, col, select

from crm_core import memo
from crm_core.audit import service as audit
from crm_core.authz import Actor, Permission
from crm_core.clock import now, today
from crm_core.earning import applying, deeds, definition
from crm_core.earning.applying import Deed, Rule, Share
from crm_core.earning.definition import Definition, Limit, Trigger
from crm_core.earning.models import EarningRule, RuleState
from crm_core.errors import CrmError, Kind
from crm_core.points import entries, terms
from crm_core.points import service as points
from crm_core.points.models import Cause, PointsEntry
from crm_core.rules import service as rules

_MEMO = "earning rules"
_BASE = {
    Trigger.PURCHASE: "points.per_yuan",
    Trigger.VOTE: "points.vote",
    Trigger.INVITE: "points.invite",
    Trigger.CHECK_IN: "points.check_in",
}


class EarningRuleNotFound(CrmError):
    code = "earning_rule_not_found"
    kind = Kind.NOT_FOUND


class NoSuchTask(CrmError):
    """No rule that is on gives points for this task."""

    code = "no_such_task"
    kind = Kind.NOT_FOUND


def give(
    session: Session, actor: Actor, customer_id: int, on: Trigger, *, note: str, ref: str
) -> PointsEntry | None:
    """Give the points of a vote, an invitation or a check-in; None if it earns none.

    Safe to repeat: a repeated `ref` returns the first entry.

    Raises:
        Forbidden: the actor may not give points.
        CustomerNotFound: there is no such customer.
    """
    if earlier := entries.caused_by(session, customer_id, ref):
        return earlier
    (deed,) = deeds.of_customers(session, [(customer_id, now())], on)
    given = reckon(session, deed)
    return _earn(session, actor, customer_id, given, Cause(on.value), note, ref)


def complete(
    session: Session, actor: Actor, customer_id: int, task: str, *, ref: str
) -> PointsEntry | None:
    """Give the points of a task, as often as its rule says; a repeat returns what was given.

    Raises:
        Forbidden: the actor may not give points.
        CustomerNotFound: there is no such customer.
        NoSuchTask: no rule that is on is about it.
    """
    rule = next((r for r in in_force(session) if r.definition.task == task), None)
    if rule is None:
        raise NoSuchTask(task, name=task)
    cause = _task_ref(rule.definition, ref)
    if earlier := entries.caused_by(session, customer_id, cause):
        return earlier
    (deed,) = deeds.of_customers(session, [(customer_id, now())], Trigger.TASK, task=task)
    given = reckon(session, deed)
    return _earn(session, actor, customer_id, given, Cause.TASK, rule.title, cause)


def reckon(session: Session, deed: Deed, known: Sequence[Rule] | None = None) -> list[Share]:
    """What a deed earns, rule by rule, under the rules that are on, or those given."""
    named = _BASE.get(deed.on)
    base = Decimal(str(rules.get(session, named))) if named else Decimal(0)
    return applying.shares(deed, in_force(session) if known is None else known, base=base)


def put(session: Session, actor: Actor, code: str, title: str, said: Definition) -> EarningRule:
    """Write a rule down, or change the one with this code, which is a draft again then.

    Repeating changes nothing.

    Raises:
        Forbidden: the actor may not set up the shop.
    """
    actor.require(Permission.SETUP_WRITE)
    written = said.model_dump(mode="json", exclude_defaults=True)
    known = session.exec(select(EarningRule).where(EarningRule.code == code)).one_or_none()
    if known and (known.title, known.definition) == (title, written):
        return known
    rule = known or EarningRule(code=code, title=title, definition=written)
    rule.title, rule.definition, rule.state = title, written, RuleState.DRAFT
    rule.changed_at = now()
    session.add(rule)
    session.flush()
    memo.forget(session, _MEMO)
    audit.record(session, actor, "earning_rule:put", f"earning_rule:{rule.id}", definition=written)
    return rule


def switch(session: Session, actor: Actor, code: str, *, on: bool) -> EarningRule:
    """Let a rule count from now on, or no more. Repeating changes nothing.

    Raises:
        Forbidden: the actor may not set up the shop.
        EarningRuleNotFound: there is no such rule.
    """
    actor.require(Permission.SETUP_WRITE)
    rule = by_code(session, code)
    state = RuleState.ON if on else RuleState.OFF
    if rule.state is not state:
        rule.state, rule.changed_at = state, now()
        session.add(rule)
        memo.forget(session, _MEMO)
        audit.record(session, actor, f"earning_rule:{state.value}", f"earning_rule:{rule.id}")
    return rule


def ready(session: Session, code: str) -> Rule:
    """The rule with this code, on or not, ready to be applied.

    Raises:
        EarningRuleNotFound: there is none.
    """
    rule = by_code(session, code)
    return Rule(rule.title, definition.read(rule.definition))


def by_code(session: Session, code: str) -> EarningRule:
    """The rule with this code.

    Raises:
        EarningRuleNotFound: there is none.
    """
    found = session.exec(select(EarningRule).where(EarningRule.code == code)).one_or_none()
    if found is None:
        raise EarningRuleNotFound(code, name=code)
    return found


def everything(session: Session) -> Sequence[EarningRule]:
    """All rules, by code."""
    return session.exec(select(EarningRule).order_by(EarningRule.code)).all()


def in_force(session: Session) -> list[Rule]:
    """The rules that are on, oldest first; each still has its own dates."""
    on = select(EarningRule).where(EarningRule.state == RuleState.ON)
    wanted = on.order_by(col(EarningRule.id))
    return memo.once(
        session, _MEMO,
        lambda: [Rule(x.title, definition.read(x.definition)) for x in session.exec(wanted)],
    )  # fmt: skip


def _earn(
    session: Session, actor: Actor, customer_id: int, given: list[Share], cause: Cause, note: str,
    ref: str,
) -> PointsEntry | None:  # fmt: skip
    if not given:
        return None
    number, expires_at = sum(share.points for share in given), terms.expires_at(session, now())
    lot = points.Lot(number, cause, note, expires_at=expires_at, detail=told(given))
    return points.earn(session, actor, customer_id, lot, ref=ref)


def told(given: Sequence[Share]) -> dict[str, object]:
    """Which rule gave how many; nothing where no rule had a say."""
    if len(given) < 2:  # noqa: PLR2004
        return {}
    return {"rules": [{"title": share.title, "points": share.points} for share in given]}


def _task_ref(said: Definition, ref: str) -> str:
    match said.limit:
        case Limit.ONCE:
            return f"task:{said.task}"
        case Limit.DAILY:
            return f"task:{said.task}:{today()}"
        case Limit.UNLIMITED:
            return f"task:{said.task}:{ref}"
