"""What can be: days of birth, numbers, days, choices. Each returns the value as it is kept."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from crm_core.clock import today
from crm_core.validation.detecting import refuse_numbers
from crm_core.validation.errors import BadEntry

_OLDEST_YEARS = 120  # nobody was ever older than 122
_DAY = re.compile(r"(\d{4})(?:[-/.年](\d{1,2})[-/.月](\d{1,2})日?|(\d{2})(\d{2}))")
_YES = frozenset({"是", "有", "对", "y", "yes", "true", "1"})
_NO = frozenset({"否", "没有", "无", "不是", "n", "no", "false", "0"})


def birthday(said: str, field: str = "birthday") -> str:
    """A day of birth as 1992-05-04, from the ways in which people write it.

    Raises:
        BadEntry: it cannot be read, does not exist, has not come yet or is too long ago.
    """
    if (found := _DAY.fullmatch(said.strip())) is None:
        raise BadEntry(field, "birthday_unreadable", said=said)
    day = _day(found)
    if day is None:
        raise BadEntry(field, "birthday_no_such_day", said=said)
    if day > today():
        raise BadEntry(field, "birthday_ahead", said=said)
    if day.year < today().year - _OLDEST_YEARS:
        raise BadEntry(field, "birthday_too_early", said=said, most=_OLDEST_YEARS)
    return day.isoformat()


def age(born: str) -> int:
    """Whole years from a day of birth until today."""
    day, now = date.fromisoformat(born), today()
    return now.year - day.year - ((now.month, now.day) < (day.month, day.day))


def text(said: str, field: str, title: str, most: int) -> str:
    """A text of at most `most` characters without card numbers.

    Raises:
        BadEntry: it is empty, too long or holds an identity-card or bank-card number.
    """
    return refuse_numbers(field, bounded(said, field, title, most))


def bounded(said: str, field: str, title: str, most: int) -> str:
    """A text of at most `most` characters, whatever it holds.

    Raises:
        BadEntry: it is empty or too long.
    """
    clean = said.strip()
    if not clean:
        raise BadEntry(field, "empty", title=title)
    if len(clean) > most:
        raise BadEntry(field, "too_long", title=title, most=most, length=len(clean))
    return clean


def number(said: str, field: str, title: str, rules: Mapping[str, Any]) -> float:
    """A number within `rules["least"]` and `rules["most"]`, where those are given.

    Raises:
        BadEntry: it is no number or out of bounds.
    """
    if not re.fullmatch(r"-?\d{1,12}(\.\d{1,4})?", plain := said.strip().replace(",", "")):
        raise BadEntry(field, "number", title=title, said=said)
    value = float(plain)
    least, most = rules.get("least", value), rules.get("most", value)
    if not least <= value <= most:
        bounds = {name: rules.get(name, "不限") for name in ("least", "most")}
        raise BadEntry(field, "number_out_of_range", title=title, **bounds)
    return value


def day(said: str, field: str, title: str, rules: Mapping[str, Any]) -> date:
    """A day within `rules["least"]` and `rules["most"]`, where those are given.

    Raises:
        BadEntry: it is no day or out of bounds.
    """
    found = _DAY.fullmatch(said.strip())
    value = _day(found) if found else None
    if value is None:
        raise BadEntry(field, "date", title=title, said=said)
    bounds = {name: rules.get(name, "不限") for name in ("least", "most")}
    after = "least" in rules and value < date.fromisoformat(rules["least"])
    before = "most" in rules and value > date.fromisoformat(rules["most"])
    if after or before:
        raise BadEntry(field, "date_out_of_range", title=title, **bounds)
    return value


def choice(said: str, field: str, title: str, options: Sequence[str]) -> str:
    """One of the options, whatever its capitals.

    Raises:
        BadEntry: it is none of them.
    """
    by_name = {option.casefold(): option for option in options}
    if (found := by_name.get(said.strip().casefold())) is None:
        raise BadEntry(field, "choice", title=title, options="、".join(options))
    return found


def yes_no(said: str, field: str, title: str) -> str:
    """是 or 否.

    Raises:
        BadEntry: it is neither.
    """
    plain = said.strip().casefold()
    if plain not in _YES | _NO:
        raise BadEntry(field, "yes_no", title=title)
    return "是" if plain in _YES else "否"


def _day(found: re.Match[str]) -> date | None:
    year, *rest = (int(part) for part in found.groups() if part)
    try:
        return date(year, *rest)
    except ValueError:
        return None
