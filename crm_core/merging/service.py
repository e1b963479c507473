"""Making two records of one person one, and parting them again."""

from collections.abc import Sequence

from sqlmodel import Session, col, or_, select

from crm_core.audit import service as audit
from crm_core.authz import Actor, Permission
from crm_core.clock import now
from crm_core.customers import index, verification
from crm_core.customers import service as customers
from crm_core.customers.models import Customer
from crm_core.customers.service import CustomerNotFound
from crm_core.errors import CrmError, Kind
from crm_core.figures import service as figures
from crm_core.merging import following, golden, ledgers, levels, moving, pairs, parting
from crm_core.merging.models import Merge
from crm_core.timeline import service as timeline
from crm_core.timeline.models import EventKind

_LONGEST_REF = 128


class MergeNotFound(CrmError):
    """There is no such merge."""

    code = "merge_not_found"
    kind = Kind.NOT_FOUND


class MergeConflict(CrmError):
    """The reference merged other records before."""

    code = "merge_conflict"


class AlreadyParted(CrmError):
    """The merge was undone before."""

    code = "already_parted"


def merge(
    session: Session, actor: Actor, source_id: int, target_id: int, *, rule: str, ref: str
) -> Customer:
    """Let the record `source_id` become a part of `target_id`, which is returned.

    Everything that belongs to it moves; what each field says is chosen by `golden.choose`; level
    and figures are derived anew. `rule` says why. Safe to repeat: a repeated `ref` changes nothing,
    nor does merging what is one already.

    Raises:
        Forbidden: the actor may not change both, nor has proven to be both.
        CustomerNotFound: one of them does not exist, or is another record by now.
        MergeConflict: the `ref` merged other records.
    """
    locked = _lock(session, source_id, target_id)
    source, target = locked[source_id], locked[target_id]
    if source.joined_into == target_id or _is_done(session, source_id, target_id, ref):
        return target
    if source_id == target_id or source.joined_into or target.joined_into:
        raise CustomerNotFound(source_id)
    _check(session, actor, source, target)
    return _merge(session, actor, source, target, rule=rule, ref=ref)


def unmerge(session: Session, actor: Actor, merge_id: int, *, ref: str) -> Merge:
    """Part two records that were merged: both are as if it had never happened.

    What came since goes where it belongs: an answer with its question, points with the lots they
    were taken from. Merges that came later into the same record are made again. Safe to repeat.

    Raises:
        Forbidden: the actor may not merge and part these records.
        MergeNotFound: there is no such merge.
        AlreadyParted: it was undone by another `ref`.
    """
    actor.require(Permission.CUSTOMER_MERGE)
    done = _find(session, merge_id)
    root = customers.heir(session, done.target_id)
    everyone = _lock(session, root, *_members(session, root))
    session.refresh(done)
    actor.require(Permission.CUSTOMER_MERGE, everyone[root])
    if done.undone_at is not None:
        if done.undone_ref != ref:
            raise AlreadyParted(merge_id)
        return done
    later = _later(session, done, everyone)
    for each in reversed(later):
        _part(session, actor, each, ref=f"unmerge:{done.id}:first:{each.id}")
    _part(session, actor, done, ref=ref)
    pairs.keep_apart(session, actor, done.source_id, done.target_id)
    for each in later:
        pair = everyone[each.source_id], everyone[each.target_id]
        _merge(session, actor, *pair, rule=each.rule, ref=f"unmerge:{done.id}:again:{each.id}")
    return done


def find(session: Session, ref: str) -> Merge | None:
    """The merge that `ref` made."""
    return session.exec(select(Merge).where(Merge.ref == ref)).one_or_none()


def of_customer(session: Session, actor: Actor, customer_id: int) -> Sequence[Merge]:
    """The merges that made this record what it is, the oldest first.

    Raises:
        Forbidden: the actor may not see this customer.
        CustomerNotFound: there is no such customer.
    """
    customers.get(session, actor, Permission.CUSTOMER_READ, customer_id)
    members = [customer_id, *_members(session, customer_id)]
    wanted = select(Merge).where(col(Merge.undone_at).is_(None), col(Merge.source_id).in_(members))
    return session.exec(wanted.order_by(col(Merge.id))).all()


def seniority(customer: Customer) -> tuple[bool, float, int]:
    """Of two records the lower one stays: who has been a member longer, then the older record."""
    since = customer.member_since
    return since is None, since.timestamp() if since else 0.0, customer.id


