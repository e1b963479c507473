"""Kinds of coupons that tests issue."""

from typing import Any

from sqlmodel import Session

from crm_core.authz import system
from crm_core.coupons import kinds
from crm_core.coupons.kinds import NewKind
from crm_core.coupons.models import CouponKind, Off
from crm_core.coupons.pricing import Basket, Goods

SHOP = system("test")


def a_kind(session: Session, code: str = "ten-off", **more: Any) -> CouponKind:
    """Ten yuan off, unless told otherwise."""
    values = {"code": code, "title": f"券 {code}", "off": Off.FIXED, "amount_fen": 1000} | more
    made, _ = kinds.put(session, SHOP, NewKind(**values))
    session.commit()
    return made


def a_basket(*yuan: int, store: str | None = "S1", category: str = "大衣") -> Basket:
    return Basket(tuple(Goods(each * 100, category) for each in yuan or (300,)), store)
