"""Erasing a person: nothing in the database says any more who it was.

What happened stays for the shop's figures and the law (orders, points, votes, consents), of nobody.
"""

from collections.abc import Iterable

from sqlmodel import Session, col, delete, select, update

from crm_core.audit import service as audit
from crm_core.authz import Actor, Permission
from crm_core.consents import service as consents
from crm_core.consents.models import Purpose
from crm_core.customers import names, phones
from crm_core.customers import service as customers
from crm_core.customers.models import Customer, Identity, SearchKey, Verification
from crm_core.erasing import copies, reaching
from crm_core.family.models import FamilyMember
from crm_core.fields.models import CustomValue
from crm_core.follow_ups.models import FollowUp, TryOn
from crm_core.inbound.models import Inbound
from crm_core.lineage.models import FieldEntry
from crm_core.outbox.models import Outbound, OutboundState
from crm_core.preferences.models import Preference
from crm_core.quality.models import TagCheck
from crm_core.questionnaires.models import Sheet

_ALL_OF_IT = (  # rows that are nothing but theirs
    Identity, SearchKey, Preference, CustomValue, FamilyMember, FieldEntry, Sheet,
    TagCheck, FollowUp, TryOn,
)  # fmt: skip
_REASON = "erased"


def erase(session: Session, actor: Actor, customer_id: int, *, ref: str) -> None:
    """Forget who a customer is, in all records that were joined into theirs too.

    Every table that leads to them is walked, so one that is added later is covered; what staff
    wrote and were told is looked through for copies, so this takes a while. Repeating changes
    nothing.

    Raises:
        Forbidden: the actor may not.
        CustomerNotFound: there is no such customer.
    """
    customer = customers.lock(session, actor, Permission.CUSTOMER_ERASE, customer_id)
    ids = _records(session, customer_id)
    known_as, said = _known_as(session, ids, customer), copies.said_by(session, ids)
    for purpose in Purpose:
        consents.record(
            session, actor, customer_id, purpose,
            granted=False, wording=_REASON, channel=_REASON, ref=ref,
        )  # fmt: skip
    _delete(session, ids)
    reaching.blank(session, ids)
    _cancel_messages(session, ids)
    copies.redact(session, known_as, said)
    audit.record(session, actor, "customer:erase", f"customer:{customer_id}")


def _records(session: Session, customer_id: int) -> list[int]:
    """The record and those that became it."""
    joined = select(Customer.id).where(Customer.joined_into == customer_id)
    return [customer_id, *session.exec(joined)]


def _known_as(session: Session, ids: Iterable[int], customer: Customer) -> set[str]:
    """Name, numbers and identities, in every form in which they are written down."""
    theirs = select(Identity).where(col(Identity.customer_id).in_(list(ids)))
    values = {identity.value for identity in session.exec(theirs)} | {customer.phone or ""}
    masked = {f"{names.mask(customer.name)} {phones.mask(customer.phone or '')}"}
    local = {value.removeprefix("+86") for value in values}
    tails = {f"尾号{phones.tail(value)}" for value in values if value.startswith("+")}
    hidden = {phones.mask(value) for value in values if value.startswith("+")}
    named = {customer.name or ""}
    return {one for one in values | local | tails | hidden | masked | named if one}


def _delete(session: Session, ids: list[int]) -> None:
    session.exec(delete(Verification).where(col(Verification.customer_id).in_(ids)))
    session.exec(delete(Verification).where(col(Verification.target_id).in_(ids)))
    theirs = select(Identity.id).where(col(Identity.customer_id).in_(ids))
    wrote = update(Inbound).where(col(Inbound.identity_id).in_(theirs))
    session.exec(wrote.values(identity_id=None))
    for model in _ALL_OF_IT:
        session.exec(delete(model).where(col(model.customer_id).in_(ids)))
    nobody = update(Customer).where(col(Customer.id).in_(ids))
    session.exec(nobody.values(city=None, assistant_id=None, member_since=None))


def _cancel_messages(session: Session, ids: list[int]) -> None:
    """What was still to be sent to them."""
    theirs = col(Outbound.customer_id).in_(ids), col(Outbound.state) == OutboundState.PENDING
    cancel = update(Outbound).where(*theirs)
    session.exec(cancel.values(state=OutboundState.FAILED, error=_REASON))
