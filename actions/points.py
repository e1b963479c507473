"""Talking about points: how many, why, and what happens to them when."""

from datetime import datetime

from sqlmodel import Session

from actions.base import CUSTOMER, CrmAction
from actions.turn import Turn
from crm_core.authz import Actor
from crm_core.clock import local
from crm_core.points import service as points
from crm_core.points.models import Cause, PointsEntry

WHY = {
    Cause.PURCHASE: "购物",
    Cause.VOTE: "搭配投票",
    Cause.INVITE: "邀请好友",
    Cause.CHECK_IN: "签到",
    Cause.TASK: "完成任务",
    Cause.BIRTHDAY: "生日礼",
    Cause.REWARD: "兑换",
    Cause.TIER: "升级",
    Cause.GIFT: "赠送",
    Cause.EXPIRY: "过期",
    Cause.REVERSAL: "退货扣回",
    Cause.RESTORED: "退回",
    Cause.PARTED: "会员资料拆分",
    Cause.OPENING: "期初积分",
}


class QueryPoints(CrmAction):
    roles = CUSTOMER

    def name(self) -> str:
        return "action_query_points"

    def handle(self, session: Session, actor: Actor, turn: Turn) -> None:
        assert actor.customer_id is not None
        turn.say("utter_points", **explained(points.standing(session, actor, actor.customer_id)))


class QueryPointsHistory(CrmAction):
    roles = CUSTOMER

    def name(self) -> str:
        return "action_query_points_history"

    def handle(self, session: Session, actor: Actor, turn: Turn) -> None:
        assert actor.customer_id is not None
        entries = points.history(session, actor, actor.customer_id)
        if not entries:
            turn.say("utter_no_points_history")
            return
        available = points.balance(session, actor.customer_id)
        lines = "\n".join(line(entry) for entry in entries)
        turn.say("utter_points_history", lines=lines, available=available)


def explained(standing: points.Standing) -> dict[str, object]:
    """A standing in the values of `utter_points`."""
    held = expiring = latest = ""
    if standing.held and standing.held_until:
        held = f"另有 {standing.held} 积分待生效，{_day(standing.held_until)}过了退货期就能用。"
    if standing.available < 0:
        held = f"欠的 {-standing.available} 积分会从以后得的里先抵。{held}"
    if standing.expiring and standing.expires_at:
        expiring = f"其中 {standing.expiring} 积分将在{_day(standing.expires_at)}到期。"
    if standing.latest:
        latest = f"最近一笔：{line(standing.latest)}。"
    return {
        "available": standing.available, "held": held, "expiring": expiring, "latest": latest,
    }  # fmt: skip


def line(entry: PointsEntry) -> str:
    """One movement in one line: 3月1日 +320 购物（订单 DD20260301001）."""
    note = f"（{entry.note}）" if entry.note else ""
    return f"{_day(entry.created_at)} {entry.delta:+d} {WHY[entry.cause]}{note}"


def _day(moment: datetime) -> str:
    day = local(moment)
    return f"{day.month}月{day.day}日"
