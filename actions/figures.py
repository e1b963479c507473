"""What managers and headquarters ask about the shop: segments, and how it did."""

from sqlmodel import Session

from actions import periods
from actions.base import CrmAction
from actions.lookups import yuan
from actions.periods import Period
from actions.turn import Turn
from crm_core.authz import Actor, Role
from crm_core.clock import now, today
from crm_core.reports import service as reports
from crm_core.segments import service as segments
from crm_core.segments.rule import InSegment
from crm_core.segments.service import Stats
from crm_core.stores import service as stores


class SegmentStats(CrmAction):
    """Where customers stand in their life with the shop, or how many are in the segments named."""

    roles = frozenset({Role.MANAGER, Role.MARKETER, Role.ADMIN})

    def name(self) -> str:
        return "action_segment_stats"

    def handle(self, session: Session, actor: Actor, turn: Turn) -> None:
        store_id = _store_asked(session, turn)
        stats = segments.stats(session, actor, store_id=store_id)
        counts = {
            name: segments.count(session, actor, InSegment(name), store_id=store_id)
            for name in turn.entities("segment")
        }
        where = _where(session, actor, store_id)
        if not stats.total:
            turn.say("utter_no_customers", where=where)
        elif counts:
            parts = "，".join(_counted(stats, *counted) for counted in counts.items())
            turn.say("utter_segments", where=where, parts=parts, total=stats.total)
        else:
            turn.say("utter_segment_stats", where=where, lines=_lines(stats), total=stats.total)


class StoreReport(CrmAction):
    """Sales, orders, new members and complaints of a day or a time, and how it was before."""

    roles = frozenset({Role.MANAGER, Role.ADMIN})

    def name(self) -> str:
        return "action_store_report"

    def handle(self, session: Session, actor: Actor, turn: Turn) -> None:
        period = periods.read(turn.entity("time")) or periods.of_days(today(), today())
        before = period.before()
        store_id = _store_asked(session, turn)
        report, earlier = (
            reports.of_store(session, actor, one.since, one.until, store_id=store_id)
            for one in (period, before)
        )
        returned = f"（另退货 {report.returned} 单）" if report.returned else ""
        turn.say(
            "utter_store_report",
            where=_where(session, actor, store_id),
            when=periods.shown(period),
            sales=yuan(report.sales_fen),
            orders=report.orders,
            returned=returned,
            average=yuan(report.average_fen),
            members=report.new_members,
            complaints=report.complaints,
            low=report.low_scores,
            compared=_compared(report.sales_fen, earlier.sales_fen, period, before),
        )


def _store_asked(session: Session, turn: Turn) -> int | None:
    name = turn.entity("store")
    return stores.by_name(session, name).id if name else None


def _where(session: Session, actor: Actor, store_id: int | None) -> str:
    one = store_id or actor.store_id
    return stores.get(session, one).name if one else "全部门店"


def _lines(stats: Stats) -> str:
    lines = [_counted(stats, name, count) for name, count in stats.counts.items()]
    others = stats.total - sum(stats.counts.values()) - stats.never_bought
    if others:
        lines.append(f"其他 {others} 位，占 {_percent(others / stats.total)}")
    if stats.never_bought:
        share = _percent(stats.never_bought / stats.total)
        lines.append(f"还没买过 {stats.never_bought} 位，占 {share}")
    return "\n".join(lines)


def _counted(stats: Stats, segment: str, count: int) -> str:
    return f"{segment} {count} 位，占 {_percent(stats.of(count))}"


def _percent(share: float) -> str:
    """12.5%, 40%."""
    return f"{share * 100:.1f}".removesuffix(".0") + "%"


def _compared(sales_fen: int, earlier_fen: int, period: Period, before: Period) -> str:
    """How the sales stand to those right before; a time that still runs is held to a full one."""
    whole = "整段" if period.days > 1 else "全天"
    still_runs = period.since <= now() < period.until and period.is_whole_days
    than = f"{periods.shown(before)}{whole if still_runs else ''}"
    if not earlier_fen:
        return f"{than}没有销售。"
    if sales_fen == earlier_fen:
        return f"和{than}持平。"
    change = abs(sales_fen - earlier_fen) / earlier_fen
    more = "多" if sales_fen > earlier_fen else "少"
    return f"比{than}（{yuan(earlier_fen)} 元）{more} {_percent(change)}。"
