"""Looking up and keeping the chain's shops."""

from collections.abc import Collection, Sequence

from sqlmodel import Session, col, select

from crm_core import saving
from crm_core.authz import Actor, Permission
from crm_core.errors import CrmError, Kind
from crm_core.saving import Change
from crm_core.stores.models import Store


class StoreNotFound(CrmError):
    code = "store_not_found"
    kind = Kind.NOT_FOUND


def everyone(session: Session) -> Sequence[Store]:
    """All open shops, by name."""
    return session.exec(select(Store).where(~col(Store.closed)).order_by(Store.name)).all()


def by_name(session: Session, name: str) -> Store:
    """The shop called `name`, or with that code.

    Raises:
        StoreNotFound: there is none.
    """
    wanted = select(Store).where((Store.name == name) | (Store.code == name))
    if (store := session.exec(wanted).first()) is None:
        raise StoreNotFound(name, name=name)
    return store


def by_code(session: Session, code: str) -> Store:
    """The shop with this code, closed or not.

    Raises:
        StoreNotFound: there is none.
    """
    if (store := session.exec(select(Store).where(Store.code == code)).one_or_none()) is None:
        raise StoreNotFound(code, name=code)
    return store


def codes(session: Session, ids: Collection[int | None]) -> dict[int | None, str]:
    """The codes of some shops, by id."""
    wanted = select(Store.id, Store.code).where(col(Store.id).in_(set(ids) - {None}))
    return dict(session.exec(wanted).all()) if set(ids) - {None} else {}


def listed(session: Session, actor: Actor, *, after: int = 0, limit: int = 50) -> Sequence[Store]:
    """All shops, closed ones too, from behind the shop `after`.

    Raises:
        Forbidden: the actor may not.
    """
    actor.require(Permission.STORE_READ)
    wanted = select(Store).where(Store.id > after).order_by(col(Store.id))
    return session.exec(wanted.limit(limit)).all()


def get(session: Session, store_id: int) -> Store:
    """The shop with this id.

    Raises:
        StoreNotFound: there is none.
    """
    if (store := session.get(Store, store_id)) is None:
        raise StoreNotFound(store_id, name=str(store_id))
    return store


def save(session: Session, actor: Actor, store: Store) -> tuple[Store, Change]:
    """Add a shop, or change the one with its code. Repeating changes nothing.

    Raises:
        Forbidden: the actor may not.
        Taken: another shop has this name.
    """
    return saving.put(session, actor, store, "code")
