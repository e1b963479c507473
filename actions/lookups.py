"""What staff look up about a customer: one screen, the last purchase, the points."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from sqlmodel import Session

from actions import periods
from actions.base import CrmAction
from actions.people import whom
from actions.points import explained
from actions.preference_words import sizes_shown
from actions.turn import Turn
from crm_core.authz import Actor, Role
from crm_core.clock import now
from crm_core.customers import service as customers
from crm_core.customers.models import Customer
from crm_core.orders import finding
from crm_core.orders.finding import Purchase
from crm_core.orders.models import OrderState
from crm_core.points import service as points
from crm_core.preferences import service as preferences
from crm_core.preferences.service import Known
from crm_core.stores import service as stores
from crm_core.tickets import service as tickets
from crm_core.tickets.models import TicketState

LOOK_UP = frozenset({Role.ASSISTANT, Role.MANAGER, Role.SERVICE, Role.ADMIN})

_SHOWN = 2  # purchases on the screen
_SEARCHED = 50  # purchases looked through for one of a time or a colour
_A_YEAR = timedelta(days=365)
_MANY_RETURNS = 2  # within a year
_FEN_A_YUAN = 100
_NONE = "没有记录"


class LookupCustomer(CrmAction):
    """One phone screen: who it is, what fits, what was bought, what to mind."""

    roles = LOOK_UP

    def name(self) -> str:
        return "action_lookup_customer"

    def handle(self, session: Session, actor: Actor, turn: Turn) -> None:
        if (customer := whom(session, actor, turn)) is None:
            return
        known = preferences.current(session, actor, customer.id)
        bought = finding.last_purchases(session, actor, customer.id, limit=_SHOWN)
        minded = list(_to_mind(session, actor, customer, known))
        turn.say(
            "utter_customer",
            who=customers.shown(customer),
            tier=customer.tier,
            points=points.balance(session, customer.id),
            birthday=_birthday(customer),
            sizes=sizes_shown(known) or _NONE,
            styles="、".join(known.styles) or _NONE,
            purchases="".join(f"\n· {_dated(one)}" for one in bought) or _NONE,
            mind="；".join(minded) or "没有特别的",
        )


class LookupLastPurchase(CrmAction):
    """「王女士上次买的大衣什么码」 in one line."""

    roles = LOOK_UP

    def name(self) -> str:
        return "action_lookup_last_purchase"

    def handle(self, session: Session, actor: Actor, turn: Turn) -> None:
        wanted = turn.slot("purchase_wanted") or _wanted(turn)
        turn.set("purchase_wanted", None)
        customer = whom(session, actor, turn, purchase_wanted=wanted)
        if customer is None:
            return
        name = customer.name or "这位顾客"
        latest = finding.last_purchases(session, actor, customer.id, limit=_SEARCHED)
        if not latest:
            turn.say("utter_no_purchases", name=name)
        elif fitting := _fitting(session, actor, customer, wanted):
            turn.say("utter_last_purchase", name=name, **_told(session, fitting))
        else:
            what = "".join(wanted[part] for part in ("color", "category", "product"))
            turn.say(
                "utter_other_purchase", name=name, what=what or "那时候的东西",
                **_told(session, latest),
            )  # fmt: skip


class LookupPoints(CrmAction):
    roles = LOOK_UP

    def name(self) -> str:
        return "action_lookup_points"

    def handle(self, session: Session, actor: Actor, turn: Turn) -> None:
        if customer := whom(session, actor, turn):
            standing = points.standing(session, actor, customer.id)
            name = customer.name or "这位顾客"
            turn.say("utter_customer_points", name=name, **explained(standing))


def _wanted(turn: Turn) -> dict[str, str]:
    """What the purchase asked about is: a category, a product, a colour, a time."""
    asked = ("category", "product", "color", "time")
    return {name: turn.entity(name) or "" for name in asked}


def _fitting(
    session: Session, actor: Actor, customer: Customer, wanted: dict[str, str]
) -> Sequence[Purchase]:
    """The purchases that are asked about, newest first."""

    def bought(category: str, product: str) -> Sequence[Purchase]:
        return finding.last_purchases(
            session, actor, customer.id, limit=_SEARCHED,
            category=category or None, product=product or None,
        )  # fmt: skip

    found = bought(wanted["category"], wanted["product"])
    if not found and not wanted["product"]:  # sold under a name, in no category
        found = bought("", wanted["category"])
    period = periods.read(wanted["time"])
    return [
        one
        for one in found
        if wanted["color"] in one.line.color
        and (period is None or period.since <= one.order.paid_at < period.until)
    ]


def _told(session: Session, found: Sequence[Purchase]) -> dict[str, str]:
    """The newest order of these and its goods, in the values of `utter_last_purchase`."""
    order = found[0].order
    lines = [one for one in found if one.order.id == order.id]
    return {
        "day": periods.day_of(order.paid_at),
        "where": stores.get(session, order.store_id).name if order.store_id else "网上",
        "items": "；".join(_item(one) for one in lines),
    }


def _dated(one: Purchase) -> str:
    return f"{periods.day_of(one.order.paid_at)} {_item(one)}"


def _item(one: Purchase) -> str:
    """羊毛双面呢大衣，M码，驼色，1599元."""
    line = one.line
    size = line.size if line.size.endswith("码") or not line.size else f"{line.size}码"
    count = f"{line.quantity}件" if line.quantity > 1 else ""
    parts = (line.product_name, size, line.color, count, f"{yuan(line.price_fen)}元")
    return "，".join(part for part in parts if part)


def yuan(fen: int) -> str:
    """1599, 1,599.50: whole yuan without their zeros."""
    whole, rest = divmod(fen, _FEN_A_YUAN)
    return f"{whole:,}.{rest:02}" if rest else f"{whole:,}"


def _birthday(customer: Customer) -> str:
    if not customer.birthday:
        return ""
    month, day_ = customer.birthday.split("-")[-2:]
    return f"，生日{int(month)}月{int(day_)}日"


def _to_mind(session: Session, actor: Actor, customer: Customer, known: Known) -> Iterator[str]:
    for standing in tickets.of_customer(session, actor, customer.id):
        if standing.ticket.state is not TicketState.CLOSED:
            yield f"有{standing.ticket.type.value}投诉{standing.ticket.state.value}"
    lately = finding.of_customer(session, actor, customer.id, since=now() - _A_YEAR)
    returned = sum(order.state is OrderState.RETURNED for order in lately)
    if returned >= _MANY_RETURNS:
        yield f"近一年退货 {returned} 次"
    if known.tags:
        yield "、".join(known.tags)
    yield from known.notes
