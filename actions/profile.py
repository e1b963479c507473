"""What customers tell about themselves: sizes, styles, and what is recorded of them."""

import re
from dataclasses import replace
from typing import Any

from sqlmodel import Session

from actions.base import CUSTOMER, CrmAction, CrmForm, reset
from actions.preference_words import (
    NoSuchSize,
    Said,
    body_shown,
    read,
    sizes_shown,
    to_slot,
    told,
    unchanged,
    wanted,
)  # fmt: skip
from actions.turn import Option, Turn
from crm_core.authz import Actor, Permission
from crm_core.customers import service as customers
from crm_core.merging import binding
from crm_core.preferences import service as preferences
from crm_core.tiers import service as tiers
from crm_core.tiers import wording

FORM = "preferences_form"
SLOTS = ("preferences_said", "preferences_about")
_ABOUT = {"update_size": "size", "update_style": "style"}
_AS_IT_IS = re.compile(r"还是|還是|一样|一樣|不变|不變|没变|沒變|照旧|照舊|原来|原來|上次|老样子")
_BARE, _SHORT = 5, 10  # 「38吧」 is an answer whatever its intent, 「M码还有货吗」 is not
NONE = "没有记录"


class UpdatePreferences(CrmAction):
    """Writes what was said at once; asks only where nothing was said."""

    roles = CUSTOMER
    writes = True

    def name(self) -> str:
        return "action_update_preferences"

    def handle(self, session: Session, actor: Actor, turn: Turn) -> None:
        assert actor.customer_id is not None
        kept = turn.slot("preferences_said")
        said = Said(**kept) if kept else read(turn)
        reset(turn, SLOTS)
        if said.torn:
            ask_which_size(turn, said, "preferences_said")
        elif said:
            _write(session, actor, actor.customer_id, turn, said)
        else:
            ask_for_it(turn, _ABOUT.get(turn.intent, "size"))


def _write(session: Session, actor: Actor, customer_id: int, turn: Turn, said: Said) -> None:
    known = preferences.current(session, actor, customer_id)
    try:
        values = wanted(said, known, turn.ref)
    except NoSuchSize:
        turn.say("utter_size_from_nothing")
        ask_for_it(turn, "size")
        return
    changes = preferences.change(session, actor, customer_id, values, ref=turn.ref)
    same = unchanged(values, changes)
    if not changes:
        turn.say("utter_preferences_same", same=same)
        return
    turn.say("utter_preferences_changed", changes=told(changes), same=f"{same}。" if same else "")
    turn.set("undo", {"what": "preferences", "ref": turn.ref})


def ask_for_it(turn: Turn, about: str) -> None:
    """Begin the form that asks; within another one it has to wait."""
    if turn.form not in {None, FORM}:
        turn.say("utter_finish_first")
        return
    turn.set("preferences_about", about)
    turn.then(FORM)


def ask_which_size(turn: Turn, said: Said, slot: str, **carry: Any) -> None:
    """「M跟L我都穿」: the one that is picked is written with all else that was said."""
    garment, sizes = next(iter(said.torn.items()))
    rest = {name: values for name, values in said.torn.items() if name != garment}
    options = []
    for size in sizes:
        one = replace(said, sizes={**said.sizes, garment: size}, torn=rest)
        slots = {slot: to_slot(one), **carry}
        options.append(Option(f"{garment} {size}".strip(), turn.action, slots))
    turn.offer("utter_which_size", options)


class PreferencesForm(CrmForm):
    """Takes a size or a style; 「还是上次那个」 leaves everything as it is."""

    roles = CUSTOMER
    begins = frozenset(_ABOUT)
    answers = frozenset({"affirm", "deny", "undo_change", "query_profile", "select_option"})

    def name(self) -> str:
        return f"validate_{FORM}"

    def is_answer(self, turn: Turn) -> bool:
        is_bare = len(turn.text) <= _BARE and read(turn, answering=_about(turn))
        stays = len(turn.text) <= _SHORT and _AS_IT_IS.search(turn.text)
        return bool(super().is_answer(turn) or is_bare or stays)

    def fill(self, session: Session, actor: Actor, turn: Turn) -> dict[str, Any]:
        if turn.asked is None:
            return {}
        if said := read(turn, answering=_about(turn)):
            return {"preferences_said": to_slot(said)}
        if turn.intent == "deny":
            turn.say("utter_cancelled")
            turn.leave_form()
        elif _AS_IT_IS.search(turn.text) or turn.intent == "affirm":
            return self._stay(session, actor, turn)
        return {"preferences_said": None} if turn.intent in self.begins else {}

    def _stay(self, session: Session, actor: Actor, turn: Turn) -> dict[str, Any]:
        assert actor.customer_id is not None
        known = preferences.current(session, actor, actor.customer_id)
        present = {"size": sizes_shown(known), "style": "、".join(known.styles)}[_about(turn)]
        if not present:
            return {"preferences_said": None}
        turn.say("utter_preferences_stay", present=present)
        turn.leave_form()
        return dict.fromkeys(SLOTS)


class AskPreferences(CrmAction):
    """Asks for the size or style, and says which is recorded."""

    roles = CUSTOMER

    def name(self) -> str:
        return f"action_ask_{FORM}_preferences_said"

    def handle(self, session: Session, actor: Actor, turn: Turn) -> None:
        assert actor.customer_id is not None
        known = preferences.current(session, actor, actor.customer_id)
        sizes, styles = sizes_shown(known), "、".join(known.styles)
        if _about(turn) == "style":
            turn.say("utter_ask_style", present=f"现在记的是 {styles}。" if styles else "")
        else:
            turn.say("utter_ask_size", present=f"现在记的是 {sizes}。" if sizes else "")


class QueryProfile(CrmAction):
    roles = CUSTOMER

    def name(self) -> str:
        return "action_query_profile"

    def handle(self, session: Session, actor: Actor, turn: Turn) -> None:
        assert actor.customer_id is not None
        customer = customers.get(session, actor, Permission.CUSTOMER_READ, actor.customer_id)
        known = preferences.current(session, actor, customer.id)
        shown = {
            "name": customer.name,
            "bound": "、".join(claim.masked for claim in binding.bound(session, customer)),
            "sizes": sizes_shown(known),
            "styles": "、".join(known.styles),
            "birthday": customer.birthday,
        }
        turn.say(
            "utter_profile",
            tier=_level(session, actor, customer.id),
            body=f"\n身材：{body_shown(known)}" if known.body else "",
            missing="" if all(shown.values()) else _MISSING,
            **{name: value or NONE for name, value in shown.items()},
        )


def _level(session: Session, actor: Actor, customer_id: int) -> str:
    """A level with what it brings: 银卡（9折、免邮）."""
    rights = tiers.rights(session, actor, customer_id)
    brought = wording.brought(rights)
    return f"{rights.level}（{'、'.join(brought)}）" if brought else rights.level


_MISSING = "\n没有记录的可以直接告诉我，比如「我穿M，喜欢法式」；绑定手机号请说「绑定」。"


def undo(session: Session, actor: Actor, turn: Turn, change: dict[str, Any]) -> bool:
    """Take back what chat wrote; False if nothing of it was left to take back."""
    customer_id = int(change.get("customer_id") or actor.customer_id or 0)
    changes = preferences.undo(session, actor, customer_id, change["ref"])
    if changes:
        turn.say("utter_preferences_undone", changes=told(changes))
    return bool(changes)


def _about(turn: Turn) -> str:
    return str(turn.slot("preferences_about") or "size")
