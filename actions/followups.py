"""Whom an assistant has to call: the list, one of it, and ticking it off."""

import re
from collections.abc import Sequence
from typing import Any

from sqlmodel import Session

from actions import periods
from actions.base import CrmAction
from actions.people import names_somebody, whom
from actions.turn import Option, Turn
from crm_core.authz import Actor, Permission, Role
from crm_core.clock import today
from crm_core.customers import service as customers
from crm_core.customers.models import Customer
from crm_core.follow_ups import service as follow_ups
from crm_core.follow_ups.models import FollowUp
from crm_core.staff import service as staff

READERS = frozenset({Role.ASSISTANT, Role.MANAGER, Role.SERVICE, Role.ADMIN})

_MOST = 10
_EVERYTHING = re.compile(r"全部|所有|都列|没跟的|整个")
_MOST_RESULT = 300

Due = tuple[FollowUp, Customer]


class ListFollowUps(CrmAction):
    """Due today and overdue, or of the days that were named; numbered to pick from."""

    roles = READERS

    def name(self) -> str:
        return "action_list_followups"

    def handle(self, session: Session, actor: Actor, turn: Turn) -> None:
        period = periods.read(turn.entity("time"))
        everything = bool(_EVERYTHING.search(turn.text))
        who = _colleague(session, actor, turn)
        if period and period.first != today():
            due = follow_ups.pending(
                session, actor, since=period.first, until=period.last, staff_id=who
            )
        else:
            until = None if everything else today()
            due = follow_ups.pending(session, actor, until=until, staff_id=who)
        when = periods.shown(period) if period else "" if everything else "今天"
        if not due:
            _say_none(session, actor, turn, when, who)
            return
        more = f"\n……还有 {len(due) - _MOST} 位" if len(due) > _MOST else ""
        turn.offer(
            "utter_followups", [_option(one, "action_show_followup") for one in due[:_MOST]],
            when=when, count=len(due), more=more,
        )  # fmt: skip


class ShowFollowUp(CrmAction):
    """One follow-up of the list, and what can be done about it."""

    roles = READERS

    def name(self) -> str:
        return "action_show_followup"

    def handle(self, session: Session, actor: Actor, turn: Turn) -> None:
        row, customer = follow_ups.get(session, actor, int(turn.slot("follow_up_id")))
        turn.set("customer_id", customer.id)
        options = [Option("查顾客资料", "action_lookup_customer", {"customer_id": customer.id})]
        if actor.may(Permission.FOLLOW_UP_WRITE):
            options.insert(0, Option("回访好了", "action_complete_followup"))
        turn.suggest(
            "utter_followup", options, who=customers.shown(customer), what=row.what,
            day=periods.day(row.due_on), late=_late(row) if row.due_on < today() else "",
        )  # fmt: skip


class CompleteFollowUp(CrmAction):
    """Ticks off the one that is meant: picked, named, just looked at, or the only one."""

    roles = frozenset({Role.ASSISTANT, Role.ADMIN})
    writes = True

    def name(self) -> str:
        return "action_complete_followup"

    def handle(self, session: Session, actor: Actor, turn: Turn) -> None:
        result = turn.slot("followup_result") or _result(turn)
        turn.set("followup_result", None)
        if done := follow_ups.done_under(session, turn.ref):  # the same turn again
            self._tell(session, actor, turn, follow_ups.get(session, actor, done.id))
            return
        meant = _meant(session, actor, turn, result)
        if meant is None:
            return
        if not meant:
            turn.say("utter_no_followups_open")
        elif len(meant) > 1:
            options = [_option(one, self.name(), followup_result=result) for one in meant[:_MOST]]
            turn.offer("utter_which_followup", options)
        else:
            row, _ = meant[0]
            follow_ups.complete(session, actor, row.id, result, ref=turn.ref)
            self._tell(session, actor, turn, meant[0])

    def _tell(self, session: Session, actor: Actor, turn: Turn, done: Due) -> None:
        row, customer = done
        left = len(follow_ups.pending(session, actor, until=today()))
        rest = f"今天还有 {left} 位要回访。" if left else "今天的回访都做完了。"
        turn.say(
            "utter_followup_done", name=customer.name or "这位顾客", what=row.what, rest=rest,
        )  # fmt: skip
        turn.set("follow_up_id", None)
        turn.set("customer_id", customer.id)
        turn.set("undo", {"what": "follow_ups", "ref": turn.ref})


def undo(session: Session, actor: Actor, turn: Turn, change: dict[str, Any]) -> bool:
    """Take back a try-on or a ticked-off follow-up, and say so; False if there is nothing."""
    undone = follow_ups.undo(session, actor, change["ref"])
    if undone:
        turn.say("utter_followup_undone")
    return undone


def _colleague(session: Session, actor: Actor, turn: Turn) -> int | None:
    """Whose follow-ups a manager asks for; everybody else has only their own."""
    name = turn.entity("staff_name")
    if not name or actor.role is Role.ASSISTANT:
        return None
    return staff.by_name(session, name, store_id=actor.store_id).id


def _say_none(session: Session, actor: Actor, turn: Turn, when: str, who: int | None) -> None:
    later = follow_ups.pending(session, actor, since=today(), staff_id=who)
    following = ""
    if later:
        row, customer = later[0]
        name = customers.shown(customer)
        following = f"最近一位是{periods.day(row.due_on)}的{name}：{row.what}。"
    turn.say("utter_no_followups", when=when, next=following)


def _option(due: Due, action: str, **slots: Any) -> Option:
    row, customer = due
    chosen = {"follow_up_id": row.id, "customer_id": customer.id}
    return Option(f"{customers.shown(customer)}：{row.what}{_late(row)}", action, chosen | slots)


def _late(row: FollowUp) -> str:
    days = (today() - row.due_on).days
    if days > 0:
        return f"（已过期 {days} 天）"
    return "" if days == 0 else f"（{periods.day(row.due_on)}）"


def _result(turn: Turn) -> str:
    """What came of it, as it was said; a tap says nothing."""
    return turn.text[:_MOST_RESULT] if turn.intent == "complete_followup" else "已回访"


def _meant(session: Session, actor: Actor, turn: Turn, result: str) -> Sequence[Due] | None:
    """The open follow-ups that may be meant; None when it was asked which customer."""
    every = follow_ups.pending(session, actor)
    if chosen := _from_list(turn):
        return [one for one in every if one[0].id == chosen]
    if names_somebody(turn):
        customer = whom(session, actor, turn, followup_result=result, follow_up_id=None)
        return None if customer is None else _of(every, customer.id)
    looked_at = [one for one in every if one[0].id == turn.slot("follow_up_id")]
    spoken_of = _of(every, turn.slot("customer_id"))
    due = [one for one in every if one[0].due_on <= today()]
    return looked_at or spoken_of or due or every


def _from_list(turn: Turn) -> int | None:
    """「第一个回访好了」: the number of a list of follow-ups shown before."""
    options = turn.slot("options") or []
    said = turn.entity("option") if turn.intent == "complete_followup" else None
    if not said or not said.lstrip("-").isdigit() or not 1 <= abs(int(said)) <= len(options):
        return None
    number = int(said)
    chosen = options[number - 1 if number > 0 else number]["slots"].get("follow_up_id")
    return None if chosen is None else int(chosen)


def _of(due: Sequence[Due], customer_id: int | None) -> list[Due]:
    return [one for one in due if one[1].id == customer_id]
