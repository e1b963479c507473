"""Orders, a row for every line; the rows of one order stand together."""

from collections.abc import Sequence

from sqlmodel import Session

from app.imports.cells import BadCell, fen, moment, phone, text, whole, yes_or_no
from app.imports.kind import Column, Kind, Values
from app.imports.kinds import shown
from crm_core.authz import Actor
from crm_core.customers import takeover
from crm_core.customers.service import CustomerNotFound
from crm_core.customers.takeover import Record
from crm_core.orders import finding
from crm_core.orders.service import NewLine, NewOrder
from crm_core.sales import service as sales
from crm_core.saving import Change

_OF_THE_ORDER = ("paid_at", "card_no", "phone", "store", "staff", "total", "earns")


def _save_order(session: Session, actor: Actor, rows: Sequence[Values]) -> Change:
    first = rows[0]
    if any(row[name] not in {first[name], None} for row in rows for name in _OF_THE_ORDER):
        raise BadCell("同一订单各行的时间、顾客、门店、导购、实付要一样")
    known_by = Record(card_no=first["card_no"], phone=first["phone"])
    if not (known_by.card_no or known_by.phone):
        raise BadCell("「会员卡号」和「手机号」至少要有一个")
    if (customer := takeover.find(session, known_by)) is None:
        raise CustomerNotFound("customer")
    served = shown.member(session, first["staff"])
    new = NewOrder(
        customer.id,
        first["paid_at"],
        tuple(_line(row) for row in rows),
        total_fen=sum(map(amount_fen, rows)) if first["total"] is None else first["total"],
        store_id=shown.store_id(session, first["store"]),
        staff_id=served.id if served else None,
        source=takeover.SOURCE,
        earns=first["earns"],
    )
    number = first["order_no"]
    known = finding.of_customer(session, actor, customer.id, order_no=number)
    sales.record_sale(session, actor, new, ref=number)
    return Change.SAME if known else Change.ADDED


def piece_fen(row: Values) -> int:
    """What one piece cost, to the nearest fen where only the sum of several is said.

    Raises:
        BadCell: neither is said.
    """
    if row["price"] is not None:
        return int(row["price"])
    if row["amount"] is None:
        raise BadCell("「单价」和「金额」至少要有一个")
    return int((2 * row["amount"] + row["quantity"]) // (2 * row["quantity"]))


def amount_fen(row: Values) -> int:
    """What all pieces of a row cost."""
    if row["amount"] is not None:
        return int(row["amount"])
    return piece_fen(row) * int(row["quantity"])


def _line(row: Values) -> NewLine:
    return NewLine(
        row["product"], piece_fen(row), row["quantity"], row["size"], row["color"], row["category"]
    )


ORDER = Kind(
    "order",
    "订单",
    (
        Column("order_no", "订单号", text(64), needed=True),
        Column("paid_at", "付款时间", moment, needed=True),
        Column("card_no", "会员卡号", text(64)),
        Column("phone", "手机号", phone),
        Column("store", "门店", text(64)),
        Column("staff", "导购", text(64)),
        Column("product", "商品", text(128), needed=True),
        Column("category", "品类", text(32), empty=""),
        Column("size", "尺码", text(32), empty=""),
        Column("color", "颜色", text(32), empty=""),
        Column("quantity", "数量", whole(1, 100_000), empty=1),
        Column("price", "单价", fen),
        Column("amount", "金额", fen),
        Column("total", "实付", fen),
        Column("earns", "计积分", yes_or_no, empty=True),
    ),
    key=("order_no",),
    save=_save_order,
    several_rows=True,
)
