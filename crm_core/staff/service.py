"""Looking up the people who work in the shops."""

from collections.abc import Collection, Sequence

from sqlmodel import Session, col, select

from crm_core import saving
from crm_core.authz import Actor, Permission, Role
from crm_core.errors import CrmError, Kind
from crm_core.saving import Change
from crm_core.staff.models import Staff


class StaffNotFound(CrmError):
    code = "staff_not_found"
    kind = Kind.NOT_FOUND


def by_wecom(session: Session, userid: str) -> Staff | None:
    """Who writes under this WeCom user id; None for a stranger or somebody who has left."""
    return session.exec(
        select(Staff).where(Staff.wecom_userid == userid, ~col(Staff.left))
    ).one_or_none()


def by_userid(session: Session, userid: str) -> Staff:
    """The one with this WeCom user id, also one who has left.

    Raises:
        StaffNotFound: there is none.
    """
    found = session.exec(select(Staff).where(Staff.wecom_userid == userid)).one_or_none()
    if found is None:
        raise StaffNotFound(userid, name=userid)
    return found


def userids(session: Session, ids: Collection[int | None]) -> dict[int | None, str]:
    """The WeCom user ids of some of them, by id."""
    wanted = select(Staff.id, Staff.wecom_userid).where(col(Staff.id).in_(set(ids) - {None}))
    return dict(session.exec(wanted).all()) if set(ids) - {None} else {}


def listed(session: Session, actor: Actor, *, after: int = 0, limit: int = 50) -> Sequence[Staff]:
    """Everybody, those who have left too, from behind the one called `after`.

    Raises:
        Forbidden: the actor may not.
    """
    actor.require(Permission.STAFF_READ)
    wanted = select(Staff).where(Staff.id > after).order_by(col(Staff.id))
    return session.exec(wanted.limit(limit)).all()


def get(session: Session, staff_id: int) -> Staff:
    """The member of staff with this id, also one who has left.

    Raises:
        StaffNotFound: there is none.
    """
    if (found := session.get(Staff, staff_id)) is None:
        raise StaffNotFound(staff_id, name=str(staff_id))
    return found


def by_name(session: Session, name: str, *, store_id: int | None = None) -> Staff:
    """The one called `name`, or 「小陈」 by surname; within a shop where one is given.

    Raises:
        StaffNotFound: nobody, or more than one, is meant.
    """
    near = [who for who in working(session, store_id=store_id) if _is_called(who.name, name)]
    if len(near) != 1:
        raise StaffNotFound(name, name=name)
    return near[0]


def working(
    session: Session, *, store_id: int | None = None, role: Role | None = None
) -> Sequence[Staff]:
    """Who works now, in one shop or in all, by name."""
    wanted = select(Staff).where(~col(Staff.left)).order_by(Staff.name)
    if store_id is not None:
        wanted = wanted.where(Staff.store_id == store_id)
    if role is not None:
        wanted = wanted.where(Staff.role == role)
    return session.exec(wanted).all()


def actor_of(staff: Staff) -> Actor:
    """The actor a member of staff is."""
    return Actor(f"staff:{staff.id}", staff.role, staff_id=staff.id, store_id=staff.store_id)


def save(session: Session, actor: Actor, member: Staff) -> tuple[Staff, Change]:
    """Add a member of staff, or change the one with their WeCom user id. Repeating changes nothing.

    Raises:
        Forbidden: the actor may not.
    """
    return saving.put(session, actor, member, "wecom_userid")


def _is_called(full: str, said: str) -> bool:
    if said.startswith(("小", "老", "阿")) and len(said) == len("小陈"):
        return full == said or said[1] in {full[0], full[-1]}
    return full == said
