"""Why a coupon cannot be had or used."""

from enum import StrEnum, auto

from crm_core.errors import CrmError, Kind


class CouponNotFound(CrmError):
    code = "coupon_not_found"
    kind = Kind.NOT_FOUND


class CouponKindNotFound(CrmError):
    code = "coupon_kind_not_found"
    kind = Kind.NOT_FOUND


class NoneLeft(CrmError):
    """As many were issued as there are, or as this customer may have."""

    code = "coupon_none_left"


class Unfit(StrEnum):
    """What stands against using a coupon."""

    TOO_EARLY = auto()
    EXPIRED = auto()
    TAKEN = auto()  # reserved, used or revoked
    ELSEWHERE = auto()  # another place or store
    OTHER_GOODS = auto()
    TOO_LITTLE = auto()  # below its threshold
    NOT_WITH_OTHERS = auto()
    OTHER_CUSTOMER = auto()


class CouponUnusable(CrmError):
    """`why` is an `Unfit`."""

    code = "coupon_unusable"

    def __init__(self, number: str, why: Unfit) -> None:
        super().__init__(number, why.value, number=number, why=why.value)
        self.why = why


class ReservationConflict(CrmError):
    """The order has other coupons reserved or redeemed, or none any more."""

    code = "coupon_reservation"
