"""A phone or card that somebody says is theirs."""

import re
import unicodedata
from dataclasses import dataclass

from crm_core.customers import phones
from crm_core.customers.models import IdentityKind
from crm_core.errors import CrmError, Kind

_CARD = re.compile(r"(?=.*\d{4})[0-9A-Z]{5,32}")
_SHOWN = 3


class InvalidCard(CrmError):
    code = "invalid_card"
    kind = Kind.INVALID


@dataclass(frozen=True)
class Claim:
    """The phone (E.164) or card number, written as it is kept."""

    kind: IdentityKind
    value: str

    @property
    def masked(self) -> str:
        """138****5678, or VIP****345."""
        if self.kind is IdentityKind.PHONE:
            return phones.mask(self.value)
        return f"{self.value[:_SHOWN]}****{self.value[-_SHOWN:]}"


def phone(said: str) -> Claim:
    """The phone in what was said.

    Raises:
        InvalidPhone: no such number can exist.
    """
    return Claim(IdentityKind.PHONE, phones.normalise(said))


def card(said: str) -> Claim:
    """The card number in what was said: 「vip 0012345」 is VIP0012345.

    Raises:
        InvalidCard: no card has such a number.
    """
    plain = re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", said)).upper()
    if not _CARD.fullmatch(plain):
        raise InvalidCard(len(said))
    return Claim(IdentityKind.CARD, plain)
