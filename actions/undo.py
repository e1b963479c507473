"""Taking back what chat changed last."""

from collections.abc import Callable
from typing import Any

from sqlmodel import Session

from actions import binding, consent, followups, profile
from actions.base import CrmAction
from actions.turn import Turn
from crm_core.authz import Actor

# What slot `undo` names; says what was taken back, or returns False if nothing was.
UNDO: dict[str, Callable[[Session, Actor, Turn, dict[str, Any]], bool]] = {
    "preferences": profile.undo,
    "consents": consent.undo,
    "binding": binding.undo,
    "follow_ups": followups.undo,
}


class UndoChange(CrmAction):
    writes = True

    def name(self) -> str:
        return "action_undo_change"

    def handle(self, session: Session, actor: Actor, turn: Turn) -> None:
        change = turn.slot("undo")
        if not change or not UNDO[change["what"]](session, actor, turn, change):
            turn.say("utter_nothing_to_undo")
        turn.set("undo", None)
