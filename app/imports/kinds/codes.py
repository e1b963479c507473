"""Codes that hang in the shops."""

from collections.abc import Iterable, Mapping, Sequence

from sqlmodel import Session

from app.imports.cells import text, yes_or_no
from app.imports.kind import Column, Kind, Values
from app.imports.kinds import shown
from crm_core.authz import Actor
from crm_core.capture import service as capture
from crm_core.capture.models import ShopCode
from crm_core.saving import Change
from crm_core.staff import service as staff


def _save(session: Session, actor: Actor, rows: Sequence[Values]) -> Change:
    fields = dict(rows[0])
    served = shown.member(session, fields.pop("staff"))
    store_id = shown.store_id(session, fields.pop("store")) or (served.store_id if served else None)
    code = ShopCode(store_id=store_id, staff_id=served.id if served else None, **fields)
    return capture.save(session, actor, code)[1]


def _listed(session: Session) -> Iterable[Mapping[str, str]]:
    for row in capture.everything(session):
        yield {
            "scene": row.scene,
            "channel": row.channel,
            "store": shown.store(session, row.store_id),
            "staff": staff.get(session, row.staff_id).name if row.staff_id else "",
            "retired": shown.yes_or_no(row.retired),
        }


CODE = Kind(
    "code",
    "扫码入口",
    (
        Column("scene", "场景值", text(64), needed=True),
        Column("channel", "渠道", text(32), needed=True),
        Column("store", "门店", text(64)),
        Column("staff", "导购", text(64)),
        Column("retired", "已停用", yes_or_no, empty=False),
    ),
    key=("scene",),
    save=_save,
    listed=_listed,
)
