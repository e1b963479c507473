"""Every movement of points in one sentence, for a customer, a till or an auditor."""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlmodel import Session, col, func, select

from crm_core.clock import local, now
from crm_core.points.models import Cause, PointsEntry, PointsTake

_EARNED = {
    Cause.PURCHASE: "购物",
    Cause.VOTE: "参加投票",
    Cause.INVITE: "邀请好友",
    Cause.CHECK_IN: "签到",
    Cause.TASK: "完成任务",
    Cause.BIRTHDAY: "生日",
    Cause.GIFT: "赠送",
    Cause.OPENING: "原系统转入",
}


def sentence(session: Session, entry: PointsEntry) -> str:
    """What moved how many points, why, and what they were or become."""
    told = _EXPLAINED.get(entry.cause, _earned)(session, entry)
    return f"{_day(entry.created_at)}{told}。"


def why(entry: PointsEntry) -> str:
    """Why a lot was earned: 购物（订单 DD1）."""
    return f"{_EARNED[entry.cause]}{_noted(entry)}"


def _earned(_: Session, entry: PointsEntry) -> str:
    parts = [f"{why(entry)}得 {entry.delta} 积分"]
    if rules := entry.detail.get("rules"):
        shares = "，".join(f"{rule['title']} {rule['points']}" for rule in rules)
        parts.append(f"其中{shares}")
    if entry.available_at > entry.created_at:
        parts.append(f"{_day(entry.available_at)}起可用")
    if entry.expires_at:
        parts.append(f"{_day(entry.expires_at)}到期")
    return "，".join(parts)


def _spent(session: Session, entry: PointsEntry) -> str:
    what = "升级" if entry.cause is Cause.TIER else "兑换"
    return f"{what}{_named(entry)}用去 {-entry.delta} 积分{_from(session, entry)}"


def _expired(session: Session, entry: PointsEntry) -> str:
    lot = _lot(session, entry)
    return f"到期作废 {-entry.delta} 积分，是{_day(lot.created_at)}{why(lot)}所得里没用完的"


def _reversed(session: Session, entry: PointsEntry) -> str:
    lot = _lot(session, entry)
    owed = -entry.delta - sum(points for _, points in _takes(session, entry))
    elsewhere = sum(points for each, points in _takes(session, entry) if each.id != lot.id)
    parts = [f"{entry.note or '撤销'}，收回{_day(lot.created_at)}所得的 {-entry.delta} 积分"]
    if elsewhere:
        parts.append(f"其中 {elsewhere} 已用掉，从其他积分里扣")
    if owed:
        parts.append(f"还欠 {owed}，以后得的积分先抵")
    return "，".join(parts)


def _restored(session: Session, entry: PointsEntry) -> str:
    spent = session.get_one(PointsEntry, entry.undoes_id)
    what = f"{_day(spent.created_at)}用掉的 {entry.delta} 积分"
    return f"{entry.note or '撤销兑换'}，退回{what}，到期日不变"


def _parted(session: Session, entry: PointsEntry) -> str:
    if entry.delta > 0:
        return f"会员资料拆分，{_named(entry)}用去的 {entry.delta} 积分改记到另一份资料"
    taken = f"{_named(entry)}用去的 {-entry.delta} 积分改记到这里"
    return f"会员资料拆分，{taken}{_from(session, entry)}"


_EXPLAINED: dict[Cause, Callable[[Session, PointsEntry], str]] = {
    Cause.REWARD: _spent,
    Cause.TIER: _spent,
    Cause.EXPIRY: _expired,
    Cause.REVERSAL: _reversed,
    Cause.RESTORED: _restored,
    Cause.PARTED: _parted,
}


def _from(session: Session, entry: PointsEntry) -> str:
    """The lots that were taken from."""
    lots = [
        f"{_day(lot.created_at)}{why(lot)}所得的 {points}" for lot, points in _takes(session, entry)
    ]
    return f"，取自{'、'.join(lots)}" if lots else ""


def _takes(session: Session, entry: PointsEntry) -> Sequence[tuple[PointsEntry, int]]:
    number = func.sum(PointsTake.points)
    takes = select(PointsTake.lot_id, number).where(PointsTake.entry_id == entry.id)
    taken = {k: int(n) for k, n in session.exec(takes.group_by(col(PointsTake.lot_id))) if n}
    lots = session.exec(
        select(PointsEntry).where(col(PointsEntry.id).in_(taken)).order_by(col(PointsEntry.id))
    )
    return [(lot, taken[lot.id]) for lot in lots]


def _lot(session: Session, entry: PointsEntry) -> PointsEntry:
    return session.get_one(PointsEntry, entry.lot_id)


def _named(entry: PointsEntry) -> str:
    return f"「{entry.note}」" if entry.note else ""


def _noted(entry: PointsEntry) -> str:
    return f"（{entry.note}）" if entry.note else ""


def _day(moment: datetime) -> str:
    """11月3日; with the year where it is not this one."""
    day = local(moment)
    year = "" if day.year == local(now()).year else f"{day.year}年"
    return f"{year}{day.month}月{day.day}日"
