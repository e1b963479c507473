"""What 0002 does to rows: it spells out the tables, so that later code cannot change it."""

from sqlalchemy import Connection

from crm_core.migrations import orders_0002, points_0002, tiers_0002


def after_upgrade(connection: Connection) -> None:
    """Fill what the new tables say about rows of the release before."""
    points_0002.fill_takes(connection)
    tiers_0002.carry_over(connection)
    orders_0002.settle_returned(connection)


def before_downgrade(connection: Connection) -> None:
    """Leave only what the release before can hold."""
    points_0002.forget(connection)
