"""Outfit votes: which ones there are, voting once, how it stands, closing them."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, func, select

from crm_core.audit import service as audit
from crm_core.authz import Actor, Forbidden, Permission, Role, system
from crm_core.clock import now
from crm_core.customers import service as customers
from crm_core.earning import service as earning
from crm_core.earning.definition import Trigger
from crm_core.errors import CrmError, Kind
from crm_core.polls.models import Ballot, Poll, PollOption, PollState
from crm_core.polls.shares import percentages
from crm_core.timeline import service as timeline
from crm_core.timeline.models import EventKind


class PollNotFound(CrmError):
    """There is no such poll, or none that the actor may know of."""

    code = "poll_not_found"
    kind = Kind.NOT_FOUND


class PollClosed(CrmError):
    code = "poll_closed"


class AlreadyVoted(CrmError):
    """Everybody votes once, for good."""

    code = "already_voted"


class NoSuchOption(CrmError):
    code = "no_such_option"
    kind = Kind.NOT_FOUND


class VoteFirst(CrmError):
    """Customers see how a poll stands when their own vote can no longer be swayed."""

    code = "vote_first"


def get(session: Session, actor: Actor, poll_id: int) -> Poll:
    """The poll, for reading.

    Raises:
        Forbidden: the actor may see no polls.
        PollNotFound: there is no such poll, or it is another store's.
    """
    poll = session.get(Poll, poll_id)
    stores = _stores(session, actor)
    if poll is None or (stores is not None and poll.store_id not in stores):
        raise PollNotFound(poll_id)
    return poll


def recent(session: Session, actor: Actor, *, limit: int = 9) -> Sequence[Poll]:
    """The newest polls of the chain and of the actor's store, open or closed.

    Raises:
        Forbidden: the actor may see no polls.
    """
    wanted = select(Poll).order_by(col(Poll.id).desc())
    stores = _stores(session, actor)
    if stores is not None:
        wanted = wanted.where(col(Poll.store_id).is_(None) | col(Poll.store_id).in_(stores))
    return session.exec(wanted.limit(limit)).all()


def open_now(session: Session, actor: Actor, *, limit: int = 9) -> Sequence[Poll]:
    """The newest polls in which the actor, or the customers of its store, can vote now.

    Raises:
        Forbidden: the actor may see no polls.
    """
    return [poll for poll in recent(session, actor, limit=limit * 10) if is_open(poll)][:limit]


def is_open(poll: Poll) -> bool:
    """Whether votes are taken."""
    in_time = poll.closes_at is None or poll.closes_at > now()
    return poll.state is PollState.OPEN and in_time


def options(session: Session, poll_id: int) -> Sequence[PollOption]:
    """A poll's options, the first one first."""
    wanted = select(PollOption).where(PollOption.poll_id == poll_id)
    return session.exec(wanted.order_by(col(PollOption.number))).all()


def vote(session: Session, actor: Actor, poll_id: int, option: int, *, ref: str) -> Ballot:
    """Cast the acting customer's one ballot, and give the points for it.

    `option` is a number from 1; negative ones count from the last. Safe to repeat: a repeated
    `ref` returns the first ballot.

    Raises:
        Forbidden: the actor is no customer.
        PollNotFound: there is no such poll, or it is another store's.
        PollClosed: no votes are taken any more.
        NoSuchOption: the number is none of the poll's.
        AlreadyVoted: the customer has voted; the values say for what.
    """
    if actor.customer_id is None:
        raise Forbidden(actor.name, Permission.POLL_VOTE.value)
    customers.lock(session, actor, Permission.POLL_VOTE, actor.customer_id)
    get(session, actor, poll_id)
    unchanging = select(Poll).where(Poll.id == poll_id).with_for_update(read=True)
    poll = session.exec(unchanging.execution_options(populate_existing=True)).one()
    if earlier := ballot_of(session, poll_id, actor.customer_id):
        if earlier.ref == ref:
            return earlier
        chosen = session.get_one(PollOption, earlier.option_id)
        raise AlreadyVoted(poll_id, title=poll.title, chosen=chosen.title, number=chosen.number)
    if not is_open(poll):
        raise PollClosed(poll_id, title=poll.title)
    picked = _pick(session, poll_id, option)
    ballot = Ballot(poll_id=poll_id, option_id=picked.id, customer_id=actor.customer_id, ref=ref)
    session.add(ballot)
    session.flush()
    _reward(session, poll, ballot)
    timeline.add(
        session, actor.customer_id, EventKind.VOTE, ref=f"poll:{poll_id}", option=picked.title
    )
    audit.record(session, actor, "poll:vote", f"poll:{poll_id}")
    return ballot


