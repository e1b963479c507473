from datetime import UTC, date, datetime

import pytest

from actions import periods
from crm_core.clock import set_to


@pytest.fixture(autouse=True)
def _noon() -> None:
    set_to(datetime(2026, 3, 12, 4, 0, tzinfo=UTC))  # noon in the shop


@pytest.mark.parametrize(
    ("value", "since", "until", "words"),
    [
        ("2026-03-12", "2026-03-12T00:00", "2026-03-13T00:00", "今天"),
        ("2026-03-11", "2026-03-11T00:00", "2026-03-12T00:00", "昨天"),
        ("2025-12-31", "2025-12-31T00:00", "2026-01-01T00:00", "2025年12月31日"),
        ("2026-03-09/2026-03-15", "2026-03-09T00:00", "2026-03-16T00:00", "3月9日至15日"),
        ("2026-02-23/2026-03-01", "2026-02-23T00:00", "2026-03-02T00:00", "2月23日至3月1日"),
        (
            "2026-03-11T12:00/2026-03-11T18:00", "2026-03-11T12:00", "2026-03-11T18:00",
            "3月11日 12:00–18:00",
        ),
        (
            "2026-03-11T18:00/2026-03-11T23:59", "2026-03-11T18:00", "2026-03-12T00:00",
            "3月11日 18:00–24:00",
        ),
        ("2026-03-11T15:30", "2026-03-11T00:00", "2026-03-12T00:00", "昨天"),
    ],
)  # fmt: skip
def test_a_time_entity_is_a_span(value: str, since: str, until: str, words: str) -> None:
    period = periods.read(value)
    assert period is not None
    assert period.since.isoformat()[:16] == since
    assert period.until.isoformat()[:16] == until
    assert period.since.utcoffset() == period.until.utcoffset()
    assert periods.shown(period) == words


@pytest.mark.parametrize("value", [None, "", "明天", "2026-13-01", "2026-03-12/2026-03-01"])
def test_what_is_no_span(value: str | None) -> None:
    assert periods.read(value) is None


@pytest.mark.parametrize(
    ("value", "before"),
    [
        ("2026-03-12", "2026-03-11"),
        ("2026-03-09/2026-03-15", "2026-03-02/2026-03-08"),
        ("2026-03-11T12:00/2026-03-11T18:00", "2026-03-10T12:00/2026-03-10T18:00"),
        ("2026-10-01/2026-10-31", "2026-09-01/2026-09-30"),
        ("2026-01-01/2026-03-31", "2025-10-01/2025-12-31"),
    ],
)
def test_the_same_length_before(value: str, before: str) -> None:
    period = periods.read(value)
    assert period is not None
    assert period.before() == periods.read(before)


def test_a_day_of_another_year_names_it() -> None:
    assert periods.day(date(2026, 3, 1)) == "3月1日"
    assert periods.day_of(datetime(2025, 12, 31, 16, 0, tzinfo=UTC)) == "1月1日"
