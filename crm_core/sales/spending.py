"""Which tier a customer's spending earns."""

from datetime import timedelta

from sqlmodel import Session, func, select

from crm_core.clock import now
from crm_core.customers.models import Tier
from crm_core.orders.models import Order
from crm_core.rules import service as rules

_ROLLING_YEAR = timedelta(days=365)
_RISING = list(Tier)


def earned(session: Session, customer_id: int) -> Tier:
    """The tier for what was spent, and not returned, within a rolling year."""
    spent = select(func.coalesce(func.sum(Order.total_fen - Order.refunded_fen), 0)).where(
        Order.customer_id == customer_id,
        Order.paid_at > now() - _ROLLING_YEAR,
    )
    total_fen = int(session.exec(spent).one())
    if total_fen >= rules.get(session, "tier.gold_fen"):
        return Tier.GOLD
    if total_fen >= rules.get(session, "tier.silver_fen"):
        return Tier.SILVER
    return Tier.MEMBER


def higher(one: str, other: str) -> str:
    """The better of two tiers."""
    return max(one, other, key=lambda tier: _RISING.index(Tier(tier)))
