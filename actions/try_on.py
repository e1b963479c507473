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
from crm_core.customers.models import Customer
from crm_core.follow_ups import service as follow_ups
from crm_core.follow_ups.service import Tried
from crm_core.rules import service as rules

FORM = "try_on_form"
SLOTS = ("tried_by", "tried_product", "tried_size", "tried_reason", "tried_confirm")
WRITERS = frozenset({Role.ASSISTANT, Role.ADMIN})

_UNKNOWN_SIZE = re.compile(r"不知道|不清楚|不记得|没注意|没留意|没看|忘了|随便|没有|无")
_CLAUSES = re.compile(r"[,，。;；、！!?？\s]+")
# Why somebody did not buy: from the word on, or the whole clause.
_SAYS_WHY = re.compile(r"嫌|觉得|感觉|因为|原因|有点|还是|偏|太|显|怕|等|说")
_IS_WHY = re.compile(r"不合|不舒服|没码|断码|没货|价格|[贵紧透薄]")
_NO_WHY = re.compile(r"(?:没|未|不)(?:有)?(?:买|要|拿|购|下单|成交|成)[了的]?.*$")
_LEADS = re.compile(r"^(?:说是?|因为|原因是?|是)")
# 「试了羊毛大衣」: what stands between the verb and the kind of garment belongs to its name.
_CALLED = re.compile(
    r"(?:试穿|试|穿)(?:了|的|过|的是)?(?:我们|咱们|咱)?[那这]?[一]?[件条款套身]?([^\s,，。、:：]{1,8})$"
)
_SIZE_BEFORE = re.compile(r"^(?:[0-9]*[SMLX]+|\d{2,3}|[小中大加均])?码?的")
_NO_NAME = {"affirm", "deny", "log_tryon", "lookup_customer"}  # said of no goods
_MOST_REASON = 120
_MOST_PRODUCT = 60
_BARE, _BARE_NAME = 12, 6  # characters


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
        said = _said(turn) | fill_whom(session, actor, turn, "tried_by")
        if turn.asked is None:
            actor.require(Permission.TRY_ON_WRITE)
            spoken_of = {"tried_by": turn.slot("customer_id")}
            return dict.fromkeys(SLOTS) | spoken_of | said
        if turn.asked == "tried_confirm":
            return _decided(turn, said)
        if turn.intent == "lookup_customer" and len(turn.text) > _BARE_NAME and not _is_bare(turn):
            return {}
        answer = _in_words(turn) | said
        if turn.intent == "deny" and not any(value is not None for value in answer.values()):
            turn.say("utter_cancelled")
            turn.leave_form()
        return answer


class AskWhoTried(AskWhom):
    slot = "tried_by"

    @property
    def form(self) -> str:
        return FORM


class AskTriedProduct(CrmAction):
    """Says for whom, since that may be who was spoken of before."""

    roles = WRITERS

    def name(self) -> str:
        return f"action_ask_{FORM}_tried_product"

    def handle(self, session: Session, actor: Actor, turn: Turn) -> None:
        customer = _customer(session, actor, turn)
        turn.say("utter_which_product_tried", who=customers.shown(customer))


class AskTryOnConfirm(CrmAction):
    """What would be written down, before it is."""

    roles = WRITERS

    def name(self) -> str:
        return f"action_ask_{FORM}_tried_confirm"

    def handle(self, session: Session, actor: Actor, turn: Turn) -> None:
        customer = _customer(session, actor, turn)
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
            customer_id = int(turn.slot("tried_by"))
            made = follow_ups.log_try_on(
                session, actor, customer_id, _tried(session, turn), ref=turn.ref
            )
            turn.say("utter_try_on_logged", what=made.what, day=periods.day(made.due_on))
            turn.set("customer_id", customer_id)
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
    """What it was called: 羊毛大衣, 驼色大衣, 法式连衣裙."""
    color = turn.entity("color") or ""
    if product := turn.entity("product"):
        return product if color in product else f"{color}{product}"
    if category := next(iter(turn.mentions("category")), None):
        called = _CALLED.search(turn.text[: category.start])
        before = _SIZE_BEFORE.sub("", called[1]) if called else ""
        return f"{before or color + (turn.entity('style') or '')}{category.value}"
    return f"{color}那款" if color else ""


def _in_words(turn: Turn) -> dict[str, Any]:
    """An answer that no entity was found in; else what was asked is asked again."""
    text = turn.text.strip()
    names_goods = 0 < len(text) <= _MOST_PRODUCT and turn.intent not in _NO_NAME
    if turn.asked == "tried_product" and names_goods:
        return {"tried_product": text}
    if turn.asked == "tried_size" and _UNKNOWN_SIZE.search(text):
        return {"tried_size": ""}
    return {str(turn.asked): None}


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


def _customer(session: Session, actor: Actor, turn: Turn) -> Customer:
    return customers.get(session, actor, Permission.CUSTOMER_READ, int(turn.slot("tried_by")))


def _tried(session: Session, turn: Turn) -> Tried:
    """As it was called; an article number becomes its name."""
    said = str(turn.slot("tried_product"))
    exact = catalog.exact(session, said)
    found = [exact] if exact else catalog.find(session, said)
    product = found[0] if len(found) == 1 else None
    return Tried(
        product=exact.name if exact else said,
        size=str(turn.slot("tried_size") or ""),
        reason=str(turn.slot("tried_reason") or ""),
        product_id=product.id if product else None,
    )
