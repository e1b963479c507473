"""Customers with what they own and agreed to, from another system."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date

from sqlmodel import Session

from app.imports.cells import BadCell, phone, text, whole, yes_or_no
from app.imports.kind import Column, Kind, Values
from app.imports.kinds import shown
from crm_core.authz import Actor
from crm_core.clock import now
from crm_core.consents import service as consents
from crm_core.consents.models import Purpose
from crm_core.customers import takeover
from crm_core.customers.takeover import Record
from crm_core.points import service as points
from crm_core.points import terms
from crm_core.points.models import Cause
from crm_core.saving import Change
from crm_core.tiers import program
from crm_core.validation import checking
from crm_core.validation.errors import BadEntry

_WORDING = (
    "从原会员系统导入，门店确认顾客当时已同意"  # what the proof is when nobody was asked here
)
_CONSENTS = {
    "membership_consent": Purpose.MEMBERSHIP,
    "marketing_consent": Purpose.MARKETING,
}
_MOST_POINTS = 100_000_000
_LONGEST_NAME = 64


def _save_customer(session: Session, actor: Actor, rows: Sequence[Values]) -> Change:
    row = rows[0]
    served = shown.member(session, row["assistant"])
    store_id = shown.store_id(session, row["store"]) or (served.store_id if served else None)
    known_by = {name: row[name] for name in ("card_no", "phone", "openid")}
    if not any(known_by.values()):
        raise BadCell("「会员卡号」「手机号」「openid」至少要有一个")
    record = Record(
        **known_by,
        name=row["name"],
        birthday=row["birthday"],
        tier=_level(session, row["tier"]),
        city=row["city"],
        store_id=store_id,
        assistant_id=served.id if served else None,
    )
    customer, change = takeover.put(session, actor, record)
    _take_over_points(session, actor, customer.id, row["points"])
    for column, purpose in _CONSENTS.items():
        _take_over_consent(session, actor, customer.id, purpose, granted=row[column])
    return change


def _level(session: Session, said: str | None) -> str | None:
    """A level of the shop's own set."""
    known = program.in_force(session).names
    if said is not None and said not in known:
        raise BadCell(f"「{said}」不是等级，有：{'、'.join(known)}")
    return said


def _take_over_points(session: Session, actor: Actor, customer_id: int, balance: int) -> None:
    """Once: a later file does not change what was begun with."""
    if balance:
        expires_at = terms.expires_at(session, now())
        lot = points.Lot(balance, Cause.OPENING, "期初积分", expires_at=expires_at)
        points.earn(session, actor, customer_id, lot, ref="opening")


def _take_over_consent(
    session: Session, actor: Actor, customer_id: int, purpose: Purpose, *, granted: bool | None
) -> None:
    """Once: what the customer has said here since is worth more than a file."""
    if granted is not None:
        consents.record(
            session, actor, customer_id, purpose,
            granted=granted, wording=_WORDING, channel=takeover.SOURCE, ref="opening",
        )  # fmt: skip


def _name(cell: str) -> str:
    with _in_words():
        return checking.text(cell, "name", "姓名", _LONGEST_NAME)


def _born(cell: str) -> date:
    with _in_words():
        return date.fromisoformat(checking.birthday(cell))


@contextmanager
def _in_words() -> Iterator[None]:
    """What cannot be, as the reason of the line."""
    try:
        yield
    except BadEntry as error:
        raise BadCell(error.sentence) from None


CUSTOMER = Kind(
    "customer",
    "顾客",
    (
        Column("card_no", "会员卡号", text(64)),
        Column("phone", "手机号", phone),
        Column("openid", "openid", text(64)),
        Column("name", "姓名", _name),
        Column("birthday", "生日", _born),
        Column("tier", "等级", text(32)),
        Column("points", "积分", whole(0, _MOST_POINTS), empty=0),
        Column("assistant", "专属导购", text(64)),
        Column("store", "门店", text(64)),
        Column("city", "城市", text(32)),
        Column("membership_consent", "同意会员服务", yes_or_no),
        Column("marketing_consent", "同意接收推送", yes_or_no),
    ),
    key=("card_no", "phone", "openid"),
    save=_save_customer,
)
