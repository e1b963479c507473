"""Whether what came is what was expected; every mismatch as a sentence."""

from collections.abc import Iterator, Sequence
from typing import Any

import orjson


def words(
    text: str,
    *,
    contains_all: Sequence[str] = (),
    contains_any: Sequence[str] = (),
    not_contains: Sequence[str] = (),
    silent: bool = False,
) -> Iterator[str]:
    """What is wrong with the words on a phone, in one sentence."""
    missing = [wanted for wanted in contains_all if wanted not in text]
    unwanted = [word for word in not_contains if word in text]
    parts = ["nothing"] if silent and text else []
    parts += [_quoted(missing)] if missing else []
    if contains_any and not any(wanted in text for wanted in contains_any):
        parts.append(f"one of {_quoted(contains_any)}")
    parts += [f"no {_quoted(unwanted)}"] if unwanted else []
    if parts:
        yield f"expected {' and '.join(parts)}, came {shortened(text)}"


def fits(wanted: Any, found: Any) -> bool:
    """Whether a fact is as expected.

    A number stands for as many entries of a list or mapping; a mapping names the keys that count;
    of single values in a list the order does not count; a bare size is the one for all garments.
    """
    if isinstance(wanted, int) and not isinstance(wanted, bool) and isinstance(found, list | dict):
        return len(found) == wanted
    if isinstance(found, list):
        return isinstance(wanted, list) and _lists_fit(wanted, found)
    if isinstance(found, dict):
        named = wanted if isinstance(wanted, dict) else {"": wanted}
        return all(fits(value, found.get(key)) for key, value in named.items())
    if isinstance(wanted, bool) or wanted is None or found is None:
        return wanted is found
    return str(wanted) == str(found)


def shortened(text: str) -> str:
    """A text as reports quote it: one line, not too long."""
    one_line = " / ".join(line for line in text.splitlines() if line.strip())
    if not one_line:
        return "nothing"
    return f"「{one_line if len(one_line) <= _MOST else one_line[: _MOST - 1] + '…'}」"


def plain(value: Any) -> str:
    """A value as reports show it."""
    return orjson.dumps(value, default=str).decode()


_MOST = 200


def _quoted(words: Sequence[str]) -> str:
    return f"「{'」「'.join(words)}」"


def _lists_fit(wanted: list[Any], found: list[Any]) -> bool:
    if len(wanted) != len(found):
        return False
    if not any(isinstance(one, dict | list) for one in wanted):
        flat = [next(iter(one.values())) if isinstance(one, dict) else one for one in found]
        return sorted(map(str, wanted)) == sorted(map(str, flat))
    return all(map(fits, wanted, found))
