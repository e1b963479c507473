import csv
from pathlib import Path

import openpyxl
import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select

from app.imports import whole
from app.imports.mapping import Mapping, read
from app.imports.whole import Task
from crm_core.authz import system
from crm_core.customers.models import Customer
from crm_core.figures.models import CustomerFigures
from crm_core.imports import undoing
from crm_core.imports.models import ImportRun, RunState, StagedLine
from crm_core.orders.models import Order, OrderLine
from crm_core.points import service as points
from crm_core.timeline.models import EventKind, TimelineEvent
from tests.app.commands import a_file, dianyu

ACTOR = system("test")
HEADER = "订单号,付款时间,会员卡号,门店,商品,数量,单价,实付"
ROWS = (
    "DD1,2026-03-01 14:30,V1,万达店,A1,1,1599,1798",
    "DD2,2026-03-02 14:30,V2,,丝巾,1,99.5,",
    "DD1,2026-03-01 14:30,V1,万达店,丝巾,2,99.5,",
)


@pytest.fixture(autouse=True)
def _shop(engine: Engine, tmp_path: Path) -> None:
    dianyu("store", "add", "S1", "--name", "万达店")
    dianyu("product", "add", "A1", "--name", "羊毛大衣", "--category", "大衣", "--price", "1699")
    dianyu("customer", "import", a_file(tmp_path, "会员卡号", "V1", "V2"))


def importing(
    path: Path | str, *, dry_run: bool = False, mapping: Mapping | None = None
) -> ImportRun:
    path = Path(path)
    task = Task(path, path.with_name("bad.csv"), mapping or Mapping(), dry_run=dry_run)
    return whole.run(ACTOR, task)


def counts(run: ImportRun) -> tuple[int, int, int]:
    return run.added, run.same, run.failed


@pytest.mark.every_database
def test_rows_of_an_order_may_stand_anywhere_and_all_follows(
    session: Session, tmp_path: Path
) -> None:
    run = importing(a_file(tmp_path, HEADER, *ROWS))
    assert counts(run) == (2, 0, 0)
    order = session.exec(select(Order).where(Order.order_no == "DD1")).one()
    assert (order.total_fen, order.source) == (179800, "import")
    lines = session.exec(select(OrderLine).where(OrderLine.order_id == order.id)).all()
    assert [(x.product_name, x.category, x.quantity, x.list_price_fen) for x in lines] == [
        ("羊毛大衣", "大衣", 1, 169900), ("丝巾", "", 2, None),
    ]  # fmt: skip
    assert points.standing(session, ACTOR, order.customer_id).held == 0  # the window has ended
    assert points.balance(session, order.customer_id) == 1798
    figures = session.exec(
        select(CustomerFigures).where(CustomerFigures.customer_id == order.customer_id)
    ).one()
    assert (figures.orders, figures.spent_fen, figures.category_1) == (1, 179800, "大衣")
    events = session.exec(
        select(TimelineEvent.ref).where(TimelineEvent.kind == EventKind.PURCHASE)
    ).all()
    assert sorted(events) == ["order:DD1", "order:DD2"]
    assert session.exec(select(StagedLine)).all() == []


@pytest.mark.every_database
def test_a_repeat_adds_nothing_and_another_order_of_the_number_is_refused(
    session: Session, tmp_path: Path
) -> None:
    importing(a_file(tmp_path, HEADER, *ROWS))
    assert counts(importing(a_file(tmp_path, HEADER, *ROWS))) == (0, 2, 0)
    other = ROWS[1].replace("99.5", "88")
    assert counts(importing(a_file(tmp_path, HEADER, other))) == (0, 0, 1)
    (row,) = errors(tmp_path)
    assert (row["行号"], row["原因"], row["单价"]) == ("2", "订单号已经存在，内容不同", "88")
    assert len(session.exec(select(Order)).all()) == 2


