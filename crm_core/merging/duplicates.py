"""The review list: pairs of records that may be one person, and what staff decide about them."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from crm_core.audit import service as audit
from crm_core.authz import Actor, Permission
from crm_core.clock import now
from crm_core.customers import service as customers
from crm_core.customers.models import Customer
from crm_core.errors import CrmError, Kind
from crm_core.merging import candidates, likeness, pairs, service
from crm_core.merging.models import DuplicatePair, PairState

REVIEWED = "reviewed"  # the rule of a merge that somebody decided


class PairNotFound(CrmError):
    """There is no such pair, or one of its records is a part of another by now."""

    code = "pair_not_found"
    kind = Kind.NOT_FOUND


class AlreadyDecided(CrmError):
    """The pair was decided the other way."""

    code = "already_decided"


@dataclass(frozen=True)
class Suggestion:
    """A pair as staff see it: masked, with the evidence in words."""

    id: int
    first: str
    second: str
    score: int
    evidence: str  # 姓名相同；手机号相差一处


def scan(session: Session, actor: Actor, first_id: int, last_id: int) -> int:
    """Put pairs with a record of this range on the list; returns how many are new.

    A pair that was decided stays decided. Repeating adds nothing.

    Raises:
        Forbidden: the actor may not merge.
    """
    actor.require(Permission.CUSTOMER_MERGE)
    return len(pairs.propose(session, candidates.of_range(session, first_id, last_id)))


def look_for(session: Session, actor: Actor, customer_id: int) -> list[DuplicatePair]:
    """Put who may be this customer on the list; returns the new pairs.

    Raises:
        Forbidden: the actor may not change this customer.
        CustomerNotFound: there is no such customer.
    """
    customers.get(session, actor, Permission.CUSTOMER_WRITE, customer_id)
    return pairs.propose(session, candidates.of_one(session, customer_id))


def last_id(session: Session) -> int:
    """The highest number of a customer, for going through all of them."""
    return session.exec(select(func.coalesce(func.max(Customer.id), 0))).one()


def waiting(session: Session, actor: Actor, *, limit: int = 20) -> list[Suggestion]:
    """The open pairs that the actor may decide, the likeliest first.

    Raises:
        Forbidden: the actor may not merge.
    """
    actor.require(Permission.CUSTOMER_MERGE)
    found: list[Suggestion] = []
    for pair, first, second in session.exec(_open()).yield_per(100):
        if actor.sees(first) and actor.sees(second):
            found.append(_shown(pair, first, second))
        if len(found) == limit:
            break
    return found


def accept(session: Session, actor: Actor, pair_id: int) -> Customer:
    """Merge a pair; returns the record that is left. Repeating changes nothing.

    Raises:
        Forbidden: the actor may not merge these records.
        PairNotFound: there is no such open pair.
        AlreadyDecided: they were said to be two persons.
    """
    pair = _decide(session, actor, pair_id, PairState.ACCEPTED)
    both = [session.get_one(Customer, one) for one in (pair.first_id, pair.second_id)]
    if any(one.joined_into for one in both):
        return session.get_one(Customer, customers.heir(session, pair.first_id))
    target, source = sorted(both, key=service.seniority)
    kept = service.merge(session, actor, source.id, target.id, rule=REVIEWED, ref=f"pair:{pair.id}")
    pairs.propose(session, candidates.of_one(session, kept.id))
    return kept


def reject(session: Session, actor: Actor, pair_id: int) -> DuplicatePair:
    """Keep that they are two persons: they are neither listed again nor merged by themselves.

    Raises:
        Forbidden: the actor may not merge these records.
        PairNotFound: there is no such open pair.
        AlreadyDecided: they were merged.
    """
    return _decide(session, actor, pair_id, PairState.REJECTED)


def _open() -> Any:
    first, second = aliased(Customer), aliased(Customer)
    return (
        select(DuplicatePair, first, second)
        .join(first, col(first.id) == DuplicatePair.first_id)
        .join(second, col(second.id) == DuplicatePair.second_id)
        .where(
            DuplicatePair.state == PairState.OPEN,
            col(first.joined_into).is_(None),
            col(second.joined_into).is_(None),
        )
        .order_by(col(DuplicatePair.score).desc(), col(DuplicatePair.id))
    )


def _shown(pair: DuplicatePair, first: Customer, second: Customer) -> Suggestion:
    evidence = "；".join(likeness.said(code) for code in pair.evidence)
    return Suggestion(
        pair.id, customers.masked(first), customers.masked(second), pair.score, evidence
    )


def _decide(session: Session, actor: Actor, pair_id: int, state: PairState) -> DuplicatePair:
    actor.require(Permission.CUSTOMER_MERGE)
    wanted = select(DuplicatePair).where(DuplicatePair.id == pair_id).with_for_update()
    pair = session.exec(wanted).one_or_none()
    if pair is None:
        raise PairNotFound(pair_id, number=pair_id)
    both = [session.get_one(Customer, one) for one in (pair.first_id, pair.second_id)]
    for one in both:
        actor.require(Permission.CUSTOMER_MERGE, one)
    if pair.state is PairState.OPEN and any(one.joined_into for one in both):
        raise PairNotFound(pair_id, number=pair_id)
    if pair.state not in {PairState.OPEN, state}:
        raise AlreadyDecided(pair_id, number=pair_id)
    if pair.state is PairState.OPEN:
        pair.state, pair.decided_at, pair.decided_by = state, now(), actor.name
        audit.record(session, actor, f"duplicate:{state.value}", f"pair:{pair_id}")
    return pair
