"""What every role can do: get help, pick from a list, leave a form."""

from sqlmodel import Session

from actions import answers
from actions.base import CrmAction
from actions.turn import Option, Turn
from crm_core.authz import Actor, Role

_PATIENCE = 2  # failures in a row before a person is offered
_CAN_ASK: dict[Role, list[Option]] = {
    Role.CUSTOMER: [
        Option("查积分", "action_query_points"),
        Option("搭配投票", "action_list_polls"),
        Option("我的资料", "action_query_profile"),
        Option("投诉与售后", "complaint_form"),
        Option("转人工", "action_human_handoff"),
    ],
    Role.ASSISTANT: [
        Option("今日回访", "action_list_followups"),
        Option("登记试穿", "try_on_form"),
        Option("查顾客", "action_lookup_customer"),
    ],
    Role.MANAGER: [
        Option("今日经营", "action_store_report"),
        Option("待处理预警", "action_list_alerts"),
        Option("客户分群", "action_segment_stats"),
        Option("发起投票", "poll_form"),
    ],
    Role.MARKETER: [
        Option("客户分群", "action_segment_stats"),
        Option("发起投票", "poll_form"),
    ],
    Role.SERVICE: [Option("查顾客", "action_lookup_customer")],
}


class Help(CrmAction):
    def name(self) -> str:
        return "action_help"

    def handle(self, session: Session, actor: Actor, turn: Turn) -> None:
        role = Role.MANAGER if actor.role is Role.ADMIN else actor.role
        turn.suggest(f"utter_help_{role.value}", _CAN_ASK[role])


class SelectOption(CrmAction):
    """Picks from the list last shown, or answers what we asked since by a message of ours."""

    def name(self) -> str:
        return "action_select_option"

    def handle(self, session: Session, actor: Actor, turn: Turn) -> None:
        options = turn.slot("options") or []
        number = answers.number_said(turn)
        answer = answers.meant(session, actor, turn)
        if answer is None and options and not 1 <= abs(number) <= len(options):
            turn.say("utter_pick_in_range", most=len(options))
            return
        picked = answer or (options[number - 1 if number > 0 else number] if options else None)
        if picked is None:
            turn.say("utter_nothing_to_pick")
            return
        for slot, value in picked["slots"].items():
            turn.set(slot, value)
        turn.then(picked["action"])


class Cancel(CrmAction):
    """Leaves the form that is being filled, or says that there is none."""

    def name(self) -> str:
        return "action_cancel"

    def handle(self, session: Session, actor: Actor, turn: Turn) -> None:
        if turn.form is None:
            turn.say("utter_nothing_to_cancel")
            return
        turn.say("utter_cancelled")
        turn.leave_form()


class Fallback(CrmAction):
    """Says what it can do and asks; after two failures in a row a person is offered."""

    understood = False

    def name(self) -> str:
        return "action_fallback"

    def handle(self, session: Session, actor: Actor, turn: Turn) -> None:
        failures = int(turn.slot("failures") or 0) + 1
        if failures >= _PATIENCE and actor.role is Role.CUSTOMER:
            turn.set("failures", 0)
            turn.then("action_human_handoff")
            return
        turn.set("failures", failures)
        Help().handle(session, actor, turn)
