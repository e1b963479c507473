"""What cron does with points."""

from crm_core.authz import system
from crm_core.db import reading, unit_of_work
from crm_core.points import service


def write_off_expired() -> None:
    """Write off the lots that have expired, one customer a transaction."""
    with reading() as session:
        due = service.with_expired_lots(session)
    for customer_id in due:
        with unit_of_work() as session:
            service.expire(session, system("expiry"), customer_id)
