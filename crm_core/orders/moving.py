"""Where an order is on its way to the customer."""

from sqlmodel import Session

from crm_core.audit import service as audit
from crm_core.authz import Actor, Permission
from crm_core.errors import CrmError
from crm_core.orders.models import Order, OrderState

_WAY = [OrderState.PAID, OrderState.SHIPPED, OrderState.DONE]


class WrongWay(CrmError):
    """An order only goes forward, and one that came back whole stays so."""

    code = "wrong_order_state"


def move(session: Session, actor: Actor, order: Order, state: OrderState) -> Order:
    """Let a locked order be shipped or done. Repeating changes nothing.

    Raises:
        Forbidden: the actor may not.
        WrongWay: it is further already, or came back.
    """
    actor.require(Permission.ORDER_WRITE)
    if order.state is state:
        return order
    if OrderState.RETURNED in {order.state, state} or _WAY.index(state) < _WAY.index(order.state):
        raise WrongWay(order.order_no, number=order.order_no)
    order.state = state
    session.add(order)
    session.flush()
    audit.record(session, actor, "order:move", f"order:{order.order_no}", state=state.value)
    return order
