"""Points movements, a page at a time."""

from collections.abc import Sequence

from sqlmodel import Session, col, select

from crm_core.authz import Actor, Permission
from crm_core.customers import service as customers
from crm_core.points.models import PointsEntry


def listed(
    session: Session, actor: Actor, customer_id: int, *, after: int = 0, limit: int = 50
) -> Sequence[PointsEntry]:
    """A customer's movements in the order they were written, from behind the movement `after`.

    Raises:
        Forbidden: the actor may not see this customer's points.
        CustomerNotFound: there is no such customer.
    """
    customers.get(session, actor, Permission.POINTS_READ, customer_id)
    theirs = PointsEntry.customer_id == customer_id, PointsEntry.id > after
    wanted = select(PointsEntry).where(*theirs).order_by(col(PointsEntry.id))
    return session.exec(wanted.limit(limit)).all()
