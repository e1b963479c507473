"""Keeping which pairs were found, and which were said to be two persons."""

from collections.abc import Iterable

from sqlmodel import Session, col, func, or_, select

from crm_core.authz import Actor
from crm_core.clock import now
from crm_core.customers.models import Customer
from crm_core.merging import candidates, likeness, signs
from crm_core.merging.candidates import Pair
from crm_core.merging.models import DuplicatePair, PairState


def propose(session: Session, found: Iterable[Pair]) -> list[DuplicatePair]:
    """Keep the pairs that are like enough and new; returns them."""
    fresh = set(found)
    if not fresh:
        return []
    ids = {one for pair in fresh for one in pair}
    fresh -= _listed(session, fresh) | rejected(session, ids)
    known = candidates.load(session, {one for pair in fresh for one in pair})
    made = []
    for first, second in sorted(fresh):
        if first not in known or second not in known:
            continue
        compared = signs.compare(known[first], known[second])
        if score := likeness.score(compared):
            evidence = compared.codes
            made.append(
                DuplicatePair(first_id=first, second_id=second, score=score, evidence=evidence)
            )
    session.add_all(made)
    session.flush()
    return made


def are_two(session: Session, one_id: int, other_id: int) -> bool:
    """Whether somebody said that these are two persons, or of records that became one of them."""
    return _pair(one_id, other_id) in rejected(session, {one_id, other_id})


def keep_apart(session: Session, actor: Actor, one_id: int, other_id: int) -> None:
    """Remember that they are two persons."""
    first, second = _pair(one_id, other_id)
    same = DuplicatePair.first_id == first, DuplicatePair.second_id == second
    pair = session.exec(select(DuplicatePair).where(*same)).one_or_none()
    pair = pair or DuplicatePair(first_id=first, second_id=second, score=1, evidence=[])
    pair.state, pair.decided_at, pair.decided_by = PairState.REJECTED, now(), actor.name
    session.add(pair)


def rejected(session: Session, ids: set[int]) -> set[Pair]:
    """The pairs of whom these records are now that were said to be two."""
    members = select(Customer.id).where(col(Customer.joined_into).in_(ids))
    everyone = ids | set(session.exec(members)) if len(ids) < _MANY else None
    wanted = select(DuplicatePair.first_id, DuplicatePair.second_id).where(
        DuplicatePair.state == PairState.REJECTED
    )
    if everyone is not None:
        wanted = wanted.where(
            or_(
                col(DuplicatePair.first_id).in_(everyone),
                col(DuplicatePair.second_id).in_(everyone),
            )
        )
    pairs = session.exec(wanted).all()
    heirs = _heirs(session, {one for pair in pairs for one in pair})
    return {_pair(heirs[one], heirs[other]) for one, other in pairs}


_MANY = 500  # more ids than this are not put into one statement


def _listed(session: Session, pairs: set[Pair]) -> set[Pair]:
    firsts = [first for first, _ in pairs]
    wanted = select(DuplicatePair.first_id, DuplicatePair.second_id).where(
        col(DuplicatePair.first_id).between(min(firsts), max(firsts))
    )
    return {(first, second) for first, second in session.exec(wanted)}


def _heirs(session: Session, ids: set[int]) -> dict[int, int]:
    heir = func.coalesce(Customer.joined_into, Customer.id)
    found: dict[int, int] = {}
    for chunk in candidates.chunks(sorted(ids)):
        wanted = select(Customer.id, heir).where(col(Customer.id).in_(chunk))
        found.update((of, now_is) for of, now_is in session.exec(wanted))
    return found


def _pair(one_id: int, other_id: int) -> Pair:
    return min(one_id, other_id), max(one_id, other_id)