def ballot_of(session: Session, poll_id: int, customer_id: int) -> Ballot | None:
    """What a customer voted, if they did. The caller has the right to know."""
    theirs = Ballot.poll_id == poll_id, Ballot.customer_id == customer_id
    return session.exec(select(Ballot).where(*theirs)).one_or_none()


@dataclass(frozen=True)
class Share:
    """How one option stands."""

    option: PollOption
    votes: int
    percent: int


@dataclass(frozen=True)
class Result:
    """How a poll stands; the percents sum to 100 once there is a vote."""

    poll: Poll
    shares: list[Share]
    total: int
    mine: int | None  # the number of the option that the asking customer chose


def result(session: Session, actor: Actor, poll_id: int) -> Result:
    """How a poll stands: staff see it always, customers once they voted or it is closed.

    Raises:
        Forbidden: the actor may see no polls.
        PollNotFound: there is no such poll, or it is another store's.
        VoteFirst: the customer has not voted yet.
    """
    poll = get(session, actor, poll_id)
    mine = ballot_of(session, poll_id, actor.customer_id) if actor.customer_id else None
    if actor.role is Role.CUSTOMER and mine is None and is_open(poll):
        raise VoteFirst(poll_id, title=poll.title)
    counted = (
        select(Ballot.option_id, func.count())
        .where(Ballot.poll_id == poll_id)
        .group_by(col(Ballot.option_id))
    )
    votes = dict(session.exec(counted).all())
    listed = options(session, poll_id)
    counts = [votes.get(option.id, 0) for option in listed]
    shares = [Share(*row) for row in zip(listed, counts, percentages(counts), strict=True)]
    chosen = next((o.number for o in listed if mine and o.id == mine.option_id), None)
    return Result(poll, shares, sum(counts), chosen)


def close(session: Session, actor: Actor, poll_id: int) -> Poll:
    """Take no more votes. Repeating changes nothing.

    Raises:
        Forbidden: the actor may not, or the poll is not its store's.
        PollNotFound: there is no such poll.
    """
    poll = session.exec(select(Poll).where(Poll.id == poll_id).with_for_update()).one_or_none()
    actor.require(Permission.POLL_WRITE)
    if poll is None:
        raise PollNotFound(poll_id)
    require_store(actor, poll.store_id)
    if poll.state is PollState.OPEN:
        poll.state = PollState.CLOSED
        audit.record(session, actor, "poll:close", f"poll:{poll_id}")
    return poll


def overdue(session: Session) -> Sequence[int]:
    """Polls whose time is over and that nobody has closed."""
    due = Poll.state == PollState.OPEN, col(Poll.closes_at) <= now()
    return session.exec(select(Poll.id).where(*due).order_by(col(Poll.id))).all()


def require_store(actor: Actor, store_id: int | None) -> None:
    """Return if the actor may publish and close this store's polls (none: the chain's).

    Raises:
        Forbidden: it may not.
    """
    actor.require(Permission.POLL_WRITE)
    if not actor.everywhere and (store_id is None or store_id != actor.store_id):
        raise Forbidden(actor.name, Permission.POLL_WRITE.value, f"store:{store_id}")


def _stores(session: Session, actor: Actor) -> set[int | None] | None:
    """Whose polls the actor sees besides the chain's; None for everybody's."""
    actor.require(Permission.POLL_READ)
    if actor.everywhere:
        return None
    if actor.role is Role.CUSTOMER:
        assert actor.customer_id is not None
        customer = customers.get(session, actor, Permission.POLL_READ, actor.customer_id)
        return {None, customer.store_id}
    return {None, actor.store_id}


def _pick(session: Session, poll_id: int, number: int) -> PollOption:
    listed = options(session, poll_id)
    if not 1 <= abs(number) <= len(listed):
        raise NoSuchOption(poll_id, most=len(listed))
    return listed[number - 1 if number > 0 else number]


def _reward(session: Session, poll: Poll, ballot: Ballot) -> None:
    earning.give(
        session, system("vote"), ballot.customer_id, Trigger.VOTE,
        note=poll.title, ref=f"poll:{poll.id}",
    )  # fmt: skip
