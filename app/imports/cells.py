"""What is written in a cell, made into what the core keeps."""

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, TypeVar

from crm_core.customers import phones
from crm_core.customers.phones import InvalidPhone
from crm_core.settings import settings

Parse = Callable[[str], Any]
Member = TypeVar("Member", bound=StrEnum)

_DIVIDERS = re.compile(r"[、,，;；|/]+")
_YES = {"是", "y", "yes", "true", "1", "有", "同意"}
_NO = {"否", "n", "no", "false", "0", "无", "不同意"}
_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
_TIME = re.compile(r"[ T]+(\d{1,2}):(\d{2})(?::(\d{2}))?")
_MOST_FEN = 10**11


class BadCell(ValueError):
    """The cell cannot be read; the message says why, in the operator's language."""


def text(most: int) -> Parse:
    """Words of at most `most` characters."""

    def parse(cell: str) -> str:
        if len(cell) > most:
            raise BadCell(f"最多 {most} 个字，这里有 {len(cell)} 个")
        return cell

    return parse


def words(most: int) -> Parse:
    """Several words with 、 or | between them, each of at most `most` characters."""

    def parse(cell: str) -> list[str]:
        found = [word.strip() for word in _DIVIDERS.split(cell)]
        return [text(most)(word) for word in dict.fromkeys(found) if word]

    return parse


def options(most: int) -> Parse:
    """As `words`, but where there is a | or a line end, only that divides."""

    def parse(cell: str) -> list[str]:
        divided = "|" in cell or "\n" in cell
        found: list[str] = (listed if divided else words)(most)(cell)
        return found

    return parse


def listed(most: int) -> Parse:
    """Several texts with | or a line end between them; empty ones keep their place."""

    def parse(cell: str) -> list[str]:
        return [text(most)(part.strip()) for part in re.split(r"[|\n]", cell)]

    return parse


def yes_or_no(cell: str) -> bool:
    """是 or 否."""
    if cell.lower() in _YES | _NO:
        return cell.lower() in _YES
    raise BadCell("请写「是」或「否」")


def fen(cell: str) -> int:
    """Yuan with at most two decimals, as whole fen."""
    try:
        exact = (
            Decimal(cell.replace(",", "").replace("，", "").lstrip("¥￥").removesuffix("元")) * 100
        )
    except InvalidOperation:
        raise BadCell("金额要写成数字，如 1599 或 1599.00") from None
    if not exact.is_finite() or exact != exact.to_integral_value() or not 0 <= exact < _MOST_FEN:
        raise BadCell("金额不能为负，最多两位小数")
    return int(exact)


def whole(least: int, most: int) -> Parse:
    """A whole number within bounds."""

    def parse(cell: str) -> int:
        plain = re.sub(r"\.0+$", "", cell.replace(",", ""))  # 1.0, as some systems export it
        if not re.fullmatch(r"-?\d{1,12}", plain) or not least <= int(plain) <= most:
            raise BadCell(f"请写 {least} 到 {most} 的整数")
        return int(plain)

    return parse


def day(cell: str) -> date:
    """2026-03-12, 2026/3/12 or 2026年3月12日."""
    return _moment(cell, with_time=False).date()


def moment(cell: str) -> datetime:
    """A day, with or without a time of day, in the shop's time zone."""
    return _moment(cell, with_time=True)


def phone(cell: str) -> str:
    """A phone number as E.164."""
    try:
        return phones.normalise(cell)
    except InvalidPhone:
        raise BadCell("手机号不对") from None


def one_of(names: dict[str, Member]) -> Parse:
    """One of the names given, or a member's own value."""
    known = names | {member.value: member for member in names.values()}

    def parse(cell: str) -> Member:
        if cell not in known:
            raise BadCell(f"请写其中之一：{'、'.join(names)}")
        return known[cell]

    return parse


def _moment(cell: str, *, with_time: bool) -> datetime:
    found = _DAY.match(cell)
    rest = cell[found.end() :] if found else ""
    time = _TIME.fullmatch(rest) if with_time else None
    if not found or (rest and not time):
        example = "2026-03-12 14:30" if with_time else "2026-03-12"
        raise BadCell(f"日期请写成 {example}")
    numbers = [int(number or 0) for number in (*found.groups(), *(time.groups() if time else ()))]
    try:
        return datetime(*numbers, tzinfo=settings().zone)  # type: ignore[misc,arg-type]
    except ValueError:
        raise BadCell("没有这个日期") from None
