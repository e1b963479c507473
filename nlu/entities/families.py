"""Members of the family, whose sizes a shopper may keep."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from nlu.entities.found import Found, Reading
from nlu.text.lexicons import read_table

# 我妈, 咱爸: the single character is a relation only behind a possessive.
_SHORT = {"妈": "妈妈", "爸": "爸爸", "姐": "姐姐", "妹": "妹妹", "哥": "哥哥", "弟": "弟弟"}
_POSSESSED = re.compile(rf"(?<=[我咱俺他她])({'|'.join(_SHORT)})(?!们|[妈爸姐妹哥弟])")


def find_family(reading: Reading) -> Iterator[Found]:
    text = reading.text.text
    pattern, relations = _relations()
    for match in pattern.finditer(text):
        yield Found("family_member", *match.span(), relations[match.group()])
    for match in _POSSESSED.finditer(text):
        yield Found("family_member", *match.span(), _SHORT[match.group()])


@lru_cache(maxsize=1)
def _relations() -> tuple[re.Pattern[str], dict[str, str]]:
    """小姐姐 and 女孩子 are strangers, so none of the forms may follow those characters."""
    table = read_table("family_member")
    relations = {form: value for value, forms in table.items() for form in (value, *forms.split())}
    forms = "|".join(sorted(relations, key=len, reverse=True))
    return re.compile(rf"(?<![小女男购])(?:{forms})"), relations
