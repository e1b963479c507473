"""The figures of many customers in one statement, from the ledger of orders."""

from typing import Any

from sqlalchemy import CTE, ColumnElement, Insert, Select, and_, case, func, insert, literal, select
from sqlmodel import col

from crm_core.figures import bands, moments
from crm_core.figures.models import CustomerFigures
from crm_core.orders.models import Order, OrderLine, OrderState


def filled(first_id: int, last_id: int) -> Insert:
    """The rows of all customers within these ids who ever bought."""
    orders = _orders(first_id, last_id)
    goods = _goods(first_id, last_id)
    parts = {name: _favourites(name, by) for name, by in _counted(orders, goods).items()}
    sums, pieces = _order_sums(orders), _piece_sums(goods)
    figures = _figures(sums, pieces, parts)
    joined = sums.outerjoin(pieces, pieces.c.customer_id == sums.c.customer_id)
    for part in parts.values():
        joined = joined.outerjoin(part, part.c.customer_id == sums.c.customer_id)
    chosen = select(*(value.label(name) for name, value in figures.items())).select_from(joined)
    return insert(CustomerFigures).from_select(list(figures), chosen)


def _figures(sums: CTE, pieces: CTE, parts: dict[str, CTE]) -> dict[str, ColumnElement[Any]]:
    """The columns of the table and what fills them."""
    kept, bought = _or_none(sums.c.orders), _or_none(pieces.c.bought)
    first, last = (moments.day(moments.local_seconds(sums.c[at])) for at in ("first_at", "last_at"))
    apart = moments.whole(last - first, func.nullif(sums.c.orders - 1, 0))
    share = 100
    return {
        "customer_id": sums.c.customer_id,
        "first_at": sums.c.first_at,
        "last_at": sums.c.last_at,
        "orders": sums.c.orders,
        "spent_fen": sums.c.spent_fen,
        "average_fen": _or_zero(moments.whole(sums.c.spent_fen, kept)),
        "interval_days": case((sums.c.orders > 1, apart), else_=None),
        "pieces": _or_zero(pieces.c.pieces),
        "most_pieces": _or_zero(pieces.c.most_pieces),
        "categories": _or_zero(parts["category"].c.different),
        "return_percent": _or_zero(moments.whole(pieces.c.returned * share, bought)),
        "discount_percent": _or_zero(
            moments.whole(pieces.c.discounted * share, _or_none(pieces.c.pieces))
        ),
        "night_percent": _or_zero(moments.whole(sums.c.at_night * share, kept)),
        **{
            f"{name}_{place}": parts[name].c[f"place_{place}"]
            for name in ("category", "style", "size")
            for place in range(1, bands.FAVOURITES + 1)
        },
        **{name: parts[name].c.place_1 for name in ("price_band", "season", "part_of_day")},
        "channel": parts["channel"].c.place_1,
    }


def _orders(first_id: int, last_id: int) -> CTE:
    """Every order, with what is left of it."""
    kept = col(Order.state) != OrderState.RETURNED
    return (
        select(
            col(Order.customer_id),
            col(Order.id).label("latest"),
            col(Order.paid_at),
            case((kept, 1), else_=0).label("kept"),
            (col(Order.total_fen) - col(Order.refunded_fen)).label("left_fen"),
            moments.local_seconds(col(Order.paid_at)).label("local"),
            case((col(Order.store_id).is_(None), bands.ONLINE), else_=bands.IN_SHOP).label("sold"),
        )
        .where(col(Order.customer_id).between(first_id, last_id))
        .cte("orders")
    )


def _goods(first_id: int, last_id: int) -> CTE:
    """Every line, with the pieces that are left of it."""
    gone = col(Order.state) == OrderState.RETURNED
    left = case((gone, 0), else_=col(OrderLine.quantity) - col(OrderLine.returned))
    cheaper = col(OrderLine.price_fen) < col(OrderLine.list_price_fen)
    return (
        select(
            col(Order.customer_id),
            col(Order.id).label("order_id"),
            col(OrderLine.id).label("latest"),
            col(OrderLine.category),
            col(OrderLine.style),
            col(OrderLine.size),
            col(OrderLine.price_fen),
            col(OrderLine.quantity),
            left.label("pieces"),
            case((cheaper, left), else_=0).label("discounted"),
        )
        .join(OrderLine, col(OrderLine.order_id) == col(Order.id))
        .where(col(Order.customer_id).between(first_id, last_id))
        .cte("goods")
    )


