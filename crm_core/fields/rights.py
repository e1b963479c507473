"""Which role sees which field in clear, masked or not at all, and which may open it.

The rule `fields.rights` holds the shop's table. Of the lines that fit the role, one for the field
itself counts more than one for its sensitivity, and a later line more than an earlier one.
"""

from enum import StrEnum, auto

from sqlmodel import Session

from crm_core.authz import Role
from crm_core.customers import names, phones
from crm_core.fields.models import Sensitivity
from crm_core.rules import service as rules

_TAIL = 4
_STARS = "****"
_SEALED = "已加密"


class Access(StrEnum):
    HIDDEN = auto()
    MASKED = auto()
    OPENABLE = auto()  # masked, but may be opened with a reason
    CLEAR = auto()


def access(session: Session, role: Role, code: str, sensitivity: Sensitivity) -> Access:
    """How this role gets this field; where no line of the table fits, not at all."""
    found = {code: Access.HIDDEN, sensitivity.value: Access.HIDDEN}
    given = set()
    for their_role, what, how in rules.get(session, "fields.rights"):
        if their_role == role.value and what in found:
            found[what] = Access(how)
            given.add(what)
    return found[code] if code in given else found[sensitivity.value]


def masked(code: str, sensitivity: Sensitivity, value: str) -> str:
    """A value as it is shown by default: 138****5678, 王**, 5月4日."""
    if sensitivity is Sensitivity.HIGHEST:
        return _SEALED
    match code:
        case "phone":
            return phones.mask(value)
        case "name":
            return names.mask(value)
        case "birthday":
            month, day = value.split("-")[-2:]
            return f"{int(month)}月{int(day)}日"
        case "address":
            return value[: _TAIL + 2] + _STARS
    return value[:1] + _STARS


def shown(how: Access, code: str, sensitivity: Sensitivity, value: str) -> str | None:
    """The value as somebody with this access gets it; None if they do not."""
    if how is Access.HIDDEN:
        return None
    return value if how is Access.CLEAR else masked(code, sensitivity, value)
