"""Chinese mobile numbers: legality, one way to write them, masking."""

import phonenumbers

from crm_core.errors import CrmError, Kind

_TAIL_DIGITS = 4


class InvalidPhone(CrmError):
    code = "invalid_phone"
    kind = Kind.INVALID


def normalise(said: str) -> str:
    """The number as E.164, +86 where no country is given.

    Raises:
        InvalidPhone: no such number can exist.
    """
    try:
        number = phonenumbers.parse(said, "CN")
    except phonenumbers.NumberParseException:
        raise InvalidPhone(len(said)) from None
    if not phonenumbers.is_valid_number(number):
        raise InvalidPhone(len(said))
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def tail(phone: str) -> str:
    """The last four digits, by which staff ask for somebody."""
    return phone[-_TAIL_DIGITS:]


def mask(phone: str) -> str:
    """138****5678."""
    local = phone.removeprefix("+86")
    return f"{local[:3]}****{tail(local)}"