def _order_sums(orders: CTE) -> CTE:
    kept, hour = orders.c.kept == 1, moments.hour(orders.c.local)
    at_night = and_(kept, (hour >= bands.NIGHT_FROM) | (hour < bands.NIGHT_UNTIL))
    return (
        select(
            orders.c.customer_id,
            func.sum(orders.c.kept).label("orders"),
            func.sum(case((kept, orders.c.left_fen), else_=0)).label("spent_fen"),
            func.min(case((kept, orders.c.paid_at))).label("first_at"),
            func.max(case((kept, orders.c.paid_at))).label("last_at"),
            func.sum(case((at_night, 1), else_=0)).label("at_night"),
        )
        .group_by(orders.c.customer_id)
        .cte("order_sums")
    )


def _piece_sums(goods: CTE) -> CTE:
    counted = ("quantity", "pieces", "discounted")
    by_order = (
        select(goods.c.customer_id, *(func.sum(goods.c[name]).label(name) for name in counted))
        .group_by(goods.c.customer_id, goods.c.order_id)
        .subquery("by_order")
    )
    bought, pieces = func.sum(by_order.c.quantity), func.sum(by_order.c.pieces)
    return (
        select(
            by_order.c.customer_id,
            bought.label("bought"),
            pieces.label("pieces"),
            (bought - pieces).label("returned"),
            func.sum(by_order.c.discounted).label("discounted"),
            func.max(by_order.c.pieces).label("most_pieces"),
        )
        .group_by(by_order.c.customer_id)
        .cte("piece_sums")
    )


def _counted(orders: CTE, goods: CTE) -> dict[str, Select[Any]]:
    """How many of what each customer bought: customer_id, value, number, latest."""
    kept, month = orders.c.kept == 1, moments.month(orders.c.local)
    season = case(*((month == number, name) for number, name in bands.SEASONS.items()))
    hour = moments.hour(orders.c.local)
    part = case(*((hour >= since, name) for since, name in bands.PARTS_OF_DAY))
    band = case(*((goods.c.price_fen >= since, name) for since, name in bands.PRICES))
    some = goods.c.pieces > 0
    named = {
        name: _counts(goods, goods.c[name], goods.c.pieces, some & (goods.c[name] != ""))
        for name in ("category", "style", "size")
    }
    return named | {
        "price_band": _counts(goods, band, goods.c.pieces, some),
        "season": _counts(orders, season, orders.c.kept, kept),
        "part_of_day": _counts(orders, part, orders.c.kept, kept),
        "channel": _counts(orders, orders.c.sold, orders.c.kept, kept),
    }


def _counts(
    of: CTE, value: ColumnElement[Any], number: ColumnElement[int], which: ColumnElement[bool]
) -> Select[Any]:
    valued = (
        select(of.c.customer_id, value.label("value"), number.label("number"), of.c.latest)
        .where(which)
        .subquery()
    )
    by = valued.c.customer_id, valued.c.value
    return select(
        *by, func.sum(valued.c.number).label("number"), func.max(valued.c.latest).label("latest")
    ).group_by(*by)


def _favourites(name: str, counts: Select[Any]) -> CTE:
    """Up to three values of each customer, most pieces first, the more recent of two equal ones."""
    counted = counts.subquery()
    theirs = counted.c.customer_id
    ranked = select(
        counted,
        func.sum(counted.c.number).over(partition_by=theirs).label("total"),
        func.row_number()
        .over(partition_by=theirs, order_by=(counted.c.number.desc(), counted.c.latest.desc()))
        .label("place"),
    ).subquery()
    enough = ranked.c.number * 100 >= ranked.c.total * bands.LEAST_SHARE_PERCENT
    at = [
        func.max(case((and_(ranked.c.place == place, enough), ranked.c.value))).label(
            f"place_{place}"
        )
        for place in range(1, bands.FAVOURITES + 1)
    ]
    different = func.count().label("different")
    return (
        select(ranked.c.customer_id, different, *at)
        .group_by(ranked.c.customer_id)
        .cte(f"by_{name}")
    )


def _or_zero(value: ColumnElement[Any]) -> ColumnElement[Any]:
    return func.coalesce(value, literal(0))


def _or_none(value: ColumnElement[Any]) -> ColumnElement[Any]:
    """For dividing by it."""
    return func.nullif(value, 0)
