"""What a customer spent and earned, over the time that a level looks at."""

from dataclasses import dataclass, field
from datetime import timedelta

from sqlmodel import Session, col, func, select

from crm_core.clock import now
from crm_core.orders.models import Order, OrderState
from crm_core.points.models import GIVING, Cause, PointsEntry
from crm_core.tiers.program import Level, Over

_ROLLING_YEAR = timedelta(days=365)


@dataclass
class Measure:
    """Both tracks of one customer, each looked up once."""

    session: Session
    customer_id: int
    _spent: dict[Over, int] = field(default_factory=dict)
    _earned: dict[Over, int] = field(default_factory=dict)

    def spent_fen(self, over: Over) -> int:
        if over not in self._spent:
            self._spent[over] = _spent_fen(self.session, self.customer_id, over)
        return self._spent[over]

    def earned(self, over: Over) -> int:
        if over not in self._earned:
            self._earned[over] = _earned(self.session, self.customer_id, over)
        return self._earned[over]

    def missing_fen(self, level: Level) -> int | None:
        """How much has yet to be spent for a level; None if spending does not lead there."""
        if level.spending is None:
            return None
        return max(0, level.spending.fen - self.spent_fen(level.spending.over))

    def missing_points(self, level: Level) -> int | None:
        """How many points have yet to be earned for it; None if points do not lead there."""
        if level.points is None:
            return None
        return max(0, level.points.points - self.earned(level.points.over))


def _spent_fen(session: Session, customer_id: int, over: Over) -> int:
    """What was paid for orders, and not paid back."""
    paid = func.coalesce(func.sum(col(Order.total_fen) - col(Order.refunded_fen)), 0)
    wanted = select(paid).where(
        Order.customer_id == customer_id, col(Order.state) != OrderState.RETURNED
    )
    if over is Over.ROLLING_YEAR:
        wanted = wanted.where(Order.paid_at > now() - _ROLLING_YEAR)
    return int(session.exec(wanted).one())


def _earned(session: Session, customer_id: int, over: Over) -> int:
    """Points that were given, less what was taken back of them; not those taken over."""
    lot = select(PointsEntry.id).where(
        PointsEntry.customer_id == customer_id,
        col(PointsEntry.cause).in_(GIVING),
        PointsEntry.cause != Cause.OPENING,
    )
    if over is Over.ROLLING_YEAR:
        lot = lot.where(PointsEntry.created_at > now() - _ROLLING_YEAR)
    reversed_ = (col(PointsEntry.cause) == Cause.REVERSAL) & col(PointsEntry.lot_id).in_(lot)
    total = select(func.coalesce(func.sum(PointsEntry.delta), 0))
    return int(session.exec(total.where(col(PointsEntry.id).in_(lot) | reversed_)).one())
