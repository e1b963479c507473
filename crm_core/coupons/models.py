"""Coupons: what kinds there are, who has which, and an append-only line of states of each."""

from datetime import datetime
from enum import StrEnum, auto

from sqlmodel import CheckConstraint, SQLModel, UniqueConstraint

from crm_core import tables


class Off(StrEnum):
    """What a coupon does to a price."""

    FIXED = auto()  # 立减
    THRESHOLD = auto()  # 满减
    PERCENT = auto()  # 折扣
    GOODS = auto()  # 兑换券: something is handed out for it


class Place(StrEnum):
    SHOP = auto()
    ONLINE = auto()
    BOTH = auto()


class CouponKind(SQLModel, table=True):
    __tablename__ = "coupon_kind"
    __table_args__ = tables.args(
        CheckConstraint("amount_fen >= 0 AND threshold_fen >= 0", name="sums"),
        CheckConstraint("percent BETWEEN 1 AND 100", name="percent"),
        CheckConstraint("stock IS NULL OR stock >= 0", name="stock"),
    )

    id: int = tables.key()
    code: str = tables.word(64, unique=True)  # "birthday-50"
    title: str = tables.word(64)  # 生日50元券
    off: Off = tables.choice(Off)
    amount_fen: int = 0  # off the price: FIXED and THRESHOLD; at most: PERCENT, 0 for no limit
    percent: int = 100  # of the price that is left to pay: 90 is 9折
    threshold_fen: int = 0  # spent before any coupon, from which it can be used
    place: Place = tables.choice(Place, default=Place.BOTH)
    stores: list[str] = tables.json(default_factory=list)  # their codes; none: all
    categories: list[str] = tables.json(default_factory=list)  # none: all goods
    stacks: bool = False  # with other kinds that do, one of each kind
    valid_days: int | None = None  # from the day of issue
    valid_from: datetime | None = tables.at(optional=True)
    valid_until: datetime | None = tables.at(optional=True)
    stock: int | None = None  # how many can be issued in all; none: any number
    per_customer: int | None = None
    created_at: datetime = tables.created()


class Coupon(SQLModel, table=True):
    __table_args__ = tables.args(UniqueConstraint("customer_id", "ref"))

    id: int = tables.key()
    kind_id: int = tables.link("coupon_kind")
    customer_id: int = tables.link("customer")
    number: str = tables.word(32, unique=True)  # what the till scans
    note: str = tables.word(128, default="")  # why it was issued
    ref: str = tables.word(128)  # what issued it
    created_at: datetime = tables.created()
    valid_from: datetime = tables.at()
    valid_until: datetime | None = tables.at(optional=True, index=True)


class CouponState(StrEnum):
    ISSUED = auto()
    RESERVED = auto()  # by a till, for an order that is being paid
    RELEASED = auto()  # can be used again: the order came to nothing
    REDEEMED = auto()
    RETURNED = auto()  # can be used again: the order was returned
    EXPIRED = auto()
    REVOKED = auto()


class CouponStep(SQLModel, table=True):
    """One state that a coupon came to; the one with the highest number is where it stands."""

    __tablename__ = "coupon_step"
    __table_args__ = tables.args(UniqueConstraint("coupon_id", "number"))

    id: int = tables.key()
    coupon_id: int = tables.link("coupon")
    number: int  # 1, 2, …: of two writers at once, one is refused by the database
    state: CouponState = tables.choice(CouponState, index=True)
    order_no: str = tables.word(64, default="", index=True)
    off_fen: int = 0  # what it took off that order
    until: datetime | None = tables.at(optional=True)  # of a reservation
    ref: str = tables.word(128)
    at: datetime = tables.created()
