"""What assistants write down about their own customers: sizes, styles, measures, tags, notes."""

import re
from dataclasses import replace
from typing import Any

from sqlmodel import Session

from actions.base import CrmAction, CrmForm, reset
from actions.people import whom
from actions.preference_words import NoSuchSize, Said, read, to_slot, told, unchanged, wanted
from actions.profile import ask_which_size
from actions.turn import Turn
from crm_core.authz import Actor, Role
from crm_core.customers import service as customers
from crm_core.customers.models import Customer
from crm_core.preferences import service as preferences

FORM = "customer_profile_form"
SLOT = "profile_said"
_WRITERS = frozenset({Role.ASSISTANT, Role.ADMIN})
_DROPS = re.compile(r"去掉|删|刪|取消|撤|移除")
_NOTEWORTHY = re.compile(r"备注|備註|生日|过敏|過敏|习惯|習慣|忌|怕|爱|愛|喜欢|喜歡")
_SHORTEST_NOTE = 8  # 「生日记错了」 says nothing to note
_LONGEST_NOTE = 200


class UpdateCustomerProfile(CrmAction):
    """Writes what was said of one customer; asks only where nothing was said."""

    roles = _WRITERS
    writes = True

    def name(self) -> str:
        return "action_update_customer_profile"

    def handle(self, session: Session, actor: Actor, turn: Turn) -> None:
        kept = turn.slot(SLOT)
        said = Said(**kept) if kept else _read(turn)
        customer = whom(session, actor, turn, **{SLOT: to_slot(said)})
        if customer is None:
            return
        reset(turn, [SLOT])
        if said.torn:
            ask_which_size(turn, said, SLOT, customer_id=customer.id)
        elif said:
            _write(session, actor, customer, turn, said)
        elif turn.form not in {None, FORM}:
            turn.say("utter_finish_first")
        else:
            turn.then(FORM)


class CustomerProfileForm(CrmForm):
    """Takes what is to be written down; what is no size, style or tag becomes a note."""

    roles = _WRITERS
    begins = frozenset({"update_customer_profile"})
    answers = frozenset({"deny", "tag_customer", "log_tryon", "select_option"})

    def name(self) -> str:
        return f"validate_{FORM}"

    def fill(self, session: Session, actor: Actor, turn: Turn) -> dict[str, Any]:
        if turn.asked is None:
            return {}
        if turn.intent == "deny":
            turn.say("utter_cancelled")
            turn.leave_form()
            return {SLOT: None}
        return {SLOT: to_slot(_read(turn, is_answer=True))}


def _write(session: Session, actor: Actor, customer: Customer, turn: Turn, said: Said) -> None:
    known = preferences.current(session, actor, customer.id)
    name = customers.shown(customer)
    try:
        values = wanted(said, known, turn.ref)
    except NoSuchSize:
        turn.say("utter_their_size_from_nothing", name=name)
        return
    changes = preferences.change(session, actor, customer.id, values, ref=turn.ref)
    same = unchanged(values, changes)
    if not changes:
        turn.say("utter_their_preferences_same", name=name, same=same)
        return
    same = f"{same}。" if same else ""
    turn.say("utter_their_preferences_changed", name=name, changes=told(changes), same=same)
    turn.set("undo", {"what": "preferences", "ref": turn.ref, "customer_id": customer.id})


def _read(turn: Turn, *, is_answer: bool = False) -> Said:
    """Sizes and styles as customers say them; colours and tags; else a note, if it says one."""
    said = read(turn, answering="size" if is_answer else None)
    tags = [*turn.entities("tag"), *(f"偏爱{color}" for color in turn.entities("color"))]
    said = replace(said, tags=dict.fromkeys(tags, not _DROPS.search(turn.text)))
    is_note = len(turn.text) >= _SHORTEST_NOTE and _NOTEWORTHY.search(turn.text)
    if not said and (is_answer or is_note):
        return replace(said, note=turn.text[:_LONGEST_NOTE])
    return said
