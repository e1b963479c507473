"""Writing down that somebody tried something on and did not buy it."""

import re
from datetime import timedelta
from typing import Any

from sqlmodel import Session

from actions import periods
from actions.base import CrmAction, CrmForm, reset
from actions.people import AskWhom, fill_whom, names_somebody
from actions.turn import Turn
from crm_core.authz import Actor, Permission, Role
from crm_core.catalog import service as catalog
from crm_core.clock import today
from crm_core.customers import service as customers
from crm_core.follow_ups import service as follow_ups
from crm_core.follow_ups.service import Tried
from crm_core.rules import service as rules

FORM = "try_on_form"
SLOTS = ("tried_product", "tried_size", "tried_reason", "tried_confirm")
WRITERS = frozenset({Role.ASSISTANT, Role.ADMIN})

_UNKNOWN_SIZE = re.compile(r"不知道|不清楚|不记得|没注意|没留意|没看|忘了|随便|没有|无")
_CLAUSES = re.compile(r"[,，。;；、！!?？\s]+")
# Why somebody did not buy: from the word on, or the whole clause.
_SAYS_WHY = re.compile(r"嫌|觉得|感觉|因为|原因|有点|还是|偏|太|显|怕|等|说")
_IS_WHY = re.compile(r"不合|不舒服|没码|断码|没货|价格|[贵紧透薄]")
_NO_WHY = re.compile(r"(?:没|未|不)(?:有)?(?:买|要|拿|购|下单|成交|成)[了的]?.*$")
_LEADS = re.compile(r"^(?:说是?|因为|原因是?|是)")
_MOST_REASON = 120
_MOST_PRODUCT = 60
_BARE = 12  # characters


class TryOnForm(CrmForm):
    """Takes whom, what and which size; why is kept where it was said, and not asked for."""

    roles = WRITERS
    begins = frozenset({"log_tryon"})
    answers = frozenset({"affirm", "deny", "lookup_customer", "update_size"})

    def name(self) -> str:
        return f"validate_{FORM}"

    def is_answer(self, turn: Turn) -> bool:
        """At the opening every message is; later also a bare name of goods or a size."""
        return turn.asked is None or super().is_answer(turn) or _is_bare(turn)

    def fill(self, session: Session, actor: Actor, turn: Turn) -> dict[str, Any]:
        said = _said(turn) | fill_whom(session, actor, turn)
        if turn.asked is None:
            actor.require(Permission.TRY_ON_WRITE)
            return dict.fromkeys(SLOTS) | said
        if turn.asked == "tried_confirm":
            return _decided(turn, said)
        if turn.intent == "deny" and not said:
            turn.say("utter_cancelled")
            turn.leave_form()
            return dict.fromkeys(SLOTS)
        if turn.intent == "lookup_customer" and turn.asked != "customer_id" and not _is_bare(turn):
            return {}
        return _in_words(turn) | said


class AskWhoTried(AskWhom):
    @property
    def form(self) -> str:
        return FORM


class AskTryOnConfirm(CrmAction):
    """What would be written down, before it is."""

    roles = WRITERS

    def name(self) -> str:
        return f"action_ask_{FORM}_tried_confirm"

    def handle(self, session: Session, actor: Actor, turn: Turn) -> None:
        customer = customers.get(
            session, actor, Permission.CUSTOMER_READ, int(turn.slot("customer_id"))
        )
        due_on = today() + timedelta(days=rules.get(session, "follow_up.try_on_days"))
        turn.say(
            "utter_try_on_draft", who=customers.shown(customer), what=_tried(session, turn).words,
            day=periods.day(due_on),
        )  # fmt: skip


class LogTryOn(CrmAction):
    roles = WRITERS
    writes = True

    def name(self) -> str:
        return "action_log_try_on"

    def handle(self, session: Session, actor: Actor, turn: Turn) -> None:
        if turn.slot("tried_confirm"):
            customer_id = int(turn.slot("customer_id"))
            made = follow_ups.log_try_on(
                session, actor, customer_id, _tried(session, turn), ref=turn.ref
            )
            turn.say("utter_try_on_logged", what=made.what, day=periods.day(made.due_on))
            turn.set("undo", {"what": "follow_ups", "ref": turn.ref})
        else:
            turn.say("utter_cancelled")
        reset(turn, SLOTS)


def _is_bare(turn: Turn) -> bool:
    """「M码」, 「驼色大衣」: nothing but what was asked for, whatever intent it looks like."""
    asked = {"tried_product": _goods(turn), "tried_size": turn.entity("size")}
    return (
        bool(asked.get(turn.asked or "")) and len(turn.text) <= _BARE and not names_somebody(turn)
    )


def _said(turn: Turn) -> dict[str, Any]:
    """What the message names by itself."""
    found = {"tried_product": _goods(turn), "tried_size": turn.entity("size")}
    found["tried_reason"] = reason(turn.text) if turn.intent == "log_tryon" else None
    if found["tried_size"] and found["tried_size"][0] in "+-":  # bigger than what?
        del found["tried_size"]
    return {slot: value for slot, value in found.items() if value}


def _goods(turn: Turn) -> str:
    """The product as it was called: 羊毛大衣; 驼色大衣, 法式连衣裙 where only a kind was named."""
    color = turn.entity("color") or ""
    if product := turn.entity("product"):
        return product if color in product else f"{color}{product}"
    if category := turn.entity("category"):
        return f"{color}{turn.entity('style') or ''}{category}"
    return f"{color}那款" if color else ""


def _in_words(turn: Turn) -> dict[str, Any]:
    """An answer that no entity was found in."""
    text = turn.text.strip()
    if turn.asked == "tried_product" and 0 < len(text) <= _MOST_PRODUCT:
        return {"tried_product": text} if turn.intent not in {"affirm", "log_tryon"} else {}
    if turn.asked == "tried_size" and _UNKNOWN_SIZE.search(text):
        return {"tried_size": ""}
    return {turn.asked: None} if turn.asked else {}


def _decided(turn: Turn, said: dict[str, Any]) -> dict[str, Any]:
    """Yes, no, or 「不对，是L码」, after which it is asked again."""
    if corrected := {slot: value for slot, value in said.items() if slot != "tried_reason"}:
        return corrected | {"tried_confirm": None}
    return {"tried_confirm": turn.intent == "affirm"} if turn.intent in {"affirm", "deny"} else {}


def reason(text: str) -> str:
    """Why it was not bought, in the assistant's words: 嫌贵；袖子太长."""
    parts = []
    for clause in _CLAUSES.split(text):
        said = _NO_WHY.sub("", clause)
        if found := _SAYS_WHY.search(said):
            parts.append(_LEADS.sub("", said[found.start() :]))
        elif _IS_WHY.search(said):
            parts.append(said)
    return "，".join(part for part in parts if part)[:_MOST_REASON]


def _tried(session: Session, turn: Turn) -> Tried:
    said = str(turn.slot("tried_product"))
    product = catalog.exact(session, said)
    return Tried(
        product=product.name if product else said,
        size=str(turn.slot("tried_size") or ""),
        reason=str(turn.slot("tried_reason") or ""),
        product_id=product.id if product else None,
    )
