"""Orders that had come back when an order only could as a whole."""

import sqlalchemy as sa
from sqlalchemy import Connection

_order = sa.table(
    "sales_order", sa.column("id"), sa.column("state", sa.String), sa.column("total_fen"),
    sa.column("refunded_fen"),
)  # fmt: skip
_line = sa.table("order_line", sa.column("order_id"), sa.column("quantity"), sa.column("returned"))


def settle_returned(connection: Connection) -> None:
    """Nothing of them is left: all pieces came back, and all money went back."""
    came_back = _order.c.state == "returned"
    connection.execute(sa.update(_order).where(came_back).values(refunded_fen=_order.c.total_fen))
    theirs = _line.c.order_id.in_(sa.select(_order.c.id).where(came_back))
    connection.execute(sa.update(_line).where(theirs).values(returned=_line.c.quantity))
