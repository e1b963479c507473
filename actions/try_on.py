"""Writing down that somebody tried something on and did not buy it."""

from datetime import timedelta
from typing import Any

from sqlmodel import Session

from actions import periods
from actions.base import CrmAction, CrmForm, reset
from actions.people import AskWhom, fill_whom
from actions.try_on_words import in_words, is_bare, said
from actions.turn import Turn
from crm_core.authz import Actor, Permission, Role
from crm_core.catalog import service as catalog
from crm_core.clock import today
from crm_core.customers import service as customers
from crm_core.customers.models import Customer
from crm_core.errors import CrmError
from crm_core.follow_ups import service as follow_ups
from crm_core.follow_ups.service import Tried
from crm_core.rules import service as rules

FORM = "try_on_form"
SLOTS = ("tried_by", "tried_product", "tried_size", "tried_reason", "tried_confirm")
WRITERS = frozenset({Role.ASSISTANT, Role.ADMIN})

_BARE_NAME = 6  # characters


class TryOnForm(CrmForm):
    """Takes whom, what and which size; why is kept where it was said, and not asked for."""

    roles = WRITERS
    begins = frozenset({"log_tryon"})
    answers = frozenset({"affirm", "deny", "lookup_customer", "update_size"})

    def name(self) -> str:
        return f"validate_{FORM}"

    def is_answer(self, turn: Turn) -> bool:
        """At the opening every message is; later also a bare name of goods or a size."""
        return turn.asked is None or super().is_answer(turn) or is_bare(turn)

    def fill(self, session: Session, actor: Actor, turn: Turn) -> dict[str, Any]:
        told = said(turn) | fill_whom(session, actor, turn, "tried_by")
        if turn.asked is None:
            actor.require(Permission.TRY_ON_WRITE)
            spoken_of = {"tried_by": turn.slot("customer_id")}
            return dict.fromkeys(SLOTS) | spoken_of | told
        if turn.asked == "tried_confirm":
            return _decided(turn, told)
        if turn.intent == "lookup_customer" and len(turn.text) > _BARE_NAME and not is_bare(turn):
            return {}
        answer = in_words(turn) | told
        if turn.intent == "deny" and not any(value is not None for value in answer.values()):
            turn.say("utter_cancelled")
            turn.leave_form()
        return answer

    def after_error(self, turn: Turn, error: CrmError) -> None:
        """At the opening nothing of an earlier, abandoned form is gone on with."""
        super().after_error(turn, error)
        if turn.asked is None:
            reset(turn, SLOTS)


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


def _decided(turn: Turn, told: dict[str, Any]) -> dict[str, Any]:
    """Yes, no, or 「不对，是L码」, after which it is asked again."""
    if corrected := {slot: value for slot, value in told.items() if slot != "tried_reason"}:
        return corrected | {"tried_confirm": None}
    return {"tried_confirm": turn.intent == "affirm"} if turn.intent in {"affirm", "deny"} else {}


def _customer(session: Session, actor: Actor, turn: Turn) -> Customer:
    return customers.get(session, actor, Permission.CUSTOMER_READ, int(turn.slot("tried_by")))


def _tried(session: Session, turn: Turn) -> Tried:
    """As it was called; an article number becomes its name."""
    called = str(turn.slot("tried_product"))
    exact = catalog.exact(session, called)
    found = [exact] if exact else catalog.find(session, called)
    product = found[0] if len(found) == 1 else None
    return Tried(
        product=exact.name if exact else called,
        size=str(turn.slot("tried_size") or ""),
        reason=str(turn.slot("tried_reason") or ""),
        product_id=product.id if product else None,
    )
