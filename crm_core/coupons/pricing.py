"""What coupons take off a basket, and whether they may be used together."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from crm_core.coupons.errors import CouponUnusable, Unfit
from crm_core.coupons.models import Coupon, CouponKind, Off, Place

_WHOLE = 100
_ORDER = [Off.PERCENT, Off.THRESHOLD, Off.FIXED, Off.GOODS]


@dataclass(frozen=True)
class Goods:
    """What a line of a basket comes to."""

    amount_fen: int
    category: str = ""


@dataclass(frozen=True)
class Basket:
    goods: tuple[Goods, ...]
    store: str | None = None  # its code; none: online

    @property
    def total_fen(self) -> int:
        return sum(line.amount_fen for line in self.goods)


Held = tuple[Coupon, CouponKind]


def quote(held: Sequence[Held], basket: Basket, at: datetime) -> dict[int, int]:
    """What each coupon takes off, in fen, by its id.

    Percentages come first, on the price before any coupon; then thresholds, which look at that
    price as well; then fixed sums. No price falls below zero.

    Raises:
        CouponUnusable: one cannot be used for this basket, or not with the others.
    """
    _together(held)
    left_fen = basket.total_fen
    taken: dict[int, int] = {}
    for coupon, kind in sorted(held, key=lambda each: _ORDER.index(each[1].off)):
        _check(coupon, kind, basket, at)
        off_fen = min(left_fen, _off(kind, _fitting(kind, basket)))
        taken[coupon.id] = off_fen
        left_fen -= off_fen
    return taken


def _together(held: Sequence[Held]) -> None:
    kinds = [kind.id for _, kind in held]
    for coupon, kind in held:
        alone = len(held) == 1
        if not alone and (not kind.stacks or kinds.count(kind.id) > 1):
            raise CouponUnusable(coupon.number, Unfit.NOT_WITH_OTHERS)


def _check(coupon: Coupon, kind: CouponKind, basket: Basket, at: datetime) -> None:
    fitting_fen = _fitting(kind, basket)
    against = {
        Unfit.TOO_EARLY: at < coupon.valid_from,
        Unfit.EXPIRED: coupon.valid_until is not None and coupon.valid_until <= at,
        Unfit.ELSEWHERE: not _here(kind, basket.store),
        Unfit.OTHER_GOODS: bool(kind.categories) and fitting_fen == 0,
        Unfit.TOO_LITTLE: fitting_fen < kind.threshold_fen,
    }
    for why, stands in against.items():
        if stands:
            raise CouponUnusable(coupon.number, why)


def _here(kind: CouponKind, store: str | None) -> bool:
    if store is None:
        return kind.place is not Place.SHOP
    return kind.place is not Place.ONLINE and (not kind.stores or store in kind.stores)


def _fitting(kind: CouponKind, basket: Basket) -> int:
    """What the goods that the coupon is for come to."""
    return sum(
        line.amount_fen
        for line in basket.goods
        if not kind.categories or line.category in kind.categories
    )


def _off(kind: CouponKind, fitting_fen: int) -> int:
    match kind.off:
        case Off.GOODS:
            return 0
        case Off.PERCENT:
            off_fen = fitting_fen * (_WHOLE - kind.percent) // _WHOLE
            return min(off_fen, kind.amount_fen) if kind.amount_fen else off_fen
        case _:
            return min(kind.amount_fen, fitting_fen)
