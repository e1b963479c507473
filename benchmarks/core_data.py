"""A chain's customers and what they bought, generated once into a database of its own.

The same seed makes the same people and receipts. Orders are spread over two years, more of them
recent, and fall on few customers more than on many, as in any shop.
"""

import random
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count, islice
from typing import Any

from rich.progress import track
from sqlalchemy import Engine, Table, inspect, text
from sqlmodel import SQLModel

from crm_core import crypto, migrate, models  # noqa: F401 - models fill the metadata
from crm_core.customers.models import IdentityKind
from crm_core.figures.jobs import rebuild_all
from crm_core.orders.models import OrderState
from crm_core.points.models import Cause

LINES_AN_ORDER = (1, 1, 2, 2, 3, 6)  # 2.5 on average
DAYS = 730
DISCOUNTED_SHARE = 0.3  # of the lines: paid below the list price
OPENING_POINTS = 1_000_000  # enough for every spend of the benchmark
_SEED = 20261122
_AT_ONCE = 50_000
_PRODUCTS = tuple(
    (f"{style}{category}", category, style, price_fen)
    for category, price_fen in (
        ("风衣", 89900), ("大衣", 159900), ("连衣裙", 49900), ("牛仔裤", 29900), ("衬衫", 19900),
        ("针织衫", 25900), ("半身裙", 23900), ("羽绒服", 129900),
    )
    for style in ("通勤", "法式", "休闲", "甜美", "极简", "复古")
)  # fmt: skip
_SIZES = ("S", "M", "L", "XL")
_SURNAMES, _GIVEN = "王李张刘陈杨赵黄周吴徐孙", "晓梅静丽娜敏芳燕玲洁雪颖"

Row = tuple[Any, ...]


def phone(customer_id: int) -> str:
    """The phone of the customer with this id."""
    return f"+86138{customer_id:08d}"


def fill(engine: Engine, customers: int, lines: int, at: datetime) -> None:
    """Migrate and fill an empty database; one that is filled already is left as it is."""
    if not inspect(engine).has_table("alembic_version"):
        migrate.upgrade(engine)
    with engine.connect() as connection:
        if connection.execute(text("SELECT count(*) FROM points_entry")).scalar_one() == customers:
            return
    orders = int(lines / (sum(LINES_AN_ORDER) / len(LINES_AN_ORDER)))
    _load(engine, "customer", _customers(customers, at), customers)
    _load(engine, "identity", _identities(customers, at), customers)
    receipts, goods = _orders(orders, customers, at), _lines(orders)
    _load(engine, "sales_order", receipts, orders)
    _load(engine, "order_line", goods, lines)
    rebuild_all()
    _load(engine, "points_entry", _lots(customers, at), customers)
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))


def _customers(number: int, at: datetime) -> Iterator[dict[str, Any]]:
    chosen = random.Random(_SEED)
    for customer_id in range(1, number + 1):
        name = chosen.choice(_SURNAMES) + chosen.choice(_GIVEN) + chosen.choice(_GIVEN)
        yield {
            "id": customer_id,
            "name": name,
            "phone": phone(customer_id),
            "tier": "普通会员",
            "member_since": at - timedelta(days=chosen.randrange(DAYS)),
            "created_at": at - timedelta(days=DAYS),
        }


def _identities(number: int, at: datetime) -> Iterator[dict[str, Any]]:
    for customer_id in range(1, number + 1):
        yield {
            "customer_id": customer_id,
            "kind": IdentityKind.PHONE,
            "account": "",
            "digest": crypto.digest(IdentityKind.PHONE.value, phone(customer_id)),
            "value": phone(customer_id),
            "verified": True,
            "following": True,
            "source": "import",
            "created_at": at,
        }


