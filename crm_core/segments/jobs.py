"""What is done for segments every night."""

from crm_core.authz import system
from crm_core.db import reading, unit_of_work
from crm_core.segments import nights


def look_at_all() -> None:
    """Keep who is in which living segment today; whichever runs first on a day does it."""
    with reading() as session:
        names = nights.living(session)
    for name in names:
        with unit_of_work() as session:
            nights.take(session, system("segments"), name)
