"""Putting read lines where SQL can work on them."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import astuple, dataclass, fields
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from crm_core import crypto
from crm_core.catalog.models import Product
from crm_core.customers import service as customers
from crm_core.customers.models import Identity, IdentityKind
from crm_core.imports.models import StagedLine

_AT_ONCE = 500  # values in one IN (…)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an order, with ids where the file has names."""

    line: int
    order_no: str
    customer_id: int
    store_id: int | None
    staff_id: int | None
    paid_at: datetime
    total_fen: int | None
    earns: int
    product_id: int | None
    product_name: str
    category: str
    size: str
    color: str
    quantity: int
    price_fen: int
    amount_fen: int
    list_price_fen: int | None
    style: str


_COLUMNS = tuple(field.name for field in fields(Line))


def add(session: Session, run_id: int, lines: Sequence[Line]) -> None:
    """Stage some lines of a run; PostgreSQL takes them by COPY, several times as fast."""
    if not lines:
        return
    connection = session.connection()
    if connection.dialect.name != "postgresql":
        rows = [
            {"run_id": run_id, **dict(zip(_COLUMNS, astuple(line), strict=True))} for line in lines
        ]
        connection.execute(StagedLine.__table__.insert(), rows)  # type: ignore[attr-defined]
        return
    raw: Any = connection.connection.driver_connection
    named = f"COPY import_line (run_id, {', '.join(_COLUMNS)}) FROM STDIN"
    with raw.cursor() as cursor, cursor.copy(named) as copy:
        for line in lines:
            copy.write_row((run_id, *(getattr(line, name) for name in _COLUMNS)))


def owners(session: Session, kind: IdentityKind, values: Collection[str]) -> dict[str, int]:
    """Whose these cards or phones are; who only typed a number in chat is not its owner."""
    by_digest = {d: value for value in values for d in crypto.digests(kind.value, value)}
    found: dict[str, int] = {}
    for some in _portions(by_digest):
        wanted = select(
            Identity.digest, Identity.customer_id, Identity.source, Identity.verified
        ).where(Identity.kind == kind, Identity.account == "", col(Identity.digest).in_(some))
        for digest, customer_id, source, verified in session.exec(wanted):
            if source != customers.TYPED or verified:
                found[by_digest[digest]] = customer_id
    return found


@dataclass(frozen=True, slots=True)
class Goods:
    """What the catalogue says of a product."""

    id: int
    name: str
    category: str
    price_fen: int
    style: str


def goods(session: Session, said: Collection[str]) -> dict[str, Goods]:
    """The products with these article numbers, else the newest with these names."""
    found: dict[str, Goods] = {}
    numbered: dict[str, Goods] = {}
    for some in _portions(said):
        meant = col(Product.article_no).in_(some) | col(Product.name).in_(some)
        wanted = select(
            Product.id,
            Product.article_no,
            Product.name,
            Product.category,
            Product.price_fen,
            Product.styles,
        ).where(meant)  # type: ignore[call-overload]  # the overloads end at four columns
        for key, article_no, name, category, price_fen, styles in session.exec(
            wanted.order_by(col(Product.id))
        ):
            known = Goods(key, name, category, price_fen, styles[0] if styles else "")
            found[name] = numbered[article_no] = known
    return {name: known for name, known in (found | numbered).items() if name in said}


def _portions(values: Iterable[str]) -> Iterable[list[str]]:
    every = list(values)
    return (every[start : start + _AT_ONCE] for start in range(0, len(every), _AT_ONCE))