def _orders(number: int, customers: int, at: datetime) -> Iterator[dict[str, Any]]:
    chosen = random.Random(_SEED + 1)
    totals = _totals(number)
    for order_id in range(1, number + 1):
        paid_at = at - timedelta(seconds=int(DAYS * 86_400 * chosen.random() ** 1.5))
        yield {
            "id": order_id,
            "order_no": f"B{order_id}",
            "customer_id": 1 + int(customers * chosen.random() ** 2),
            "state": OrderState.PAID,
            "total_fen": next(totals),
            "refunded_fen": 0,
            "paid_at": paid_at,
            "source": "import",
            "created_at": paid_at,
        }


def _totals(orders: int) -> Iterator[int]:
    """What each order comes to; the same walk as `_lines` makes."""
    total, current = 0, 1
    for line in _lines(orders):
        if line["order_id"] != current:
            yield total
            total, current = 0, line["order_id"]
        total += line["price_fen"] * line["quantity"]
    yield total


def _lines(orders: int) -> Iterator[dict[str, Any]]:
    chosen = random.Random(_SEED + 2)
    for order_id in range(1, orders + 1):
        for _ in range(LINES_AN_ORDER[order_id % len(LINES_AN_ORDER)]):
            name, category, style, price_fen = chosen.choice(_PRODUCTS)
            discounted = chosen.random() < DISCOUNTED_SHARE
            yield {
                "order_id": order_id,
                "product_name": name,
                "category": category,
                "size": chosen.choice(_SIZES),
                "color": "",
                "quantity": 1,
                "price_fen": price_fen * 8 // 10 if discounted else price_fen,
                "list_price_fen": price_fen,
                "style": style,
                "returned": 0,
            }


def _lots(number: int, at: datetime) -> Iterator[dict[str, Any]]:
    for customer_id in range(1, number + 1):
        yield {
            "customer_id": customer_id,
            "delta": OPENING_POINTS,
            "cause": Cause.OPENING,
            "note": "",
            "detail": {},
            "ref": "opening",
            "created_at": at,
            "available_at": at,
        }


def _load(engine: Engine, name: str, rows: Iterable[dict[str, Any]], number: int) -> None:
    """All rows into one table, with progress; each chunk is a transaction."""
    table = SQLModel.metadata.tables[name]
    shown = track(rows, description=f"{engine.dialect.name}: {name}", total=number)
    every = iter(shown)
    while chunk := list(islice(every, _AT_ONCE)):
        if engine.dialect.name == "postgresql":
            _copy(engine, table, chunk)
        else:
            with engine.connect().execution_options(writes=True) as connection:
                connection.execute(table.insert(), chunk)
                connection.commit()
    if engine.dialect.name == "postgresql" and "id" in table.c:
        _advance(engine, name)


def _copy(engine: Engine, table: Table, chunk: Sequence[dict[str, Any]]) -> None:
    """PostgreSQL's COPY, with each value as SQLAlchemy would bind it."""
    names = list(chunk[0])
    binds = [table.c[name].type.dialect_impl(engine.dialect) for name in names]
    processors = [bind.bind_processor(engine.dialect) for bind in binds]
    connection = engine.raw_connection()
    try:
        with connection.cursor() as cursor:  # type: ignore[attr-defined]
            columns = ", ".join(f'"{name}"' for name in names)
            with cursor.copy(f'COPY "{table.name}" ({columns}) FROM STDIN') as copied:
                for row in chunk:
                    values = zip(processors, row.values(), strict=True)
                    copied.write_row([bind(value) if bind else value for bind, value in values])
        connection.commit()
    finally:
        connection.close()


def _advance(engine: Engine, name: str) -> None:
    """Let the sequence go on after ids that were given by hand."""
    with engine.connect() as connection:
        last = connection.execute(text(f'SELECT max(id) FROM "{name}"')).scalar_one()
        sequence = text("SELECT setval(pg_get_serial_sequence(:name, 'id'), :last)")
        connection.execute(sequence, {"name": name, "last": last})
        connection.commit()


def numbered(prefix: str) -> Iterator[str]:
    """References that no run has used before."""
    since = int(datetime.now(UTC).timestamp() * 1000)
    return (f"{prefix}{since}-{number}" for number in count())
