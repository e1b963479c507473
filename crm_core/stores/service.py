"""Looking up and keeping the chain's shops."""

from collections.abc import Sequence

from sqlmodel import Session, col, select

from crm_core import saving
from crm_core.authz import Actor
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
