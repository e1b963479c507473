"""The level of a merged record, and of the two that it is parted into."""

from sqlmodel import Session, col, delete

from crm_core.authz import system
from crm_core.customers.models import Customer
from crm_core.merging.models import Merge
from crm_core.tiers import service as tiers
from crm_core.tiers.models import TierChange

_SYSTEM = system("merging")  # whoever merges need not have a right to levels


def assess(session: Session, done: Merge) -> None:
    """Bring the merged record to what both have earned together."""
    tiers.reassess(session, _SYSTEM, done.target_id, ref=_ref(done))
    session.flush()


def part(session: Session, done: Merge, target: Customer) -> None:
    """Take the merge's own steps back; what has changed the level since is assessed anew."""
    steps = col(TierChange.ref).in_((_ref(done), f"{_ref(done)}:had"))
    session.exec(delete(TierChange).where(steps, col(TierChange.customer_id) == target.id))
    if target.tier != done.fields["target"]["tier"]:
        tiers.reassess(session, _SYSTEM, target.id, ref=f"part:{done.id}")


def _ref(done: Merge) -> str:
    return f"merge:{done.id}"
