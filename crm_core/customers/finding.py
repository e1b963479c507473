"""Which customers fit what staff say of somebody, by the keyed index."""

from sqlmodel import Session

from crm_core.customers import index, keys, names
from crm_core.customers.keys import Key
from crm_core.customers.models import SearchKind


def fitting(
    session: Session, name: str | None, phone_tail: str | None, phone: str | None
) -> set[int]:
    """The ids of who fits all that is given; nobody where nothing is.

    A whole number that nobody has is taken for one with a typing slip: a wrong digit, or two that
    changed places.
    """
    wanted = [*_name(name), *_tail(phone_tail)]
    if phone is None:
        return index.matching(session, wanted)
    by_phone = index.matching(session, [(SearchKind.PHONE, phone)]) or _slipped(session, phone)
    return by_phone & index.matching(session, wanted) if wanted else by_phone


def _name(said: str | None) -> list[Key]:
    if not said:
        return []
    called = names.parse(said)
    if called.full:
        return [(SearchKind.FULL_NAME, called.full)]
    return [(SearchKind.SURNAME, called.surname)]


def _tail(said: str | None) -> list[Key]:
    return [(SearchKind.PHONE_TAIL, said)] if said else []


def _slipped(session: Session, phone: str) -> set[int]:
    wrong = [(SearchKind.PHONE_SLIP, slip) for slip in keys.slips(phone)]
    swapped = [(SearchKind.PHONE, swap) for swap in keys.swaps(phone)]
    return index.matching_any(session, [*wrong, *swapped])
