"""How much a customer likes each style: what they said and did, each weighing less with time."""

from collections import defaultdict
from datetime import datetime

from sqlmodel import Session, select

from crm_core.authz import Actor
from crm_core.clock import now
from crm_core.lineage import service as lineage
from crm_core.preferences import checking
from crm_core.preferences import service as preferences
from crm_core.preferences.models import PreferenceKind, StyleSignal
from crm_core.rules import service as rules

_SAID = 1000  # thousandths: a word of their own
_DAY_SECONDS = 86_400


def signal(
    session: Session,
    customer_id: int,
    style: str,
    *,
    rule: str,
    source: str,
    ref: str,
    at: datetime | None = None,
) -> None:
    """Keep that a customer did something for a style; the rule, say `style.bought`, is its weight.

    Called where the deed itself is written, by who has the right. A repeated `ref` adds nothing.
    """
    same = StyleSignal.customer_id == customer_id, StyleSignal.style == style
    if session.exec(select(StyleSignal.id).where(*same, StyleSignal.ref == ref)).first() is None:
        weight = rules.get(session, rule)
        session.add(
            StyleSignal(
                customer_id=customer_id, style=style, weight=weight, source=source, ref=ref,
                at=at or now(),
            )
        )  # fmt: skip


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
    for done in session.exec(select(StyleSignal).where(StyleSignal.customer_id == customer_id)):
        if done.style not in dropped or done.at > dropped[done.style]:
            weights[done.style] += _decayed(done.weight, done.at, half_life)
    return dict(sorted(weights.items(), key=lambda weight: -weight[1]))


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
