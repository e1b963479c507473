"""How much a customer likes each style: what they said and did, each weighing less with time."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime

from sqlmodel import Session, col, select

from crm_core.authz import Actor
from crm_core.catalog.models import Product
from crm_core.clock import now
from crm_core.follow_ups.models import TryOn
from crm_core.lineage import service as lineage
from crm_core.orders.models import Order, OrderLine
from crm_core.preferences import checking
from crm_core.preferences import service as preferences
from crm_core.preferences.models import PreferenceKind
from crm_core.rules import service as rules

_SAID = 1000  # thousandths: a word of their own
_DAY_SECONDS = 86_400


def weighed(session: Session, actor: Actor, customer_id: int) -> dict[str, float]:
    """The styles with their weights, the heaviest first; 1.0 is a style said just now.

    A weight halves every `style.half_life_days`; what a customer did before they said that they no
    longer like a style does not count.

    Raises:
        Forbidden: the actor may not see this customer.
        CustomerNotFound: there is no such customer.
    """
    liked = preferences.current(session, actor, customer_id).styles
    said, dropped = _words(session, customer_id)
    half_life = rules.get(session, "style.half_life_days")
    weights: defaultdict[str, float] = defaultdict(float)
    for style in liked:
        weights[style] += _decayed(_SAID, said.get(style, now()), half_life)
    for style, weight, at in _deeds(session, customer_id):
        if style not in dropped or at > dropped[style]:
            weights[style] += _decayed(weight, at, half_life)
    return dict(sorted(weights.items(), key=lambda weight: -weight[1]))


def _deeds(session: Session, customer_id: int) -> Iterator[tuple[str, int, datetime]]:
    """The style, weight and time of each purchase that was kept, and of each try-on."""
    bought, tried_on = (rules.get(session, f"style.{deed}") for deed in ("bought", "tried_on"))
    lines = (
        select(OrderLine.style, Order.paid_at)
        .join(Order, col(Order.id) == col(OrderLine.order_id))
        .where(Order.customer_id == customer_id, OrderLine.style != "")
        .where(col(OrderLine.quantity) > col(OrderLine.returned))
    )
    for style, at in session.exec(lines):
        yield style, bought, at
    tries = (
        select(Product.styles, TryOn.at)
        .join(TryOn, col(TryOn.product_id) == col(Product.id))
        .where(TryOn.customer_id == customer_id)
    )
    for styles, at in session.exec(tries):
        yield from ((style, tried_on, at) for style in styles)


def _words(session: Session, customer_id: int) -> tuple[dict[str, datetime], dict[str, datetime]]:
    """When each style was last said to be liked, and when no longer."""
    said: dict[str, datetime] = {}
    dropped: dict[str, datetime] = {}
    prefix = checking.field(PreferenceKind.STYLE, "")
    for entry in reversed(lineage.of(session, customer_id)):
        if entry.field.startswith(prefix):
            known = dropped if entry.value is None else said
            known[entry.field.removeprefix(prefix)] = entry.at
    return said, dropped


def _decayed(weight: int, at: datetime, half_life_days: int) -> float:
    days = max(0.0, (now() - at).total_seconds() / _DAY_SECONDS)
    return float(weight / _SAID * 0.5 ** (days / half_life_days))
