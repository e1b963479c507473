"""What an encrypted customer can be found by; only keyed digests of it are kept."""

import re
import unicodedata
from collections.abc import Iterator

from crm_core.customers import names, phones
from crm_core.customers.models import Customer, SearchKind

Key = tuple[SearchKind, str]

_SUBSCRIBER_DIGITS = 10  # of a mobile number, after the leading 1
_NOT_ADDRESS = re.compile(r"[^0-9A-Z\u4e00-\u9fff]")
_REGION = re.compile(
    r"^.{2,8}?(省|自治区|特别行政区)|^.{2,6}?市|^.{1,6}?(?<!小)(?<!社)(?<!园)[区县旗]"
)
_BLOCK = re.compile(r"(?<=\d)(号楼|幢|座|栋|单元|号|室|房|楼|层|弄|#)")
_DIGITS = re.compile(r"\d")


def of(customer: Customer) -> set[Key]:
    """All that this customer can be found by."""
    found: set[Key] = set()
    if customer.name:
        found.add((SearchKind.FULL_NAME, customer.name))
        found.add((SearchKind.SURNAME, names.surname(customer.name)))
    if customer.phone:
        found |= of_phone(customer.phone)
    if customer.birthday:
        found.add((SearchKind.BIRTH_DAY, customer.birthday[-5:]))
    if customer.name and customer.birthday:
        found.add((SearchKind.NAME_BIRTHDAY, name_birthday(customer.name, customer.birthday)))
    if customer.address and (address := plain_address(customer.address)):
        found.add((SearchKind.ADDRESS, address))
    return found


def of_phone(phone: str) -> set[Key]:
    """Whole, by its tail, and with a slip of one digit."""
    return {
        (SearchKind.PHONE, phone),
        (SearchKind.PHONE_TAIL, phones.tail(phone)),
        *((SearchKind.PHONE_SLIP, slip) for slip in slips(phone)),
    }


def slips(phone: str) -> Iterator[str]:
    """The number with each of its digits left open: two that differ in one digit share one."""
    for at in range(len(phone) - _SUBSCRIBER_DIGITS, len(phone)):
        yield f"{phone[:at]}?{phone[at + 1 :]}"


def swaps(phone: str) -> Iterator[str]:
    """The numbers that come of two neighbouring digits changing places."""
    for at in range(len(phone) - _SUBSCRIBER_DIGITS, len(phone) - 1):
        if phone[at] != phone[at + 1]:
            yield f"{phone[:at]}{phone[at + 1]}{phone[at]}{phone[at + 2 :]}"


def name_birthday(name: str, birthday: str) -> str:
    """Name and birthday, the same however the parts of each were mixed up.

    梅晓王 is 王晓梅 as some forms write it, and 1992-05-04 was the fourth of May or the fifth of
    April.
    """
    year, *rest = birthday.split("-")
    return f"{''.join(sorted(name))} {year} {' '.join(sorted(rest))}"


def plain_address(said: str) -> str | None:
    """An address without what people write or leave out as they like; None without a number.

    「上海市徐汇区天钥桥路100号3幢502室」 and 「天钥桥路100号3栋502」 are one address.
    """
    plain = re.sub(r"\s", "", unicodedata.normalize("NFKC", said).upper())
    plain = _NOT_ADDRESS.sub("-", plain)
    while (shorter := _REGION.sub("", plain.strip("-"), count=1)) != plain:
        plain = shorter
    plain = re.sub(r"-+", "-", _BLOCK.sub("-", plain)).strip("-")
    return plain if _DIGITS.search(plain) else None
