"""Values as they stand in a file: what is listed can be imported again."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlmodel import Session

from crm_core.clock import local
from crm_core.staff import service as staff
from crm_core.staff.models import Staff
from crm_core.stores import service as stores

_FEN_A_YUAN = 100


def yes_or_no(value: bool) -> str:
    return "是" if value else "否"


def yuan(fen: int) -> str:
    return f"{fen // _FEN_A_YUAN}.{fen % _FEN_A_YUAN:02}"


def several(values: Sequence[str]) -> str:
    return "、".join(values)


def day(value: date | None) -> str:
    return value.isoformat() if value else ""


def moment(value: datetime | None) -> str:
    return f"{local(value):%Y-%m-%d %H:%M:%S}" if value else ""


def store(session: Session, store_id: int | None) -> str:
    return stores.get(session, store_id).name if store_id else ""


def store_id(session: Session, named: str | None) -> int | None:
    """The id of a store by its name or code; None for none.

    Raises:
        StoreNotFound: there is none called that.
    """
    return stores.by_name(session, named).id if named else None


def member(session: Session, named: str | None) -> Staff | None:
    """Who is meant by a WeCom user id or a name; None for none.

    Raises:
        StaffNotFound: nobody, or more than one.
    """
    if not named:
        return None
    return staff.by_wecom(session, named) or staff.by_name(session, named)
