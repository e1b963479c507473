"""A year of a real grocer's records, through the public import, from where they are kept."""

import csv
import gzip
from collections import defaultdict
from pathlib import Path

import pytest
from sqlmodel import Session, col, func, select

import app.cli.imports
from crm_core.campaigns.models import Campaign, Push
from crm_core.catalog.models import Product
from crm_core.coupons.models import Coupon, CouponKind, CouponState, CouponStep
from crm_core.customers.models import Customer
from crm_core.figures.models import CustomerFigures
from crm_core.orders.models import Order, OrderLine
from tests.app.commands import a_file, dianyu

DATA = Path(__file__).parents[4] / "shared" / "data" / "complete_journey"
MAPPINGS = Path(__file__).with_name("complete_journey")
KINDS = ("product", "order", "coupon-kind", "coupon", "campaign", "campaign-customer")

assert app.cli.imports


def records(name: str) -> list[dict[str, str]]:
    with gzip.open(DATA / f"{name}.csv.gz", "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def imported(kind: str, name: str) -> str:
    file = str(DATA / f"{name}.csv.gz")
    return dianyu(kind, "import", file, "--source", "complete_journey").output


@pytest.mark.usefixtures("engine")
def test_a_year_of_a_grocer_comes_in_whole(session: Session, tmp_path: Path) -> None:
    sold = records("transactions_sample")
    kept = [row for row in sold if row["quantity"] != "0.0"]
    reached, used = records("campaigns"), records("coupon_redemptions")
    stores = sorted({row["store_id"] for row in sold})
    dianyu("store", "import", a_file(tmp_path, "code,name", *(f"{n},{n}" for n in stores)))
    people = sorted({f"HH{row['household_id']}" for row in (*sold, *reached, *used)})
    dianyu("customer", "import", a_file(tmp_path, "card_no", *people))
    for kind in KINDS:
        dianyu("import", "mapping", str(MAPPINGS / f"{kind}.yml"))

    assert "失败 0" in imported("product", "products")
    orders = str(DATA / "transactions_sample.csv.gz")
    errors = ("--errors", str(tmp_path / "errors.csv"))
    told = dianyu("import", "run", orders, "--source", "complete_journey", *errors).output
    assert "失败 0" in told
    assert "失败 0" in imported("coupon-kind", "coupons")
    assert "失败 0" in imported("coupon", "coupon_redemptions")
    assert "失败 0" in imported("campaign", "campaign_descriptions")
    assert "失败 0" in imported("campaign-customer", "campaigns")

    assert count(session, Product) == len(records("products"))
    assert count(session, Order) == len({row["basket_id"] for row in kept})
    assert count(session, OrderLine) == len(kept)
    assert count(session, CouponKind) == len({row["coupon_upc"] for row in records("coupons")})
    assert count(session, Campaign) == len(records("campaign_descriptions"))
    assert count(session, Push) == len(reached)
    assert count(session, Coupon) == len(used)
    redeemed = select(func.count()).where(CouponStep.state == CouponState.REDEEMED)
    assert session.exec(redeemed).one() == len(used)

    spent: dict[str, int] = defaultdict(int)
    for row in kept:
        spent[f"HH{row['household_id']}"] += cents(row["sales_value"])
    total = select(func.sum(CustomerFigures.spent_fen), func.count())
    assert tuple(session.exec(total).one()) == (sum(spent.values()), len(spent))
    assert sorted(spent.values()) == sorted(session.exec(select(CustomerFigures.spent_fen)))
    without = select(Order.id).join(Customer, col(Customer.id) == Order.customer_id)
    assert len(session.exec(without).all()) == count(session, Order)

    again = dianyu("import", "run", orders, "--source", "complete_journey", *errors).output
    assert "新增 0" in again


def cents(dollars: str) -> int:
    return round(float(dollars) * 100)


def count(session: Session, table: type) -> int:
    return session.exec(select(func.count()).select_from(table)).one()
