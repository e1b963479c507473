"""Points for bringing somebody: each guest is one inviter's, once."""

from sqlmodel import Session, select

from crm_core.authz import Actor, Permission
from crm_core.customers import service as customers
from crm_core.earning import service
from crm_core.earning.definition import Trigger
from crm_core.errors import CrmError, Kind
from crm_core.points.models import Cause, PointsEntry


class NoGuest(CrmError):
    """Who was brought is no member yet, is the inviter, or had been brought by somebody else."""

    code = "no_guest"
    kind = Kind.INVALID


def invited(session: Session, actor: Actor, customer_id: int, guest_id: int) -> PointsEntry | None:
    """Give a customer the points for having brought another, who has become a member.

    Safe to repeat; None if an invitation earns nothing.

    Raises:
        Forbidden: the actor may not give points.
        CustomerNotFound: there is no such customer.
        NoGuest: the guest is no member yet, is the inviter, or was brought by somebody else.
    """
    locked = {
        each: customers.lock(session, actor, Permission.POINTS_EARN, each)
        for each in sorted({customer_id, guest_id})
    }
    ref = f"invite:{guest_id}"
    given = select(PointsEntry.customer_id).where(
        PointsEntry.cause == Cause.INVITE, PointsEntry.ref == ref
    )
    others = set(session.exec(given)) - {customer_id}
    if customer_id == guest_id or others or locked[guest_id].member_since is None:
        raise NoGuest(guest_id)
    return service.give(session, actor, customer_id, Trigger.INVITE, note="新会员加入", ref=ref)
