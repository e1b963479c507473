from datetime import UTC, datetime, timedelta

import pytest

from crm_core import clock
from crm_core.settings import settings

SOME_TIME = datetime(2026, 3, 12, 23, 30, tzinfo=UTC)
MOMENT = timedelta(seconds=30)


def test_a_set_clock_goes_on_from_there() -> None:
    clock.set_to(SOME_TIME)
    assert timedelta() <= clock.now() - SOME_TIME < MOMENT


def test_today_is_the_shops() -> None:
    clock.set_to(SOME_TIME)
    assert clock.today().isoformat() == "2026-03-13"


def test_a_shared_clock_is_seen_by_all_processes_of_a_demo() -> None:
    clock.share(SOME_TIME)
    clock.reset()  # as another process begins
    assert abs(clock.now() - SOME_TIME) < MOMENT


def test_nobody_moves_the_clock_of_a_real_shop(monkeypatch: pytest.MonkeyPatch) -> None:
    clock.share(SOME_TIME)
    monkeypatch.setenv("DIANYU_DEMO", "off")
    settings.cache_clear()
    clock.reset()
    assert abs(clock.now() - datetime.now(UTC)) < MOMENT
