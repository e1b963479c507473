"""What a shop gives of its own accord: for a birthday, a quarter, a row of check-ins."""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlmodel import Session

from crm_core.authz import Actor
from crm_core.clock import now
from crm_core.coupons import kinds
from crm_core.coupons import service as coupons
from crm_core.points import service as points
from crm_core.points import terms
from crm_core.points.models import Cause


class Gift(BaseModel):
    """Points, or a coupon of a kind."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    points: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    coupon: Annotated[str, Field(min_length=1, max_length=64)] | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.points is None) is (self.coupon is None):
            raise ValueError("礼物要么是 points，要么是 coupon")
        return self


def give(
    session: Session,
    actor: Actor,
    customer_id: int,
    gift: Gift,
    *,
    cause: Cause,
    note: str,
    ref: str,
) -> None:
    """Give the customer a gift. Safe to repeat under its `ref`.

    Raises:
        Forbidden: the actor may not.
        CustomerNotFound: there is no such customer.
        CouponKindNotFound, NoneLeft: there is no such coupon, or no more of it.
    """
    if gift.points:
        expires_at = terms.expires_at(session, now())
        lot = points.Lot(gift.points, cause, note=note, expires_at=expires_at)
        points.earn(session, actor, customer_id, lot, ref=ref)
    if gift.coupon:
        coupons.issue(session, actor, customer_id, gift.coupon, note=note, ref=ref)


def shown(session: Session, gift: Gift) -> str:
    """A gift in words: 100 积分, 季度定制礼盒."""
    if gift.coupon:
        return kinds.by_code(session, gift.coupon).title
    return f"{gift.points} 积分"
