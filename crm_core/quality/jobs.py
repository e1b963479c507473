"""What runs each night: measuring, and on Mondays drawing tags to check."""

from crm_core.authz import system
from crm_core.clock import today
from crm_core.db import unit_of_work
from crm_core.quality import service, tags

_MONDAY = 0


def measure() -> None:
    """Measure today's figures; a repeat replaces them."""
    actor = system("quality")
    with unit_of_work() as session:
        service.measure(session, actor)
        if today().weekday() == _MONDAY:
            tags.draw(session, actor)
