"""Finding returns and exchanges."""

from collections.abc import Collection, Sequence

from sqlmodel import Session, col, select

from crm_core.authz import Actor, Permission
from crm_core.errors import CrmError, Kind
from crm_core.orders.models import Exchange, Return


class ReturnNotFound(CrmError):
    code = "return_not_found"
    kind = Kind.NOT_FOUND


class ExchangeNotFound(CrmError):
    code = "exchange_not_found"
    kind = Kind.NOT_FOUND


def returns(session: Session, actor: Actor, *, after: int = 0, limit: int = 50) -> Sequence[Return]:
    """All returns, from behind the return `after`.

    Raises:
        Forbidden: the actor may not.
    """
    actor.require(Permission.ORDER_READ)
    wanted = select(Return).where(Return.id > after).order_by(col(Return.id))
    return session.exec(wanted.limit(limit)).all()


def one_return(session: Session, actor: Actor, return_no: str) -> Return:
    """The return with this number.

    Raises:
        Forbidden: the actor may not.
        ReturnNotFound: there is none.
    """
    actor.require(Permission.ORDER_READ)
    wanted = select(Return).where(Return.return_no == return_no)
    if (row := session.exec(wanted).one_or_none()) is None:
        raise ReturnNotFound(return_no, number=return_no)
    return row


def returns_by_ids(session: Session, ids: Collection[int]) -> dict[int, Return]:
    """Some returns, by id. The caller has the right to know."""
    wanted = select(Return).where(col(Return.id).in_(set(ids)))
    return {row.id: row for row in session.exec(wanted)}


def exchanges(
    session: Session, actor: Actor, *, after: int = 0, limit: int = 50
) -> Sequence[Exchange]:
    """All exchanges, from behind the exchange `after`.

    Raises:
        Forbidden: the actor may not.
    """
    actor.require(Permission.ORDER_READ)
    wanted = select(Exchange).where(Exchange.id > after).order_by(col(Exchange.id))
    return session.exec(wanted.limit(limit)).all()


def one_exchange(session: Session, actor: Actor, exchange_no: str) -> Exchange:
    """The exchange with this number.

    Raises:
        Forbidden: the actor may not.
        ExchangeNotFound: there is none.
    """
    actor.require(Permission.ORDER_READ)
    wanted = select(Exchange).where(Exchange.exchange_no == exchange_no)
    if (row := session.exec(wanted).one_or_none()) is None:
        raise ExchangeNotFound(exchange_no, number=exchange_no)
    return row
