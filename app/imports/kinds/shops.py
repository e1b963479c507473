"""Stores and the people who work in them."""

from collections.abc import Iterable, Mapping, Sequence

from sqlmodel import Session, select

from app.imports.cells import one_of, text, yes_or_no
from app.imports.kind import Column, Kind, Values
from app.imports.kinds import shown
from crm_core.authz import Actor, Role
from crm_core.saving import Change
from crm_core.staff import service as staff
from crm_core.staff.models import Staff
from crm_core.stores import service as stores
from crm_core.stores.models import Store

_ROLES = {
    "导购": Role.ASSISTANT,
    "店长": Role.MANAGER,
    "客服": Role.SERVICE,
    "运营": Role.MARKETER,
    "总部": Role.ADMIN,
}
_ROLE_NAMES = {role: name for name, role in _ROLES.items()}


def _save_store(session: Session, actor: Actor, rows: Sequence[Values]) -> Change:
    return stores.save(session, actor, Store(**rows[0]))[1]


def _stores(session: Session) -> Iterable[Mapping[str, str]]:
    for row in session.exec(select(Store).order_by(Store.code)):
        yield row.model_dump(include={"code", "name", "address", "phone", "hours"}) | {
            "closed": shown.yes_or_no(row.closed)
        }


def _save_staff(session: Session, actor: Actor, rows: Sequence[Values]) -> Change:
    fields = dict(rows[0])
    store_id = shown.store_id(session, fields.pop("store"))
    return staff.save(session, actor, Staff(store_id=store_id, **fields))[1]


def _staff(session: Session) -> Iterable[Mapping[str, str]]:
    for row in session.exec(select(Staff).order_by(Staff.wecom_userid)):
        yield {
            "wecom_userid": row.wecom_userid,
            "name": row.name,
            "role": _ROLE_NAMES[row.role],
            "store": shown.store(session, row.store_id),
            "left": shown.yes_or_no(row.left),
        }


STORE = Kind(
    "store",
    "门店",
    (
        Column("code", "编码", text(32), needed=True),
        Column("name", "名称", text(64), needed=True),
        Column("address", "地址", text(255), empty=""),
        Column("phone", "电话", text(32), empty=""),
        Column("hours", "营业时间", text(64), empty=""),
        Column("closed", "已闭店", yes_or_no, empty=False),
    ),
    key=("code",),
    save=_save_store,
    listed=_stores,
)

STAFF = Kind(
    "staff",
    "员工",
    (
        Column("wecom_userid", "企业微信账号", text(64), needed=True),
        Column("name", "姓名", text(64), needed=True),
        Column("role", "岗位", one_of(_ROLES), needed=True),
        Column("store", "门店", text(64)),
        Column("left", "已离职", yes_or_no, empty=False),
    ),
    key=("wecom_userid",),
    save=_save_staff,
    listed=_staff,
)
