"""Staff filing a complaint for a customer of theirs, shown to them before it is filed."""

from typing import Any

from sqlmodel import Session

from actions import complaint_words as words
from actions.base import CrmAction, reset
from actions.complaint_words import SLOTS
from actions.people import AskWhom, fill_whom
from actions.turn import Turn
from crm_core.authz import Actor, Permission, Role
from crm_core.customers import service as customers
from crm_core.customers.service import CustomerNotFound
from crm_core.errors import CrmError
from crm_core.tickets import service as tickets
from crm_core.tickets import wording

FORM = "customer_complaint_form"
COMPLAINANT = "complainant"  # not customer_id: a look-up in between speaks of somebody else
MAY_FILE = frozenset({Role.ASSISTANT, Role.ADMIN})


class CustomerComplaintForm(words.DescribingForm):
    roles = MAY_FILE
    begins = frozenset({"file_complaint_for_customer"})
    answers = frozenset({"affirm", "deny", "lookup_customer", "file_complaint"})

    def name(self) -> str:
        return f"validate_{FORM}"

    def is_answer(self, turn: Turn) -> bool:
        """What only customers wish for is a part of their complaint."""
        describes = turn.asked == "complaint_description" and turn.intent in words.CUSTOMERS_WISHES
        return describes or super().is_answer(turn)

    def fill(self, session: Session, actor: Actor, turn: Turn) -> dict[str, Any]:
        begins = turn.intent in self.begins
        who = self._named(session, actor, turn) if begins or turn.asked == COMPLAINANT else {}
        known = turn.slot(COMPLAINANT)
        if turn.asked not in {*SLOTS, COMPLAINANT}:
            return self._opened(turn, {COMPLAINANT: turn.slot("customer_id")} | who)
        if begins and who.get(COMPLAINANT, known) != known:
            return self._opened(turn, who)
        if turn.asked == COMPLAINANT:
            return self._who(turn, who)
        if turn.intent == "lookup_customer":
            return {}
        filled = words.more(turn)
        return filled and filled | _order(turn)

    def after_error(self, turn: Turn, error: CrmError) -> None:
        super().after_error(turn, error)
        if isinstance(error, CustomerNotFound):  # not for the one who was talked about before
            turn.set(COMPLAINANT, None)

    def _opened(self, turn: Turn, who: dict[str, Any]) -> dict[str, Any]:
        filled = words.opening(turn) if turn.intent in self.begins else {}
        return dict.fromkeys(SLOTS) | filled | _order(turn) | who

    def _named(self, session: Session, actor: Actor, turn: Turn) -> dict[str, Any]:
        """The complainant, who is then the one spoken of too."""
        who = fill_whom(session, actor, turn, COMPLAINANT)
        return who | {"customer_id": who[COMPLAINANT]} if who.get(COMPLAINANT) else who

    def _who(self, turn: Turn, who: dict[str, Any]) -> dict[str, Any]:
        if turn.intent == "deny":
            words.leave(turn)
            return {}
        return {COMPLAINANT: None} | who


class AskComplainant(AskWhom):
    roles = MAY_FILE
    slot = COMPLAINANT

    @property
    def form(self) -> str:
        return FORM


class AskCustomerComplaintConfirm(CrmAction):
    """Shows what would be filed, and for whom."""

    roles = MAY_FILE

    def name(self) -> str:
        return f"action_ask_{FORM}_complaint_confirm"

    def handle(self, session: Session, actor: Actor, turn: Turn) -> None:
        customer_id, case = int(turn.slot(COMPLAINANT)), words.case(turn)
        customer = customers.get(session, actor, Permission.TICKET_OPEN, customer_id)
        turn.say(
            "utter_customer_complaint_draft",
            customer=customers.shown(customer),
            type=(case.type or wording.classify(case.description)).value,
            description=case.description,
        )


class FileComplaintForCustomer(CrmAction):
    roles = MAY_FILE
    writes = True

    def name(self) -> str:
        return "action_file_complaint_for_customer"

    def handle(self, session: Session, actor: Actor, turn: Turn) -> None:
        case, confirmed = words.case(turn), turn.slot("complaint_confirm")
        customer_id = int(turn.slot(COMPLAINANT))
        reset(turn, (*SLOTS, COMPLAINANT))
        if not confirmed:
            turn.say("utter_complaint_not_filed")
            return
        ticket = tickets.open_(session, actor, customer_id, case, ref=turn.ref)
        customer = customers.get(session, actor, Permission.CUSTOMER_READ, customer_id)
        turn.say(
            "utter_customer_complaint_filed",
            customer=customers.shown(customer),
            number=ticket.number,
            type=words.kind(ticket.type),
        )


def _order(turn: Turn) -> dict[str, Any]:
    number = turn.entity("order_no")
    return {"complaint_order_no": number} if number else {}
