"""Asking for a person: customers are handed over, staff are told whom to call."""

from sqlmodel import Session

from actions.base import CrmAction
from actions.turn import Turn
from crm_core.authz import Actor, Role
from crm_core.handover import service as handover
from crm_core.staff import service as staff


class HumanHandoff(CrmAction):
    writes = True

    def name(self) -> str:
        return "action_human_handoff"

    def handle(self, session: Session, actor: Actor, turn: Turn) -> None:
        if actor.customer_id is None:
            admins = "、".join(one.name for one in staff.working(session, role=Role.ADMIN))
            turn.say("utter_call_headquarters", who=f"：{admins}" if admins else "")
            return
        handover.request(session, actor, actor.customer_id, words=turn.text, ref=turn.ref)
        turn.say("utter_handed_over")

    def return_to_form(self, turn: Turn) -> None:
        """Nothing is asked any more; a form that was open waits until the bot is back."""
        if turn.form:
            turn.then("action_listen")
