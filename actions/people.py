"""Which customer staff mean: 「王女士」, 「尾号5678」, a card number, or 「她」 for the last."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

from sqlmodel import Session

from actions.base import STAFF, CrmAction
from actions.turn import Option, Turn
from crm_core.authz import Actor, Forbidden, Permission, system
from crm_core.customers import phones
from crm_core.customers import service as customers
from crm_core.customers.models import Customer, IdentityKind
from crm_core.customers.service import CustomerNotFound

_MOST = 9  # a longer list is no list for a phone: then a full name or a phone tail is asked for
_SAID_BY = ("customer_name", "phone_tail", "phone", "card_no")


def whom(session: Session, actor: Actor, turn: Turn, **carry: Any) -> Customer | None:
    """The one customer this message is about; they become slot customer_id.

    None when a question was asked instead: nobody was named, or several are called that; picking
    from the list runs the same action again with customer_id and `carry` in its slots.

    Raises:
        Forbidden: the actor may look up nobody.
        CustomerNotFound: nobody in the actor's scope; in the same words whether they exist or not.
    """
    found = _meant(session, actor, turn)
    if len(found) == 1:
        turn.set("customer_id", found[0].id)
        return found[0]
    if found:
        _offer(turn, found, carry)
    else:
        turn.say("utter_which_customer")
    return None


def fill_whom(
    session: Session, actor: Actor, turn: Turn, slot: str = "customer_id"
) -> dict[str, Any]:
    """What a form's slot for a customer becomes; {} where the message names nobody.

    Where several are called that it stays empty, and the form's AskWhom lists them. A form that
    survives digressions keeps its customer in a slot of its own: customer_id is who was spoken of.

    Raises:
        Forbidden: the actor may look up nobody.
        CustomerNotFound: nobody in the actor's scope.
    """
    if not names_somebody(turn):
        return {}
    found = _meant(session, actor, turn)
    return {slot: found[0].id if len(found) == 1 else None}


def names_somebody(turn: Turn) -> bool:
    """Whether the message names a customer; a pick from a list (「第二个王女士」) does not."""
    if turn.intent == "select_option":
        return False
    return any(turn.entity(name) for name in _SAID_BY)


class AskWhom(CrmAction):
    """What a form asks for its slot of a customer: which of those named, or who at all."""

    roles = STAFF
    slot: ClassVar[str] = "customer_id"

    @property
    @abstractmethod
    def form(self) -> str:
        """The form that asks."""

    def name(self) -> str:
        return f"action_ask_{self.form}_{self.slot}"

    def handle(self, session: Session, actor: Actor, turn: Turn) -> None:
        try:
            found = _meant(session, actor, turn)
        except CustomerNotFound:  # has been said by the form
            found = []
        if len(found) > 1:
            _offer(turn, found, {}, action=self.form, slot=self.slot)
        else:
            turn.say("utter_which_customer")


def _meant(session: Session, actor: Actor, turn: Turn) -> Sequence[Customer]:
    actor.require(Permission.CUSTOMER_READ)
    if names_somebody(turn):
        return _named(session, actor, turn)
    known = turn.slot("customer_id")
    return [] if known is None else [_known(session, actor, int(known))]


def _named(session: Session, actor: Actor, turn: Turn) -> Sequence[Customer]:
    if found := _search(session, actor, turn):
        return found
    hidden = _search(session, system("audit"), turn)
    raise CustomerNotFound(f"customer:{hidden[0].id}" if len(hidden) == 1 else "customer")


def _search(session: Session, actor: Actor, turn: Turn) -> Sequence[Customer]:
    if card := turn.entity("card_no"):
        owner = customers.by_identity(session, IdentityKind.CARD, card)
        return [owner] if owner and actor.sees(owner) else []
    said = turn.entity("phone")
    phone = phones.normalise(said) if said else None
    tail = phones.tail(phone) if phone else turn.entity("phone_tail")
    found = customers.find(session, actor, name=turn.entity("customer_name"), phone_tail=tail)
    return [one for one in found if phone in {None, one.phone}]


def _known(session: Session, actor: Actor, customer_id: int) -> Customer:
    try:
        return customers.get(session, actor, Permission.CUSTOMER_READ, customer_id)
    except Forbidden:  # somebody else's by now
        raise CustomerNotFound(f"customer:{customer_id}") from None


def _offer(
    turn: Turn,
    found: Sequence[Customer],
    carry: dict[str, Any],
    *,
    action: str | None = None,
    slot: str = "customer_id",
) -> None:
    options = [
        Option(customers.shown(one), action or turn.action, {slot: one.id, **carry})
        for one in found[:_MOST]
    ]
    more = "" if len(found) <= _MOST else "\n人数较多，请说全名或手机尾号。"
    turn.offer("utter_which_of_them", options, count=len(found), more=more)
