"""Going through a sentence from left to right."""

import re
import unicodedata

from crm_core.segments.schema import BadSegmentRule

_QUOTED = re.compile("「([^「」]*)」")
_NUMBER = re.compile(r"\d{1,15}(\.\d{1,2})?")
_FULL = str.maketrans({"(": "（", ")": "）", ",": "，", ";": "，", "；": "，"})
_SHOWN = 12  # characters of the rest in a message


class Scanner:
    """The sentence, without spaces and with one kind of brackets outside of quotes."""

    def __init__(self, text: str) -> None:
        self._text = "".join(
            part if part.startswith("「") else _plain(part)
            for part in re.split("(「[^「」]*」)", text)
        )
        self._at = 0

    @property
    def at_end(self) -> bool:
        return self._at == len(self._text)

    def take(self, *wanted: str) -> str | None:
        """Go past the first of these that comes next, and return it."""
        for one in wanted:
            if self._text.startswith(one, self._at):
                self._at += len(one)
                return one
        return None

    def need(self, *wanted: str) -> str:
        """Like `take`, but one of them has to come.

        Raises:
            BadSegmentRule: something else comes.
        """
        if (taken := self.take(*wanted)) is None:
            raise self.puzzled(f"这里应该是「{wanted[0]}」")
        return taken

    def sees(self, wanted: str) -> bool:
        """Whether this comes next."""
        return self._text.startswith(wanted, self._at)

    def quoted(self) -> str:
        """What stands in the quotes that come next.

        Raises:
            BadSegmentRule: no quotes come.
        """
        found = _QUOTED.match(self._text, self._at)
        if found is None:
            raise self.puzzled("名称要写在「」里")
        self._at = found.end()
        return found[1]

    def number(self) -> str:
        """The number that comes next, as it is written.

        Raises:
            BadSegmentRule: none comes.
        """
        found = _NUMBER.match(self._text, self._at)
        if found is None:
            raise self.puzzled("这里应该是数字")
        self._at = found.end()
        return found[0]

    def puzzled(self, why: str = "看不懂") -> BadSegmentRule:
        """The error that what comes next is not what a rule can go on with."""
        rest = self._text[self._at : self._at + _SHOWN] or "结尾"
        return BadSegmentRule(rest, why=f"从「{rest}」起{why}", where=str(self._at))


def _plain(part: str) -> str:
    return "".join(unicodedata.normalize("NFKC", part).split()).translate(_FULL)
