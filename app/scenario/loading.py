"""Filling an empty database with what a scenario states."""

from sqlmodel import Session, select

from app.scenario import history, setting
from app.scenario.cast import Cast
from app.scenario.script import Scenario
from crm_core import clock
from crm_core.models import metadata


class NotEmpty(Exception):
    """The database holds something already."""


def load(session: Session, scenario: Scenario) -> Cast:
    """Write everything that is given, as of the scenario's clock; the caller commits.

    Nothing is sent: what history said to people, it said then.

    Raises:
        NotEmpty: the database holds something already.
        CannotHappen: a service refuses what the scenario states.
    """
    if filled := _filled(session):
        raise NotEmpty(f"the database is not empty: there are rows in {filled}")
    cast = Cast(begins=scenario.clock or clock.now())
    with clock.standing_at(cast.begins):
        setting.furnish(session, scenario.given, cast)
        setting.admit(session, scenario.given, cast)
        history.tell(session, scenario.given, cast)
    cast.main = scenario.sender or _first(scenario)
    return cast


def _filled(session: Session) -> str | None:
    for table in metadata.sorted_tables:
        if session.connection().execute(select(table.c[0]).limit(1)).first():
            return table.name
    return None


def _first(scenario: Scenario) -> str:
    customers = scenario.given.customers
    return customers[0].handles[0] if customers else ""
