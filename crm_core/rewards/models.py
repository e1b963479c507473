"""What points can be exchanged for."""

from datetime import datetime

from sqlmodel import CheckConstraint, SQLModel, UniqueConstraint

from crm_core import tables


class Reward(SQLModel, table=True):
    """A coupon for points; a thing is handed out for a coupon of its kind."""

    __table_args__ = tables.args(
        CheckConstraint("points > 0", name="points"),
        CheckConstraint("stock IS NULL OR stock >= 0", name="stock"),
    )

    id: int = tables.key()
    code: str = tables.word(64, unique=True)
    title: str = tables.word(64)  # 50元券, 羊绒围巾
    points: int  # for one
    kind_id: int = tables.link("coupon_kind")
    stock: int | None = None  # how many there are in all; none: any number
    per_customer: int | None = None
    tiers: list[str] = tables.json(default_factory=list)  # for whom; none: everybody
    opens_at: datetime | None = tables.at(optional=True)
    closes_at: datetime | None = tables.at(optional=True)
    created_at: datetime = tables.created()


class Redemption(SQLModel, table=True):
    """One reward taken by a customer."""

    __table_args__ = tables.args(UniqueConstraint("customer_id", "ref"))

    id: int = tables.key()
    reward_id: int = tables.link("reward")
    customer_id: int = tables.link("customer")
    entry_id: int = tables.link("points_entry")  # the points spent
    coupon_id: int = tables.link("coupon")
    ref: str = tables.word(128)
    created_at: datetime = tables.created()
    cancelled_at: datetime | None = tables.at(optional=True)  # points back, coupon revoked
