"""Exchanging points for rewards: points go, a coupon comes, and both can be undone together."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from sqlmodel import Session, col, func, select

from crm_core import saving
from crm_core.audit import service as audit
from crm_core.authz import Actor, Permission, system
from crm_core.clock import now
from crm_core.coupons import kinds
from crm_core.coupons import service as coupons
from crm_core.coupons.errors import NoneLeft
from crm_core.coupons.models import Coupon
from crm_core.customers import service as customers
from crm_core.customers.models import Customer
from crm_core.errors import CrmError, Kind
from crm_core.points import service as points
from crm_core.points.models import PointsEntry
from crm_core.rewards.models import Redemption, Reward
from crm_core.saving import Change
from crm_core.timeline import service as timeline
from crm_core.timeline.models import EventKind

_SHOP = system("rewards")  # the shop issues what its customer exchanged points for


class RewardNotFound(CrmError):
    code = "reward_not_found"
    kind = Kind.NOT_FOUND


class RewardUnavailable(CrmError):
    """None is left, for this customer or at all, or it is not theirs to take now."""

    code = "reward_unavailable"


class NewReward(BaseModel):
    """A reward as the shop writes it down."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: Annotated[str, Field(min_length=1, max_length=64)]
    title: Annotated[str, Field(min_length=1, max_length=64)]
    points: Annotated[int, Field(ge=1)]
    coupon: str  # the code of its kind
    stock: Annotated[int, Field(ge=0)] | None = None
    per_customer: Annotated[int, Field(ge=1)] | None = None
    tiers: tuple[str, ...] = ()
    opens_at: AwareDatetime | None = None
    closes_at: AwareDatetime | None = None


def put(session: Session, actor: Actor, new: NewReward) -> tuple[Reward, Change]:
    """Add a reward, or make the one with the same code equal to it. Repeating changes nothing.

    Raises:
        Forbidden: the actor may not set up the shop.
        CouponKindNotFound: there is no such kind of coupon.
    """
    row = Reward(
        code=new.code,
        title=new.title,
        points=new.points,
        kind_id=kinds.by_code(session, new.coupon).id,
        stock=new.stock,
        per_customer=new.per_customer,
        tiers=list(new.tiers),
        opens_at=new.opens_at,
        closes_at=new.closes_at,
    )
    return saving.put(session, actor, row, "code")


def redeem(session: Session, actor: Actor, customer_id: int, code: str, *, ref: str) -> Redemption:
    """Exchange a customer's points for a reward, which comes as a coupon.

    Safe to repeat: a repeated `ref` returns the first.

    Raises:
        Forbidden: the actor may not spend this customer's points.
        CustomerNotFound, RewardNotFound: there is no such customer or reward.
        RewardUnavailable: none is left, or it is not for this customer, or not now.
        InsufficientPoints: they have too few.
    """
    customer = customers.lock(session, actor, Permission.POINTS_SPEND, customer_id)
    same = Redemption.customer_id == customer_id, Redemption.ref == ref
    if earlier := session.exec(select(Redemption).where(*same)).one_or_none():
        return earlier
    reward = _lock(session, code)
    _check(session, reward, customer)
    cause = f"reward:{ref}"
    spent = points.spend(session, actor, customer_id, reward.points, note=reward.title, ref=cause)
    coupon = _issue(session, reward, customer_id, cause)
    row = Redemption(
        reward_id=reward.id,
        customer_id=customer_id,
        entry_id=spent.id,
        coupon_id=coupon.id,
        ref=ref,
    )
    session.add(row)
    session.flush()
    timeline.add(session, customer_id, EventKind.REDEMPTION, ref=ref, reward=reward.code)
    audit.record(session, actor, "reward:redeem", f"reward:{reward.id}", ref=ref)
    return row


def cancel(session: Session, actor: Actor, redemption_id: int, *, ref: str) -> Redemption:
    """Undo a redemption whose coupon was not used: points go back to their lots, the coupon is
    revoked, the reward is in stock again. Repeating changes nothing.

    Raises:
        Forbidden: the actor may not.
        RewardNotFound: there is no such redemption.
        CouponUnusable: the coupon was used already.
    """
    actor.require(Permission.COUPON_WRITE)
    row = session.get(Redemption, redemption_id)
    if row is None:
        raise RewardNotFound(redemption_id)
    customers.lock(session, actor, Permission.POINTS_EARN, row.customer_id)
    session.refresh(row)
    if row.cancelled_at is not None:
        return row
    coupon = session.get_one(Coupon, row.coupon_id)
    coupons.revoke(session, actor, coupon.number, ref=ref)
    spent_by = session.get_one(PointsEntry, row.entry_id).ref
    reward = session.get_one(Reward, row.reward_id)
    points.restore(
        session, actor, row.customer_id,
        spent_by=spent_by, note=f"取消兑换「{reward.title}」", ref=f"cancel:{redemption_id}",
    )  # fmt: skip
    row.cancelled_at = now()
    session.add(row)
    audit.record(session, actor, "reward:cancel", f"reward:{reward.id}", ref=ref)
    return row


def everything(session: Session) -> Sequence[Reward]:
    """All rewards, the cheapest first."""
    return session.exec(select(Reward).order_by(col(Reward.points), col(Reward.id))).all()


def open_to(session: Session, actor: Actor, customer_id: int) -> Sequence[Reward]:
    """The rewards that a customer could take now, had they the points; the cheapest first.

    Raises:
        Forbidden: the actor may not see this customer's points.
        CustomerNotFound: there is no such customer.
    """
    customer = customers.get(session, actor, Permission.POINTS_READ, customer_id)
    return [reward for reward in everything(session) if _available(session, reward, customer)]


def _lock(session: Session, code: str) -> Reward:
    wanted = select(Reward).where(Reward.code == code).with_for_update()
    found = session.exec(wanted.execution_options(populate_existing=True)).one_or_none()
    if found is None:
        raise RewardNotFound(code, name=code)
    return found


def _check(session: Session, reward: Reward, customer: Customer) -> None:
    if not _available(session, reward, customer):
        raise RewardUnavailable(reward.code, title=reward.title)


def _available(session: Session, reward: Reward, customer: Customer) -> bool:
    at = now()
    early = reward.opens_at is not None and at < reward.opens_at
    late = reward.closes_at is not None and reward.closes_at <= at
    other = bool(reward.tiers) and customer.tier not in reward.tiers
    return not (early or late or other) and _some_left(session, reward, customer.id)


def _some_left(session: Session, reward: Reward, customer_id: int) -> bool:
    standing = Redemption.reward_id == reward.id, col(Redemption.cancelled_at).is_(None)
    taken = select(func.count()).select_from(Redemption).where(*standing)
    if reward.stock is not None and session.exec(taken).one() >= reward.stock:
        return False
    theirs = taken.where(Redemption.customer_id == customer_id)
    return reward.per_customer is None or session.exec(theirs).one() < reward.per_customer


def _issue(session: Session, reward: Reward, customer_id: int, ref: str) -> Coupon:
    kind = kinds.get(session, reward.kind_id)
    try:
        return coupons.issue(session, _SHOP, customer_id, kind.code, note=reward.title, ref=ref)
    except NoneLeft:
        raise RewardUnavailable(reward.code, title=reward.title) from None
