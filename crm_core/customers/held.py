"""Whose a phone or card is on the strength of what, and taking it off a record."""

from sqlmodel import Session, select

from crm_core.audit import service as audit
from crm_core.authz import Actor, Permission
from crm_core.customers import identities
from crm_core.customers import service as customers
from crm_core.customers.claims import Claim
from crm_core.customers.models import Customer, Identity, IdentityKind


def is_only_typed(session: Session, claim: Claim) -> bool:
    """Whether all that speaks for its holder is that they typed it: no code, no till, no file."""
    known = identities.find(session, claim.kind, claim.value)
    return known is not None and known.source == customers.TYPED and not known.verified


def release(session: Session, customer: Customer, claim: Claim) -> None:
    """Take it off a record; without any phone or card left it is no member's. The caller may."""
    if known := identities.find(session, claim.kind, claim.value):
        session.delete(known)
    if customer.phone == claim.value:
        customers.forget_phone(session, customer)
    session.flush()
    cards = Identity.customer_id == customer.id, Identity.kind == IdentityKind.CARD
    if customer.phone is None and session.exec(select(Identity.id).where(*cards)).first() is None:
        customer.member_since = None


def take_from_typist(session: Session, actor: Actor, claim: Claim) -> None:
    """Take a number from who only typed it, for the shop's own data know its owner.

    Who typed it may be the owner: they bind it again and prove it.

    Raises:
        Forbidden: the actor may not set up the shop.
    """
    actor.require(Permission.SETUP_WRITE)
    holder = customers.by_identity(session, claim.kind, claim.value)
    if holder is not None and is_only_typed(session, claim):
        release(session, holder, claim)
        audit.record(session, actor, "customer:unbind", f"customer:{holder.id}")
