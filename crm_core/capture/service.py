"""Customers who scan a code in the shop: by which channel they came, and who brought them."""

from collections.abc import Sequence

from sqlmodel import Session, col, select

from crm_core import saving
from crm_core.audit import service as audit
from crm_core.authz import Actor, Permission
from crm_core.capture.models import Capture, ShopCode
from crm_core.customers import service as customers
from crm_core.customers.models import Customer, Identity
from crm_core.saving import Change
from crm_core.timeline import service as timeline


def save(session: Session, actor: Actor, code: ShopCode) -> tuple[ShopCode, Change]:
    """Add a code, or change the one with this scene. Repeating changes nothing.

    Raises:
        Forbidden: the actor may not set up the shop.
    """
    return saving.put(session, actor, code, "scene")


def everything(session: Session) -> Sequence[ShopCode]:
    """All codes, by scene."""
    return session.exec(select(ShopCode).order_by(ShopCode.scene)).all()


def scan(
    session: Session, actor: Actor, customer_id: int, scene: str, *, ref: str
) -> Capture | None:
    """Keep that a customer scanned a code; None if there is no such code.

    Who has no shop or assistant yet gets the code's. Somebody whose first contact this is came by
    the code's channel from then on. Safe to repeat: a repeated `ref` returns the first scan.

    Raises:
        Forbidden: the actor may not change this customer.
        CustomerNotFound: there is no such customer.
    """
    customer = customers.lock(session, actor, Permission.CUSTOMER_WRITE, customer_id)
    is_it = ShopCode.scene == scene, ~col(ShopCode.retired)
    code = session.exec(select(ShopCode).where(*is_it)).one_or_none()
    if code is None:
        return None
    same = Capture.customer_id == customer_id, Capture.ref == ref
    if earlier := session.exec(select(Capture).where(*same)).one_or_none():
        return earlier
    made = Capture(
        customer_id=customer_id, code_id=code.id, channel=code.channel, store_id=code.store_id,
        staff_id=code.staff_id, first_contact=_is_first(session, customer_id, ref), ref=ref,
    )  # fmt: skip
    session.add(made)
    _assign(session, customer, made)
    audit.record(session, actor, "customer:scan", f"customer:{customer_id}", code=code.id)
    return made


def latest(session: Session, actor: Actor, customer_id: int) -> Capture | None:
    """The newest scan of a customer; None if there was none.

    Raises:
        Forbidden: the actor may not see this customer.
        CustomerNotFound: there is no such customer.
    """
    customers.get(session, actor, Permission.CUSTOMER_READ, customer_id)
    theirs = select(Capture).where(Capture.customer_id == customer_id)
    return session.exec(theirs.order_by(col(Capture.id).desc())).first()


def _is_first(session: Session, customer_id: int, ref: str) -> bool:
    """Whether nothing is known of the customer but what this scan caused."""
    known = timeline.latest(session, customer_id, limit=5)
    return all(event.ref == ref for event in known)


def _assign(session: Session, customer: Customer, scanned: Capture) -> None:
    if customer.store_id is None:
        customer.store_id = scanned.store_id
    if customer.assistant_id is None and customer.store_id == scanned.store_id:
        customer.assistant_id = scanned.staff_id
    if scanned.first_contact:
        theirs = select(Identity).where(Identity.customer_id == customer.id)
        for identity in session.exec(theirs):
            identity.source = scanned.channel
    session.flush()