def _lock(session: Session, *ids: int) -> dict[int, Customer]:
    """In the order of their numbers, so that two merges never wait for each other."""
    session.flush()
    locked = {}
    for customer_id in sorted(set(ids)):
        wanted = select(Customer).where(Customer.id == customer_id).with_for_update()
        found = session.exec(wanted.execution_options(populate_existing=True)).one_or_none()
        if found is None:
            raise CustomerNotFound(customer_id)
        locked[customer_id] = found
    return locked


def _is_done(session: Session, source_id: int, target_id: int, ref: str) -> bool:
    earlier = find(session, ref)
    if earlier and (earlier.source_id, earlier.target_id) != (source_id, target_id):
        raise MergeConflict(ref, ref=ref)
    return earlier is not None


def _check(session: Session, actor: Actor, source: Customer, target: Customer) -> None:
    """Staff merge whom they see; customers merge a record that they have proven to be theirs."""
    if actor.may(Permission.CUSTOMER_MERGE):
        actor.require(Permission.CUSTOMER_MERGE, source)
        actor.require(Permission.CUSTOMER_MERGE, target)
        return
    actor.require(Permission.CUSTOMER_WRITE, source)
    if not verification.is_proven(session, source.id, target.id):
        actor.require(Permission.CUSTOMER_MERGE, target)


def _merge(
    session: Session, actor: Actor, source: Customer, target: Customer, *, rule: str, ref: str
) -> Customer:
    before = {"source": golden.fields(source), "target": golden.fields(target)}
    chosen = golden.choose(session, source, target)
    done = Merge(
        source_id=source.id,
        target_id=target.id,
        ref=ref[:_LONGEST_REF],
        rule=rule,
        actor=actor.name,
        fields=before,
    )
    session.add(done)
    session.flush()
    log = moving.move_everything(session, done.id, source.id, target.id)
    golden.put(source, dict.fromkeys(golden.SAID))
    source.joined_into = target.id
    golden.put(target, chosen)
    session.flush()
    levels.assess(session, done)
    _derive(session, source, target)
    done.fields = before | {"merged": golden.fields(target)}
    timeline.add(session, target.id, EventKind.MERGED, ref=f"merge:{done.id}", rule=rule)
    audit.record(
        session, actor, "customer:merge", f"customer:{target.id}", source=source.id, rule=rule,
        merge=done.id, dropped=log.dropped,
    )  # fmt: skip
    return target


def _part(session: Session, actor: Actor, done: Merge, *, ref: str) -> None:
    locked = _lock(session, done.source_id, done.target_id)
    source, target = locked[done.source_id], locked[done.target_id]
    source.joined_into = None
    parting.move_back(session, done)
    refs = following.bring_along(session, source.id, target.id)
    refs |= ledgers.part(session, done.id, source.id, target.id)
    following.bring_events(session, refs, source.id, target.id)
    _give_back(done, source, target)
    levels.part(session, done, target)
    done.undone_at, done.undone_ref = now(), ref[:_LONGEST_REF]
    session.flush()
    _derive(session, source, target)
    for each in (source, target):
        timeline.add(session, each.id, EventKind.PARTED, ref=f"merge:{done.id}")
    audit.record(
        session, actor, "customer:unmerge", f"customer:{target.id}", source=source.id,
        merge=done.id,
    )  # fmt: skip


def _give_back(done: Merge, source: Customer, target: Customer) -> None:
    """To each what it said before; what was changed on the merged record since stays there."""
    golden.put(source, done.fields["source"])
    before, merged = done.fields["target"], done.fields["merged"]
    current = golden.fields(target)
    golden.put(target, {name: was for name, was in before.items() if current[name] == merged[name]})


def _derive(session: Session, *changed: Customer) -> None:
    """What follows from what the records hold."""
    for customer in changed:
        index.renew(session, customer)
        figures.refresh(session, customer.id)


def _find(session: Session, merge_id: int) -> Merge:
    found = session.get(Merge, merge_id)
    if found is None:
        raise MergeNotFound(merge_id, number=merge_id)
    return found


def _members(session: Session, root: int) -> Sequence[int]:
    """The records that this one has taken in."""
    return session.exec(select(Customer.id).where(Customer.joined_into == root)).all()


def _later(session: Session, done: Merge, everyone: dict[int, Customer]) -> Sequence[Merge]:
    """The merges into the same record that came after this one and still hold."""
    ids = list(everyone)
    wanted = select(Merge).where(
        Merge.id > done.id,
        col(Merge.undone_at).is_(None),
        or_(col(Merge.source_id).in_(ids), col(Merge.target_id).in_(ids)),
    )
    return session.exec(wanted.order_by(col(Merge.id))).all()
