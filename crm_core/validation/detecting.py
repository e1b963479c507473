"""Numbers that must not stand in a free text: identity cards and bank cards.

Told from other long numbers by their checksums: GB 11643-1999 for the citizen identity number,
Luhn's formula (ISO/IEC 7812-1, annex B) for cards.
"""

import re
import unicodedata
from collections.abc import Iterator
from datetime import date

from crm_core.validation.errors import BadEntry

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
_PROVINCES = frozenset(
    {*range(11, 16), *range(21, 24), *range(31, 38), *range(41, 47), *range(50, 55)}
    | {*range(61, 66), 71, 81, 82, 83, 91}
)
_IDENTITY = re.compile(r"\d{17}[\dX]")
# Issuers: UnionPay 62 and the old 60, 68, 69, 9558 of Chinese banks, Visa, Mastercard, JCB, Amex,
# Diners. Without them one of ten order numbers would pass Luhn's formula.
_CARD = re.compile(
    r"6[0-9]\d{14,17}|9558\d{12,15}|4\d{12}(\d{3}){0,2}|5[1-5]\d{14}|2[2-7]\d{14}|35\d{14}"
    r"|3[47]\d{13}|3[0689]\d{12}"
)
_RUN = re.compile(r"(?<![0-9A-Za-z])\d[\d\- ·.]*\d[Xx]?(?![0-9A-Za-z])")
_DIVIDER = re.compile(r"[\- ·.]+")
_LEAST_DIGITS, _MOST_DIGITS = 13, 19
_TWO_DIGITS = 9  # a doubled digit above it has two


def refuse_numbers(field: str, text: str) -> str:
    """The text, if it holds no identity-card or bank-card number.

    Raises:
        BadEntry: it holds one; the number is not repeated.
    """
    for number in _numbers(text):
        if is_identity_card(number):
            raise BadEntry(field, "identity_card")
        if is_bank_card(number):
            raise BadEntry(field, "bank_card")
    return text


def is_identity_card(number: str) -> bool:
    """Whether this is a citizen identity number: place, day of birth and checksum fit."""
    if not _IDENTITY.fullmatch(number) or int(number[:2]) not in _PROVINCES:
        return False
    try:
        date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return False
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, number[:17], strict=True))
    return _CHECKS[total % 11] == number[17]


def is_bank_card(number: str) -> bool:
    """Whether this is the number of a payment card: issuer, length and checksum fit."""
    return bool(_CARD.fullmatch(number)) and _luhn(number)


def _numbers(text: str) -> Iterator[str]:
    """Every number in the text, also one written in groups, or beside another number."""
    plain = unicodedata.normalize("NFKC", text).replace("—", "-").replace("–", "-")
    for run in _RUN.finditer(plain):
        groups = [group.upper() for group in _DIVIDER.split(run.group())]
        for start in range(len(groups)):
            number = ""
            for group in groups[start:]:
                number += group
                if _LEAST_DIGITS <= len(number) <= _MOST_DIGITS:
                    yield number


def _luhn(number: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(number)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > _TWO_DIGITS else value
    return total % 10 == 0
