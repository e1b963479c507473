"""Keeping the money that came in or went back for orders."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, func, select

from crm_core.audit import service as audit
from crm_core.authz import Actor, Permission
from crm_core.customers import service as customers
from crm_core.errors import CrmError, Kind
from crm_core.orders import service as orders
from crm_core.orders.models import Order
from crm_core.orders.service import OrderNotFound
from crm_core.payments.models import Method, Payment, PaymentKind


class PaymentNotFound(CrmError):
    code = "payment_not_found"
    kind = Kind.NOT_FOUND


class PaymentConflict(CrmError):
    """The number is another payment's."""

    code = "payment_conflict"


class RefundTooHigh(CrmError):
    """More would go back than came in."""

    code = "refund_too_high"
    kind = Kind.INVALID


@dataclass(frozen=True)
class NewPayment:
    order_no: str
    kind: PaymentKind
    method: Method
    amount_fen: int
    paid_at: datetime
    reference: str | None = None  # the provider's own number
    source: str = "till"


def record(session: Session, actor: Actor, new: NewPayment, *, ref: str) -> Payment:
    """Keep a payment or refund under its number, `ref`.

    Safe to repeat: the same number with the same contents returns the first.

    Raises:
        Forbidden: the actor may not.
        OrderNotFound: no order has this number.
        PaymentConflict: the number is taken by a payment with other contents.
        RefundTooHigh: more would go back than came in.
        ValueError: the amount is not above zero; edges validate first.
    """
    if new.amount_fen <= 0:
        raise ValueError(new.amount_fen)
    actor.require(Permission.PAYMENT_WRITE)
    if (order := orders.by_no(session, new.order_no)) is None:
        raise OrderNotFound(new.order_no, number=new.order_no)
    customers.lock(session, actor, Permission.PAYMENT_WRITE, order.customer_id)
    row = _row(new, order, ref)
    if known := _by_no(session, ref):
        if _contents(known) != _contents(row):
            raise PaymentConflict(ref, number=ref)
        return known
    if row.kind is PaymentKind.REFUNDED and row.amount_fen > _held_fen(session, order):
        raise RefundTooHigh(ref, number=ref)
    session.add(row)
    session.flush()
    audit.record(
        session, actor, f"payment:{row.kind.value}", f"order:{order.order_no}",
        amount_fen=row.amount_fen,
    )  # fmt: skip
    return row


def get(session: Session, actor: Actor, payment_no: str) -> Payment:
    """The payment with this number.

    Raises:
        Forbidden: the actor may not.
        PaymentNotFound: there is none.
    """
    actor.require(Permission.PAYMENT_READ)
    if (row := _by_no(session, payment_no)) is None:
        raise PaymentNotFound(payment_no, number=payment_no)
    return row


def listed(
    session: Session, actor: Actor, *, order_no: str | None = None, after: int = 0, limit: int = 50
) -> Sequence[Payment]:
    """Payments, of one order or of all, from behind the payment `after`.

    Raises:
        Forbidden: the actor may not.
    """
    actor.require(Permission.PAYMENT_READ)
    wanted = select(Payment).where(Payment.id > after)
    if order_no is not None:
        of_it = select(Order.id).where(Order.order_no == order_no)
        wanted = wanted.where(col(Payment.order_id).in_(of_it))
    return session.exec(wanted.order_by(col(Payment.id)).limit(limit)).all()


def _by_no(session: Session, payment_no: str) -> Payment | None:
    return session.exec(select(Payment).where(Payment.payment_no == payment_no)).one_or_none()


def _row(new: NewPayment, order: Order, payment_no: str) -> Payment:
    return Payment(
        payment_no=payment_no,
        order_id=order.id,
        customer_id=order.customer_id,
        kind=new.kind,
        method=new.method,
        amount_fen=new.amount_fen,
        reference=new.reference,
        paid_at=new.paid_at,
        source=new.source,
    )


def _contents(row: Payment) -> tuple[object, ...]:
    return row.order_id, row.kind, row.method, row.amount_fen, row.paid_at


def _held_fen(session: Session, order: Order) -> int:
    wanted = (
        select(Payment.kind, func.sum(Payment.amount_fen))
        .where(Payment.order_id == order.id)
        .group_by(Payment.kind)
    )
    sums = {kind: int(total) for kind, total in session.exec(wanted)}
    return sums.get(PaymentKind.PAID, 0) - sums.get(PaymentKind.REFUNDED, 0)
