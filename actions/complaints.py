"""Customers complaining: anger is met at once, everything else is shown before it is filed."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlmodel import Session

from actions import complaint_words as words
from actions import more_words
from actions.base import CUSTOMER, CrmAction, reset
from actions.complaint_words import SLOTS
from actions.turn import Option, Turn
from crm_core.authz import Actor
from crm_core.clock import local
from crm_core.orders.models import Order
from crm_core.tickets import service as tickets
from crm_core.tickets import wording
from crm_core.tickets.models import Priority, TicketState
from crm_core.tickets.service import Standing

_MOST = 5
_CONFIRMED = {"complaint_confirm": True}


class ComplaintForm(words.DescribingForm):
    roles = CUSTOMER
    begins = frozenset({"file_complaint"})
    answers = frozenset({"affirm", "deny", "give_suggestion"})

    def name(self) -> str:
        return "validate_complaint_form"

    def fill(self, session: Session, actor: Actor, turn: Turn) -> dict[str, Any]:
        if turn.asked not in SLOTS:  # what an earlier, left form collected is gone
            reset(turn, SLOTS)
            begun = turn.intent in self.begins
            filled = dict.fromkeys(SLOTS) | (_said(turn, words.opening) if begun else {})
        else:
            filled = _said(turn, words.more)
        return filled and filled | self._named_order(session, actor, turn)

    def _named_order(self, session: Session, actor: Actor, turn: Turn) -> dict[str, Any]:
        """The order that is named, if it is theirs; else says that the latest one is taken."""
        number = turn.entity("order_no")
        if number is None or actor.customer_id is None:
            return {}
        order = tickets.order_meant(session, actor, actor.customer_id, number)
        if order is None or order.order_no != number:
            turn.say("utter_complaint_order_unknown", order_no=number)
            return {}
        return {"complaint_order_no": number}


class AskComplaintConfirm(CrmAction):
    """Shows what would be filed."""

    roles = CUSTOMER

    def name(self) -> str:
        return "action_ask_complaint_form_complaint_confirm"

    def handle(self, session: Session, actor: Actor, turn: Turn) -> None:
        assert actor.customer_id is not None
        order_no = turn.slot("complaint_order_no")
        order = tickets.order_meant(session, actor, actor.customer_id, order_no)
        case = words.case(turn)
        turn.say(
            "utter_complaint_draft",
            type=(case.type or wording.classify(case.description)).value,
            description=case.description,
            order=_about(order),
        )


class FileComplaint(CrmAction):
    """Files it; who is angry is met with an apology and the offer of a person."""

    roles = CUSTOMER
    writes = True

    def name(self) -> str:
        return "action_file_complaint"

    def handle(self, session: Session, actor: Actor, turn: Turn) -> None:
        assert actor.customer_id is not None
        case, confirmed = words.case(turn), turn.slot("complaint_confirm")
        reset(turn, SLOTS)
        if not confirmed:
            turn.say("utter_complaint_not_filed")
            return
        ticket = tickets.open_(session, actor, actor.customer_id, case, ref=turn.ref)
        told = {"number": ticket.number, "type": words.kind(ticket.type)}
        if ticket.priority is Priority.NORMAL:
            turn.say("utter_complaint_filed", **told)
            return
        person = [Option("转人工", "action_human_handoff")]
        if wording.says_what_happened(case.description):
            turn.suggest("utter_complaint_filed_urgently", person, **told)
        else:
            turn.suggest("utter_complaint_filed_what_happened", person, **told)
            more_words.ask(turn, "ticket", ticket.id)


class QueryComplaint(CrmAction):
    """How the customer's complaints stand: the one named or the only one, else a list."""

    roles = CUSTOMER

    def name(self) -> str:
        return "action_query_complaint"

    def handle(self, session: Session, actor: Actor, turn: Turn) -> None:
        assert actor.customer_id is not None
        picked = turn.slot("ticket_no") if turn.intent == "select_option" else None
        if number := turn.entity("ticket_no") or picked:
            _tell(turn, tickets.find(session, actor, number))
            return
        standings = tickets.of_customer(session, actor, actor.customer_id)
        if not standings:
            turn.suggest("utter_no_complaints", [Option("我要投诉", "complaint_form")])
        elif len(standings) == 1:
            _tell(turn, standings[0])
        else:
            options = [_option(one) for one in standings[:_MOST]]
            turn.offer("utter_complaints", options, count=len(standings))


def _said(turn: Turn, read: Callable[[Turn], dict[str, Any]]) -> dict[str, Any]:
    """What `read` finds; angry words are all that is needed, and are filed unasked."""
    if wording.is_angry(turn.text) and turn.intent not in {"affirm", "deny"}:
        return words.described(words.joined(turn)) | _CONFIRMED | words.type_named(turn)
    return read(turn)


def _option(standing: Standing) -> Option:
    ticket = standing.ticket
    how = f"{ticket.state.value}，{_day(standing.since)}起"
    title = f"{ticket.number} {words.kind(ticket.type)}（{how}）"
    return Option(title, "action_query_complaint", {"ticket_no": ticket.number})


def _tell(turn: Turn, standing: Standing) -> None:
    ticket = standing.ticket
    if ticket.state is TicketState.OPEN:
        who = "店长会尽快受理。"
    elif ticket.state is TicketState.CLOSED:
        who = "如果还没解决，可以再发起投诉或转人工。"
    else:
        who = f"由{standing.owner}负责跟进。" if standing.owner else ""
    turn.say(
        "utter_complaint_status",
        number=ticket.number,
        type=words.kind(ticket.type),
        state=ticket.state.value,
        opened=_day(ticket.opened_at),
        since=_day(standing.since),
        who=who,
    )


def _about(order: Order | None) -> str:
    return f"\n关于：{_day(order.paid_at)}的订单 {order.order_no}" if order else ""


def _day(moment: datetime) -> str:
    day = local(moment)
    return f"{day.month}月{day.day}日"
