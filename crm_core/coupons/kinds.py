"""The kinds of coupons that a shop has."""

from typing import Annotated, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator
from sqlmodel import Session, col, select

from crm_core import saving
from crm_core.authz import Actor
from crm_core.coupons.errors import CouponKindNotFound
from crm_core.coupons.models import CouponKind, Off, Place
from crm_core.errors import CrmError, Kind
from crm_core.saving import Change

_Word = Annotated[str, Field(min_length=1, max_length=64)]
_Fen = Annotated[int, Field(ge=0, le=10**9)]


class BadCouponKind(CrmError):
    code = "bad_coupon_kind"
    kind = Kind.INVALID


class NewKind(BaseModel):
    """A kind of coupon as the shop writes it down."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: _Word
    title: _Word
    off: Off
    amount_fen: _Fen = 0
    percent: Annotated[int, Field(ge=1, le=100)] = 100
    threshold_fen: _Fen = 0
    place: Place = Place.BOTH
    stores: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    stacks: bool = False
    valid_days: Annotated[int, Field(ge=1, le=3660)] | None = None
    valid_from: AwareDatetime | None = None
    valid_until: AwareDatetime | None = None
    stock: Annotated[int, Field(ge=0)] | None = None
    per_customer: Annotated[int, Field(ge=1)] | None = None

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if self.off in {Off.FIXED, Off.THRESHOLD} and not self.amount_fen:
            raise ValueError("立减和满减要有 amount_fen")
        if self.off is Off.THRESHOLD and self.threshold_fen < self.amount_fen:
            raise ValueError("满减的 threshold_fen 不能小于 amount_fen")
        if self.off is Off.PERCENT and self.percent == 100:  # noqa: PLR2004
            raise ValueError("折扣要有小于 100 的 percent，90 就是 9 折")
        if self.valid_from and self.valid_until and self.valid_until <= self.valid_from:
            raise ValueError("valid_until 要晚于 valid_from")
        return self


def read(written: object) -> NewKind:
    """A kind as written in a file or a request.

    Raises:
        BadCouponKind: it makes no sense; `why` says where.
    """
    try:
        return NewKind.model_validate(written)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BadCouponKind(where, where=where, why=first["msg"]) from None


def put(session: Session, actor: Actor, new: NewKind) -> tuple[CouponKind, Change]:
    """Add a kind, or make the one with the same code equal to it; coupons that were issued keep
    their time. Repeating changes nothing.

    Raises:
        Forbidden: the actor may not set up the shop.
    """
    values = new.model_dump() | {"stores": list(new.stores), "categories": list(new.categories)}
    return saving.put(session, actor, CouponKind(**values), "code")


def by_code(session: Session, code: str, *, locked: bool = False) -> CouponKind:
    """The kind with this code; `locked` for issuing from its stock.

    Raises:
        CouponKindNotFound: there is none.
    """
    wanted = select(CouponKind).where(CouponKind.code == code)
    if locked:
        wanted = wanted.with_for_update()
    found = session.exec(wanted.execution_options(populate_existing=locked)).one_or_none()
    if found is None:
        raise CouponKindNotFound(code, name=code)
    return found


def get(session: Session, kind_id: int) -> CouponKind:
    """The kind with this id, which another row names."""
    return session.get_one(CouponKind, kind_id)


def everything(session: Session) -> list[CouponKind]:
    """All kinds, by code."""
    return list(session.exec(select(CouponKind).order_by(col(CouponKind.code))))
