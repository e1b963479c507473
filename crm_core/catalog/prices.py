"""What a product costs at a moment, in a shop."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from crm_core import saving
from crm_core.authz import Actor, Permission
from crm_core.catalog.models import Price, Product
from crm_core.errors import CrmError, Kind
from crm_core.saving import Change


def save(session: Session, actor: Actor, price: Price) -> tuple[Price, Change]:
    """Add a price, or change the one with its number. Repeating changes nothing.

    Raises:
        Forbidden: the actor may not.
    """
    return saving.put(session, actor, price, "price_no")


def by_no(session: Session, price_no: str) -> Price:
    """The price with this number.

    Raises:
        PriceNotFound: there is none.
    """
    if (
        price := session.exec(select(Price).where(Price.price_no == price_no)).one_or_none()
    ) is None:
        raise PriceNotFound(price_no, name=price_no)
    return price


class PriceNotFound(CrmError):
    code = "price_not_found"
    kind = Kind.NOT_FOUND


@dataclass(frozen=True)
class Asked:
    """For what a price is asked; the shop none: online."""

    product: Product
    store_id: int | None
    at: datetime


def at(session: Session, asked: Asked) -> int:
    """What a piece costs, in fen: the shop's own price goes over one for all shops, a later one
    over an earlier, and without any the catalogue's holds.
    """
    wanted = select(Price).where(
        Price.product_id == asked.product.id,
        Price.starts_at <= asked.at,
        col(Price.ends_at).is_(None) | (col(Price.ends_at) > asked.at),
        col(Price.store_id).is_(None) | (col(Price.store_id) == asked.store_id),
    )
    found = session.exec(wanted).all()
    ranked = sorted(
        found, key=lambda price: (price.store_id is not None, price.starts_at, price.id)
    )
    return ranked[-1].price_fen if ranked else asked.product.price_fen


def listed(
    session: Session,
    actor: Actor,
    *,
    product_id: int | None = None,
    after: int = 0,
    limit: int = 50,
) -> Sequence[Price]:
    """Prices, of one product or of all, from behind the price `after`.

    Raises:
        Forbidden: the actor may not.
    """
    actor.require(Permission.PRODUCT_READ)
    wanted = select(Price).where(Price.id > after)
    if product_id is not None:
        wanted = wanted.where(Price.product_id == product_id)
    return session.exec(wanted.order_by(col(Price.id)).limit(limit)).all()
