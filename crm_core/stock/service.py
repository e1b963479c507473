"""What lies where. A shop's cells exist once it has counted or received something there."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from crm_core.audit import service as audit
from crm_core.authz import Actor, Permission
from crm_core.clock import now
from crm_core.errors import CrmError
from crm_core.stock.models import StockCause, StockLevel, StockMove


class StockConflict(CrmError):
    """The ref moved this cell by another number before."""

    code = "stock_conflict"


@dataclass(frozen=True, order=True)
class Cell:
    """One article of one size and colour in one shop (none: the online warehouse)."""

    product_id: int
    store_id: int | None = None
    size: str = ""
    color: str = ""

    @property
    def word(self) -> str:
        return f"{self.product_id}/{self.store_id or 0}/{self.size}/{self.color}"


def sold(session: Session, pieces: Mapping[Cell, int], *, ref: str) -> None:
    """Take what an order sold off the levels, where they are kept. The caller has the right."""
    _move(session, {cell: -n for cell, n in pieces.items()}, StockCause.SALE, ref)


def came_back(session: Session, pieces: Mapping[Cell, int], *, ref: str) -> None:
    """Put what a return brought on the levels, where they are kept. The caller has the right."""
    _move(session, pieces, StockCause.RETURN, ref)


def receive(session: Session, actor: Actor, cell: Cell, delta: int, *, ref: str) -> StockLevel:
    """Book goods in (above zero) or out (below) under a delivery note.

    Safe to repeat: a repeated `ref` moves the cell once.

    Raises:
        Forbidden: the actor may not.
        StockConflict: the ref moved this cell by another number.
        ValueError: nothing is moved.
    """
    if delta == 0:
        raise ValueError(delta)
    level = _lock_or_add(session, actor, cell)
    if known := _moved(session, level, StockCause.RECEIPT, ref):
        if known.delta != delta:
            raise StockConflict(ref, ref=ref)
        return level
    return _book(session, actor, level, delta, StockCause.RECEIPT, ref)


def count(session: Session, actor: Actor, cell: Cell, quantity: int, *, ref: str) -> StockLevel:
    """Set a cell to what somebody counted. Safe to repeat: a repeated `ref` counts once.

    Raises:
        Forbidden: the actor may not.
        ValueError: `quantity` is below zero.
    """
    if quantity < 0:
        raise ValueError(quantity)
    level = _lock_or_add(session, actor, cell)
    if _moved(session, level, StockCause.COUNT, ref):
        return level
    return _book(session, actor, level, quantity - level.quantity, StockCause.COUNT, ref)


def levels(
    session: Session,
    actor: Actor,
    *,
    product_id: int | None = None,
    store_id: int | None = None,
    after: int = 0,
    limit: int = 50,
) -> Sequence[StockLevel]:
    """The levels of a product, of a shop or of all, from behind the level `after`.

    Raises:
        Forbidden: the actor may not.
    """
    actor.require(Permission.STOCK_READ)
    wanted = select(StockLevel).where(StockLevel.id > after)
    if product_id is not None:
        wanted = wanted.where(StockLevel.product_id == product_id)
    if store_id is not None:
        wanted = wanted.where(StockLevel.store_id == store_id)
    return session.exec(wanted.order_by(col(StockLevel.id)).limit(limit)).all()


def _move(session: Session, pieces: Mapping[Cell, int], cause: StockCause, ref: str) -> None:
    if not pieces:
        return
    for level, delta in _locked(session, pieces):
        level.quantity += delta
        level.changed_at = now()
        session.add(StockMove(level_id=level.id, delta=delta, cause=cause, ref=ref))
    session.flush()


def _locked(session: Session, pieces: Mapping[Cell, int]) -> Iterable[tuple[StockLevel, int]]:
    """The levels that are kept, locked in one order, so that no two sales wait for each other."""
    by_word = {cell.word: delta for cell, delta in pieces.items()}
    wanted = select(StockLevel).where(col(StockLevel.cell).in_(by_word)).order_by(StockLevel.cell)
    wanted = wanted.with_for_update().execution_options(populate_existing=True)
    return [(level, by_word[level.cell]) for level in session.exec(wanted).all()]


def _lock_or_add(session: Session, actor: Actor, cell: Cell) -> StockLevel:
    actor.require(Permission.STOCK_WRITE)
    wanted = select(StockLevel).where(StockLevel.cell == cell.word).with_for_update()
    wanted = wanted.execution_options(populate_existing=True)
    if found := session.exec(wanted).one_or_none():
        return found
    try:
        with session.begin_nested():
            level = StockLevel(
                cell=cell.word,
                product_id=cell.product_id,
                store_id=cell.store_id,
                size=cell.size,
                color=cell.color,
            )
            session.add(level)
            session.flush()
    except IntegrityError:  # somebody else was first
        return session.exec(wanted).one()
    return level


def _moved(session: Session, level: StockLevel, cause: StockCause, ref: str) -> StockMove | None:
    same = StockMove.level_id == level.id, StockMove.cause == cause, StockMove.ref == ref
    return session.exec(select(StockMove).where(*same)).one_or_none()


def _book(
    session: Session, actor: Actor, level: StockLevel, delta: int, cause: StockCause, ref: str
) -> StockLevel:
    level.quantity += delta
    level.changed_at = now()
    session.add(StockMove(level_id=level.id, delta=delta, cause=cause, ref=ref))
    session.add(level)
    session.flush()
    audit.record(session, actor, f"stock:{cause.value}", f"stock_level:{level.id}", delta=delta)
    return level
