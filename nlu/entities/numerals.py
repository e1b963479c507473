"""Numbers as people write them: 300, 三百, 两百五, 1.5万."""

from __future__ import annotations

import cn2an

HAN_DIGITS = "零一二两三四五六七八九十百千万"
# A number of either kind; to be used inside larger patterns.
NUMBER = rf"(?:\d+(?:\.\d+)?[万千百]?|[{HAN_DIGITS}]+)"
_SPOKEN_DIGITS = str.maketrans("零〇一幺二三四五六七八九", "001123456789")


def number(written: str) -> float | None:
    """The number, or None where the characters make none (百, 一二一)."""
    plain = written.replace("幺", "一")
    try:
        return float(plain)
    except ValueError:
        pass
    try:
        return float(cn2an.cn2an(plain, "smart"))
    except ValueError:
        return None


def whole(written: str) -> int | None:
    """The number where it is a whole one."""
    value = number(written)
    return int(value) if value is not None and value == int(value) else None


def shown(value: float) -> str:
    """Without a decimal point where there is nothing behind it."""
    return str(int(value)) if value == int(value) else f"{value:g}"


def spoken_digits(written: str) -> str:
    """Digits read out one by one (一三五 as 135)."""
    return written.translate(_SPOKEN_DIGITS)
