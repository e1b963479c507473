"""What cron does with points."""

from datetime import timedelta

from crm_core.authz import system
from crm_core.clock import now
from crm_core.db import reading, unit_of_work
from crm_core.points import service

_LATELY = timedelta(days=92)


def write_off_expired() -> None:
    """Write off the lots that have expired lately, one customer a transaction.

    Older ones cannot be spent either, and go with the customer's next movement.
    """
    with reading() as session:
        due = service.with_expired_lots(session, now() - _LATELY)
    for customer_id in due:
        with unit_of_work() as session:
            service.expire(session, system("expiry"), customer_id)
