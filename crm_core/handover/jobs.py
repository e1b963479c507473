"""What cron does with conversations that were handed over."""

from datetime import timedelta

from crm_core.alerts import service as alerts
from crm_core.alerts.models import AlertKind
from crm_core.authz import system
from crm_core.clock import now
from crm_core.db import reading, unit_of_work
from crm_core.handover import service

PATIENCE = timedelta(minutes=30)


def give_back_untaken() -> None:
    """Give back to the bot what nobody has taken within PATIENCE, one customer a transaction."""
    us = system("handover")
    with reading() as session:
        waiting = alerts.waiting_since(session, AlertKind.HAND_OVER, now() - PATIENCE)
        ids = [alert.id for alert in waiting]
    for alert_id in ids:
        with unit_of_work() as session:
            service.give_back_untaken(session, us, alert_id)
