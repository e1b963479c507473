"""The CDNOW purchases: RFM of every customer as pandas reckons it."""

from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import insert, select
from sqlmodel import Session, col

from crm_core.authz import system
from crm_core.clock import standing_at
from crm_core.customers.models import Customer
from crm_core.figures import service as figures
from crm_core.figures.models import CustomerFigures
from crm_core.orders.models import Order, OrderState
from crm_core.segments import counts, days
from crm_core.segments import service as segments

ANYBODY = system("test")
THEN = datetime(1998, 7, 1, 4, tzinfo=UTC)  # noon in the shop, the day after the last purchase


def purchases() -> pd.DataFrame:
    """customer, day, fen: 69,659 purchases of 23,570 customers."""
    package = find_spec("lifetimes")
    assert package is not None
    assert package.origin is not None
    path = Path(package.origin).parent / "datasets" / "CDNOW_master.txt"
    table = pd.read_csv(
        path, sep=r"\s+", header=0, names=["customer", "day", "pieces", "yuan"], dtype=str
    )
    table["day"] = pd.to_datetime(table["day"], format="%Y%m%d")
    table["fen"] = table["yuan"].str.replace(".", "").astype(int)
    table["customer"] = table["customer"].astype(int)
    return table[["customer", "day", "fen"]]


@pytest.mark.every_database
def test_every_customer(session: Session) -> None:
    table = purchases()
    keep(session, table)
    with standing_at(THEN):
        figures.rebuild(session, 1, int(table["customer"].max()))
        by_pandas = rfm(table)
        assert len(by_pandas) == 23_570
        assert ours(session) == {whose: tuple(row) for whose, *row in by_pandas.itertuples()}
        loyal = by_pandas.query("recency < 15 and frequency_year >= 5 and monetary_year >= 50000")
        dormant = by_pandas.query("recency > 90 and frequency <= 2 and monetary < 30000")
        assert len(loyal) > 50
        assert list(segments.members(session, ANYBODY, "忠诚")) == sorted(loyal.index)
        assert list(segments.members(session, ANYBODY, "沉睡")) == sorted(dormant.index)


def keep(session: Session, table: pd.DataFrame) -> None:
    """One customer for each number, one order at noon for each purchase."""
    whose = [int(number) for number in table["customer"].unique()]
    session.execute(insert(Customer), [_customer(number) for number in whose])
    rows = [
        {
            "order_no": str(number), "customer_id": int(row.customer), "total_fen": int(row.fen),
            "refunded_fen": 0, "state": OrderState.DONE, "source": "cdnow",
            "paid_at": row.day.to_pydatetime().replace(tzinfo=UTC) + timedelta(hours=4),
        }
        for number, row in enumerate(table.itertuples())
    ]  # fmt: skip
    session.execute(insert(Order), rows)


def _customer(number: int) -> dict[str, Any]:
    return {"id": number, "tier": "普通会员"}


def rfm(table: pd.DataFrame) -> pd.DataFrame:
    """Recency in days; frequency and monetary value of all time, and of the last 365 days."""
    today = pd.Timestamp(THEN.date())
    recent = table[table["day"] >= today - pd.Timedelta(days=365)]
    every, year = table.groupby("customer"), recent.groupby("customer")
    made = pd.DataFrame({
        "recency": (today - every["day"].max()).dt.days,
        "frequency": every.size(),
        "monetary": every["fen"].sum(),
        "frequency_year": year.size(),
        "monetary_year": year["fen"].sum(),
    })  # fmt: skip
    return made.fillna(0).astype(int)


def ours(session: Session) -> dict[int, tuple[int, ...]]:
    year = counts.orders_within(365)
    wanted = select(
        col(CustomerFigures.customer_id), col(CustomerFigures.last_at), col(CustomerFigures.orders),
        col(CustomerFigures.spent_fen), year.c.orders, year.c.spent_fen,
    ).outerjoin(year, year.c.customer_id == col(CustomerFigures.customer_id))  # fmt: skip
    return {
        whose: ((days.begins(-1) - last_at).days, orders, int(fen), in_year or 0, int(of_year or 0))
        for whose, last_at, orders, fen, in_year, of_year in session.execute(wanted)
    }
