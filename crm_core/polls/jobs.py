"""What cron does with polls."""

from crm_core.authz import system
from crm_core.db import reading, unit_of_work
from crm_core.polls import service


def close_overdue() -> None:
    """Close the polls whose time is over, one a transaction."""
    with reading() as session:
        due = service.overdue(session)
    for poll_id in due:
        with unit_of_work() as session:
            service.close(session, system("polls"), poll_id)
