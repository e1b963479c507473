"""The demo store: a chain as it looks today, so that every feature has something to show."""

from pathlib import Path

from app.scenario import loading, reading
from crm_core.db import unit_of_work

_STORE = Path(__file__).parent / "store.yml"


def load() -> bool:
    """Fill an empty database with the demo store; False where there is something in it already."""
    read = reading.read(_STORE)
    try:
        with unit_of_work() as session:
            loading.load(session, read.scenario)
    except loading.NotEmpty:
        return False
    return True
