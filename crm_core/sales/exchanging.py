"""Changing goods for others: a return and a new order in one go."""

from dataclasses import dataclass

from sqlmodel import Session, select

from crm_core.audit import service as audit
from crm_core.authz import Actor
from crm_core.errors import CrmError, Kind
from crm_core.orders.models import Exchange
from crm_core.orders.returning import NewReturn
from crm_core.orders.service import NewOrder
from crm_core.sales import service as sales


class ExchangeConflict(CrmError):
    """The number is another exchange's: other goods back, or other goods out."""

    code = "exchange_conflict"


class OtherCustomer(CrmError):
    """The goods that come back are not this customer's."""

    code = "other_customer"
    kind = Kind.INVALID


@dataclass(frozen=True)
class NewExchange:
    back: NewReturn
    out: NewOrder
    out_no: str  # the new order's number


def record_exchange(session: Session, actor: Actor, new: NewExchange, *, ref: str) -> Exchange:
    """Take goods back and sell others for them, under the exchange's number, `ref`.

    The return has the same number. Safe to repeat: the same number with the same contents returns
    the first.

    Raises:
        Forbidden: the actor may not.
        CustomerNotFound, OrderNotFound: there is no such customer or order.
        ReturnConflict, OrderConflict, ExchangeConflict: a number is taken by something else.
        TooManyReturned: more comes back than is left.
        OtherCustomer: the two orders are not one customer's.
    """
    back = sales.record_return(session, actor, new.back, ref=ref)
    out = sales.record_sale(session, actor, new.out, ref=new.out_no)
    if back.customer_id != out.customer_id:
        raise OtherCustomer(ref, number=ref)
    row = Exchange(
        exchange_no=ref,
        customer_id=out.customer_id,
        return_id=back.id,
        order_id=out.id,
        difference_fen=out.total_fen - back.refund_fen,
    )
    if known := by_no(session, ref):
        if (known.return_id, known.order_id) != (row.return_id, row.order_id):
            raise ExchangeConflict(ref, number=ref)
        return known
    session.add(row)
    session.flush()
    audit.record(session, actor, "order:exchange", f"exchange:{ref}", order_no=out.order_no)
    return row


def by_no(session: Session, exchange_no: str) -> Exchange | None:
    """The exchange with this number. The caller has the right to know."""
    return session.exec(select(Exchange).where(Exchange.exchange_no == exchange_no)).one_or_none()
