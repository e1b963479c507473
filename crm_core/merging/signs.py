"""What two records have in common and what tells them apart, field by field."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum, auto

from crm_core.customers import keys


class Sign(StrEnum):
    """What the two values of one field say."""

    SAME = auto()
    MIXED = auto()  # the same parts in another order
    ALIKE = auto()  # one slip apart
    OTHER = auto()
    UNKNOWN = auto()  # one of them says nothing


@dataclass(frozen=True)
class Known:
    """What a record says of its person, decrypted once for many comparisons."""

    id: int
    name: str | None
    phones: frozenset[str]
    birthday: str | None
    address: str | None


@dataclass(frozen=True)
class Signs:
    phone: Sign
    name: Sign
    birthday: Sign
    address: Sign

    @property
    def codes(self) -> list[str]:
        """As the review list keeps them: phone_alike, name_same."""
        named = vars(self).items()
        return [f"{field}_{sign.value}" for field, sign in named if sign is not Sign.UNKNOWN]


def known(
    customer_id: int,
    name: str | None,
    phones: Iterable[str | None],
    birthday: str | None,
    address: str | None,
) -> Known:
    """`phones` are the record's own and those among its identities."""
    plain = keys.plain_address(address) if address else None
    return Known(customer_id, name, frozenset(filter(None, phones)), birthday, plain)


def compare(one: Known, other: Known) -> Signs:
    """All that speaks for and against that they are one person."""
    return Signs(
        phone=_phone(one.phones, other.phones),
        name=_name(one.name, other.name),
        birthday=_birthday(one.birthday, other.birthday),
        address=_plain(one.address, other.address),
    )


def _phone(one: frozenset[str], other: frozenset[str]) -> Sign:
    if not one or not other:
        return Sign.UNKNOWN
    if one & other:
        return Sign.SAME
    slipped = any(_is_slip(a, b) for a in one for b in other)
    return Sign.ALIKE if slipped else Sign.OTHER


def _name(one: str | None, other: str | None) -> Sign:
    if not one or not other or one == other:
        return _plain(one, other)
    if sorted(one) == sorted(other):
        return Sign.MIXED
    return Sign.ALIKE if _is_alike(one, other) else Sign.OTHER


def _birthday(one: str | None, other: str | None) -> Sign:
    if not one or not other or one == other:
        return _plain(one, other)
    if one[:4] == other[:4] and sorted(one.split("-")) == sorted(other.split("-")):
        return Sign.MIXED
    return Sign.ALIKE if _is_slip(one, other) else Sign.OTHER


def _plain(one: str | None, other: str | None) -> Sign:
    if not one or not other:
        return Sign.UNKNOWN
    return Sign.SAME if one == other else Sign.OTHER


def _is_slip(one: str, other: str) -> bool:
    """One character is another, or two neighbours changed places."""
    if len(one) != len(other):
        return False
    differ = [at for at in range(len(one)) if one[at] != other[at]]
    match differ:
        case [_]:
            return True
        case [a, b]:
            return b == a + 1 and one[a] == other[b] and one[b] == other[a]
        case _:
            return False


def _is_alike(one: str, other: str) -> bool:
    """The given names differ in one character, or one leaves one out; the surname is the same."""
    if one[0] != other[0]:
        return False
    if len(one) == len(other):
        return len(one) > 2 and _is_slip(one, other)  # noqa: PLR2004  # 王芳 and 王丽 are two
    short, long = sorted((one, other), key=len)
    return len(long) - len(short) == 1 and any(
        long[:at] + long[at + 1 :] == short for at in range(1, len(long))
    )
