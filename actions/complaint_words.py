"""What a message says about a complaint; the same for customers and for staff who file for them."""

from typing import Any

from actions.base import CrmForm
from actions.turn import Turn
from crm_core.tickets import wording
from crm_core.tickets.models import ComplaintType
from crm_core.tickets.service import MOST_CHARACTERS, Case

SLOTS = (
    "complaint_description", "complaint_type", "complaint_order_no", "complaint_confirm",
)  # fmt: skip
# What a description may be taken for; where it names a symptom it is no digression.
CUSTOMERS_WISHES = frozenset({
    "update_size", "update_style", "rate_service", "request_return", "request_exchange",
    "query_delivery", "query_order", "query_after_sale", "check_stock", "vote_outfit",
    "recommend_items", "search_product",
})  # fmt: skip
_MISTAKEN = CUSTOMERS_WISHES | {
    "ask_policy", "thank", "goodbye", "greet", "human_handoff", "log_tryon",
    "update_customer_profile", "lookup_last_purchase", "recommend_for_customer",
}  # fmt: skip
# Names of people, shops and orders alone do not say what happened.
_WHO_AND_WHERE = (
    "customer_name", "staff_name", "store", "order_no", "phone", "phone_tail", "card_no", "time",
)  # fmt: skip


class DescribingForm(CrmForm):
    """A form whose free text may look like a wish for something else."""

    def is_answer(self, turn: Turn) -> bool:
        return super().is_answer(turn) or (turn.asked in SLOTS and is_mistaken(turn))


def is_mistaken(turn: Turn) -> bool:
    """Whether what went wrong was taken for a wish: 「导购翻白眼」 asks for nobody."""
    if turn.intent == "human_handoff" and wording.wants_a_person(turn.text):
        return False
    return turn.intent in _MISTAKEN and wording.has_symptom(turn.text)


def opening(turn: Turn) -> dict[str, Any]:
    """What the message that opens a form fills; the slots it says nothing about are left out."""
    said = wording.says_what_happened(_without_names(turn))
    return (described(turn.text) if said else {}) | type_named(turn)


def more(turn: Turn) -> dict[str, Any]:
    """What an answer fills; {} when it left the form."""
    if turn.asked == "complaint_confirm":
        return _answer(turn)
    if turn.intent == "deny":
        leave(turn)
        return {}
    if turn.intent == "affirm" or not turn.text.strip():
        return {"complaint_description": None}
    if turn.intent.startswith("file_complaint"):
        return {"complaint_description": None} | opening(turn)
    return described(turn.text) | type_named(turn)


def leave(turn: Turn) -> None:
    """不用了, before anything was asked to be confirmed, leaves the form."""
    turn.say("utter_cancelled")
    turn.leave_form()


def case(turn: Turn) -> Case:
    """What a filled form says."""
    named = turn.slot("complaint_type")
    return Case(
        str(turn.slot("complaint_description") or ""),
        ComplaintType(named) if named else None,
        turn.slot("complaint_order_no"),
    )


def kind(named: ComplaintType) -> str:
    """What a complaint of this type is called: 质量投诉."""
    return "投诉" if named is ComplaintType.OTHER else f"{named.value}投诉"


def described(text: str) -> dict[str, Any]:
    """The text as the description."""
    return {"complaint_description": text.strip()[:MOST_CHARACTERS]}


def joined(turn: Turn) -> str:
    """What was described so far, and what is said now."""
    return "；".join(filter(None, (turn.slot("complaint_description"), turn.text.strip())))


def type_named(turn: Turn) -> dict[str, Any]:
    """The type, if one was named in so many words."""
    said = turn.entity("complaint_type")
    known = {kind.value for kind in ComplaintType}
    return {"complaint_type": said} if said in known else {}


def _answer(turn: Turn) -> dict[str, Any]:
    """Yes, no, or more words, which are shown again."""
    if turn.intent in {"affirm", "deny"}:
        return {"complaint_confirm": turn.intent == "affirm"}
    only_the_order = turn.entity("order_no") and not wording.has_symptom(turn.text)
    if turn.intent in {"chitchat", "out_of_scope"} or only_the_order or not turn.text.strip():
        return {"complaint_confirm": None}
    return described(joined(turn)) | {"complaint_confirm": None}


def _without_names(turn: Turn) -> str:
    """The text without who and where: 「投诉万达店的小李」 leaves 「投诉的」."""
    text = turn.text
    for mention in reversed(turn.mentions(*_WHO_AND_WHERE)):
        text = text[: mention.start] + text[mention.end :]
    return text
