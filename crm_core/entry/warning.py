"""What can be, but is unusual enough to look at again."""

from collections.abc import Mapping

from sqlmodel import Session

from crm_core.customers.models import Customer
from crm_core.preferences.models import PreferenceKind
from crm_core.rules import service as rules
from crm_core.validation import checking

_STYLE = PreferenceKind.STYLE.value
_BABY_YEARS = 3


def of(session: Session, customer: Customer, entered: Mapping[str, str]) -> list[str]:
    """A sentence for each: an age that a style is unusual for, a customer who is a baby."""
    born = _birthday(customer, entered)
    if born is None:
        return []
    age = checking.age(born)
    found = [
        f"顾客 {age} 岁，「{style}」风格一般是 {least} 到 {most} 岁穿，请再确认一下"
        for style, least, most in rules.get(session, "style.ages")
        if style in entered.get(_STYLE, "") and not least <= age <= most
    ]
    if age < _BABY_YEARS and "birthday" in entered:
        found.append(f"按生日算顾客才 {age} 岁，请确认填的不是家人的生日")
    return found


def _birthday(customer: Customer, entered: Mapping[str, str]) -> str | None:
    said = entered.get("birthday")
    return checking.birthday(said) if said else customer.birthday