def test_what_fails_is_named_line_by_line_and_keeps_its_order_out(
    session: Session, tmp_path: Path
) -> None:
    bad = (
        ROWS[0], ROWS[2].replace("99.5", "送的"), "DD3,2026-03-02,V9,,丝巾,1,1,",
        "DD4,2026-03-02,V1,,丝巾,1,1,", "DD4,2026-03-03,V1,,丝巾,1,1,", ROWS[1],
    )  # fmt: skip
    assert counts(importing(a_file(tmp_path, HEADER, *bad))) == (1, 0, 3)
    assert [(row["行号"], row["原因"][:8]) for row in errors(tmp_path)] == [
        ("2", "同一订单的另一行"), ("3", "「单价」金额要写"), ("4", "没有这位顾客"),
        ("5", "同一订单各行的时"), ("6", "同一订单各行的时"),
    ]  # fmt: skip
    assert session.exec(select(Order.order_no)).all() == ["DD2"]


def test_a_dry_run_counts_and_keeps_nothing(session: Session, tmp_path: Path) -> None:
    run = importing(a_file(tmp_path, HEADER, *ROWS), dry_run=True)
    assert counts(run) == (2, 0, 0)
    assert run.dry_run
    assert session.exec(select(Order)).all() == []


@pytest.mark.every_database
def test_a_whole_import_is_undone_and_can_be_corrected(session: Session, tmp_path: Path) -> None:
    file = a_file(tmp_path, HEADER, *ROWS)
    run = importing(file)
    undone = undoing.undo(ACTOR, run.id)
    assert (undone.undone, undone.kept, undone.state) == (2, 0, RunState.UNDONE)
    for table in (Order, OrderLine, CustomerFigures):
        assert session.exec(select(table)).all() == []
    ids = session.exec(select(Customer.id)).all()
    assert [points.balance(session, customer_id) for customer_id in ids] == [0, 0]
    session.rollback()
    assert counts(importing(file)) == (2, 0, 0)
    assert sorted(points.balance(session, customer_id) for customer_id in ids) == [99, 1798]


def test_an_order_that_went_on_since_is_kept(session: Session, tmp_path: Path) -> None:
    run = importing(a_file(tmp_path, HEADER, *ROWS))
    session.exec(select(Order).where(Order.order_no == "DD1")).one().refunded_fen = 100
    session.commit()
    undone = undoing.undo(ACTOR, run.id)
    assert (undone.undone, undone.kept) == (1, 1)
    assert session.exec(select(Order.order_no)).all() == ["DD1"]


def test_excel_is_read_as_well(session: Session, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for row in (HEADER, *ROWS):
        sheet.append([float(x) if x.isdigit() else x for x in row.split(",")])
    book.save(tmp_path / "orders.xlsx")
    assert counts(importing(tmp_path / "orders.xlsx")) == (2, 0, 0)
    assert session.exec(select(Order.total_fen).order_by(Order.order_no)).all() == [179800, 9950]


def test_a_sources_own_names_are_mapped(session: Session, tmp_path: Path) -> None:
    mapping = read(
        {
            "source": "till-a",
            "kind": "order",
            "columns": {
                "order_no": {"column": "receipt", "prefix": "T-"},
                "paid_at": {"column": "sold_at", "timezone": "UTC"},
                "card_no": "user_id",
                "product": "sku",
                "quantity": "pieces",
                "amount": "paid",
                "earns": {"value": "否"},
            },
            "skip": [{"column": "pieces", "values": ["0"]}],
        }
    )
    rows = ("1,2026-03-01 23:30:00,V1,茶,3.0,10", "1,2026-03-01 23:30:00,V1,袋,0,0")
    file = a_file(tmp_path, "receipt,sold_at,user_id,sku,pieces,paid", *rows)
    assert counts(importing(file, mapping=mapping)) == (1, 0, 0)
    order = session.exec(select(Order)).one()
    assert (order.order_no, order.source, order.total_fen) == ("T-1", "till-a", 1000)
    assert order.paid_at.isoformat() == "2026-03-01T23:30:00+00:00"
    assert session.exec(select(OrderLine.price_fen)).all() == [333]
    assert points.balance(session, order.customer_id) == 0


def errors(tmp_path: Path) -> list[dict[str, str]]:
    with (tmp_path / "bad.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))
