"""Whether tags are right: some are drawn at random, and the staff who know the customer say."""

import random
from collections.abc import Sequence
from datetime import date

from sqlmodel import Session, col, select

from crm_core.audit import service as audit
from crm_core.authz import Actor, Permission
from crm_core.clock import now, today
from crm_core.customers import service as customers
from crm_core.customers.models import Customer
from crm_core.errors import CrmError, Kind
from crm_core.preferences import service as preferences
from crm_core.preferences.models import Preference, PreferenceKind
from crm_core.quality.models import TagCheck, Verdict
from crm_core.rules import service as rules


class CheckNotFound(CrmError):
    """There is no such check for this member of staff."""

    code = "check_not_found"
    kind = Kind.NOT_FOUND


def draw(session: Session, actor: Actor, *, day: date | None = None) -> Sequence[TagCheck]:
    """Draw tags for staff to check, as many for each as the rule `quality.tags_a_draw` says.

    Which ones follows from the day, so that a repeat draws the same; once drawn they stay.

    Raises:
        Forbidden: the actor may not set up the shop.
    """
    actor.require(Permission.SETUP_WRITE)
    day = day or today()
    already = session.exec(select(TagCheck).where(TagCheck.drawn_on == day)).all()
    if already:
        return already
    by_staff: dict[int, list[tuple[Preference, Customer]]] = {}
    for tag, customer in _held(session):
        assert customer.assistant_id is not None  # asked for below
        by_staff.setdefault(customer.assistant_id, []).append((tag, customer))
    chance = random.Random(day.toordinal())  # noqa: S311  a sample, not a secret
    most = rules.get(session, "quality.tags_a_draw")
    for held in by_staff.values():
        for tag, customer in chance.sample(held, min(most, len(held))):
            session.add(_check(tag, customer, day))
    session.flush()
    return session.exec(select(TagCheck).where(TagCheck.drawn_on == day)).all()


def waiting(session: Session, actor: Actor) -> Sequence[TagCheck]:
    """What this member of staff is asked to check, the oldest first.

    Raises:
        Forbidden: the actor looks up nobody.
    """
    actor.require(Permission.CUSTOMER_READ)
    mine = TagCheck.staff_id == actor.staff_id, TagCheck.verdict == Verdict.OPEN
    return session.exec(select(TagCheck).where(*mine).order_by(col(TagCheck.id))).all()


def answer(session: Session, actor: Actor, check_id: int, *, is_right: bool, ref: str) -> TagCheck:
    """Say whether a tag is right; a wrong one no longer holds. The first answer counts.

    Raises:
        CheckNotFound: there is none, or it is of a customer whom the actor may not see.
        Forbidden: the actor may not change this customer.
    """
    actor.require(Permission.CUSTOMER_WRITE)
    check = session.get(TagCheck, check_id)
    if check is None:
        raise CheckNotFound(check_id)
    customers.lock(session, actor, Permission.CUSTOMER_WRITE, check.customer_id)
    session.refresh(check)
    if check.verdict is not Verdict.OPEN:
        return check
    check.verdict = Verdict.RIGHT if is_right else Verdict.WRONG
    check.answered_by, check.answered_at = actor.name, now()
    session.add(check)
    if not is_right:
        nothing: dict[preferences.Key, str | None] = {(PreferenceKind.TAG, check.tag): None}
        preferences.change(session, actor, check.customer_id, nothing, ref=ref)
    subject = f"customer:{check.customer_id}"
    audit.record(session, actor, "tag:check", subject, is_right=is_right, ref=ref)
    return check


def _held(session: Session) -> Sequence[tuple[Preference, Customer]]:
    """Tags that hold, of customers whom somebody looks after."""
    wanted = (
        select(Preference, Customer)
        .join(Customer, col(Customer.id) == col(Preference.customer_id))
        .where(
            Preference.kind == PreferenceKind.TAG,
            col(Preference.ended_at).is_(None),
            col(Customer.assistant_id).is_not(None),
        )
    )
    found = session.exec(wanted.order_by(col(Preference.id)))
    return list({(tag.customer_id, tag.name): (tag, whose) for tag, whose in found}.values())


def _check(tag: Preference, customer: Customer, day: date) -> TagCheck:
    return TagCheck(
        customer_id=customer.id,
        tag=tag.name,
        source=tag.source,
        store_id=customer.store_id,
        staff_id=customer.assistant_id,
        drawn_on=day,
    )
