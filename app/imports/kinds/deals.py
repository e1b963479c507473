"""Coupons and campaigns as another system ran them."""

from collections.abc import Sequence

from sqlmodel import Session

from app.imports.cells import BadCell, fen, moment, one_of, phone, text, whole
from app.imports.kind import Column, Kind, Values
from crm_core.authz import Actor
from crm_core.campaigns import takeover as campaigns
from crm_core.catalog import service as catalog
from crm_core.coupons import kinds
from crm_core.coupons import takeover as coupons
from crm_core.coupons.models import Off
from crm_core.customers import takeover
from crm_core.customers.service import CustomerNotFound
from crm_core.customers.takeover import Record
from crm_core.saving import Change

_OFF = {"立减": Off.FIXED, "满减": Off.THRESHOLD, "折扣": Off.PERCENT, "兑换": Off.GOODS}


def _save_kind(session: Session, actor: Actor, rows: Sequence[Values]) -> Change:
    """A row for each product that it is for; it then counts for their categories."""
    first = rows[0]
    named = {row["product"] for row in rows if row["product"]}
    goods = catalog.exact_many(session, named) if named else {}
    said = {row["category"] for row in rows if row["category"]}
    fields = {
        "code": first["code"],
        "title": first["title"] or first["code"],
        "off": first["off"],
        "amount_fen": first["amount"],
        "percent": first["percent"],
        "threshold_fen": first["threshold"],
        "categories": sorted(said | {product.category for product in goods.values()}),
    }
    return kinds.put(session, actor, kinds.read(fields))[1]


def _save_used(session: Session, actor: Actor, rows: Sequence[Values]) -> Change:
    row = rows[0]
    note = f"活动 {row['campaign']}" if row["campaign"] else ""
    ref = f"import:{row['code']}:{row['campaign']}:{row['used_at']:%Y%m%d%H%M}"
    return coupons.used(
        session, actor, _whose(session, row), row["code"],
        used_at=row["used_at"], note=note, ref=ref,
    )  # fmt: skip


def _save_campaign(session: Session, actor: Actor, rows: Sequence[Values]) -> Change:
    row = rows[0]
    return campaigns.put(session, actor, row["key"], row["text"], row["began_at"])


def _save_reached(session: Session, actor: Actor, rows: Sequence[Values]) -> Change:
    row = rows[0]
    return campaigns.reached(session, actor, row["campaign"], _whose(session, row))


def _whose(session: Session, row: Values) -> int:
    known_by = Record(card_no=row["card_no"], phone=row["phone"])
    if not (known_by.card_no or known_by.phone):
        raise BadCell("「会员卡号」和「手机号」至少要有一个")
    if (customer := takeover.find(session, known_by)) is None:
        raise CustomerNotFound("customer")
    return customer.id


_CUSTOMER = (Column("card_no", "会员卡号", text(64)), Column("phone", "手机号", phone))

COUPON_KIND = Kind(
    "coupon-kind",
    "券种",
    (
        Column("code", "券种编码", text(64), needed=True),
        Column("title", "名称", text(64)),
        Column("off", "类型", one_of(_OFF), empty=Off.GOODS),
        Column("amount", "金额", fen, empty=0),
        Column("percent", "折扣", whole(1, 100), empty=100),
        Column("threshold", "门槛", fen, empty=0),
        Column("product", "商品", text(128)),
        Column("category", "品类", text(32)),
    ),
    key=("code",),
    save=_save_kind,
    several_rows=True,
)

COUPON = Kind(
    "coupon",
    "用过的券",
    (
        Column("code", "券种编码", text(64), needed=True),
        *_CUSTOMER,
        Column("used_at", "使用时间", moment, needed=True),
        Column("campaign", "活动", text(32), empty=""),
    ),
    key=("code", "card_no", "phone", "used_at", "campaign"),
    save=_save_used,
)

CAMPAIGN = Kind(
    "campaign",
    "做过的活动",
    (
        Column("key", "活动编码", text(64), needed=True),
        Column("text", "内容", text(500), needed=True),
        Column("began_at", "开始时间", moment, needed=True),
    ),
    key=("key",),
    save=_save_campaign,
)

REACHED = Kind(
    "campaign-customer",
    "活动触达的顾客",
    (Column("campaign", "活动编码", text(64), needed=True), *_CUSTOMER),
    key=("campaign", "card_no", "phone"),
    save=_save_reached,
)
