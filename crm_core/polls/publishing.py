"""Publishing polls, changing them before anybody voted, inviting customers to vote."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, delete, select

from crm_core.audit import service as audit
from crm_core.authz import Actor, Permission
from crm_core.catalog import service as catalog
from crm_core.clock import now
from crm_core.customers import service as customers
from crm_core.errors import CrmError, Kind
from crm_core.polls import service as polls
from crm_core.polls.models import Ballot, Poll, PollOption, PollState
from crm_core.rules import service as rules
from crm_core.saving import Change

FEWEST_OPTIONS, MOST_OPTIONS = 2, 9
LONGEST_TITLE = 128
_SHORT = 36  # characters of a title in an invitation


class WrongNumberOfOptions(CrmError):
    code = "poll_options"
    kind = Kind.INVALID


class OptionsAlike(CrmError):
    code = "poll_options_alike"
    kind = Kind.INVALID


class ClosesInThePast(CrmError):
    code = "poll_closes_in_past"
    kind = Kind.INVALID


class PollHasVotes(CrmError):
    """What people have voted on is not exchanged under them."""

    code = "poll_has_votes"


@dataclass(frozen=True)
class NewOption:
    title: str
    image_url: str | None = None
    product: str | None = None  # an article number or a name


@dataclass(frozen=True)
class NewPoll:
    title: str
    options: tuple[NewOption, ...]
    store_id: int | None = None  # none: the whole chain
    closes_at: datetime | None = None


def create(session: Session, actor: Actor, new: NewPoll, *, ref: str) -> Poll:
    """Publish a poll. Safe to repeat: a repeated `ref` returns the first one.

    Raises:
        Forbidden: the actor may not, or not for this store.
        WrongNumberOfOptions: fewer than FEWEST_OPTIONS or more than MOST_OPTIONS.
        OptionsAlike: two options have one title.
        ClosesInThePast: it would be over at once.
    """
    polls.require_store(actor, new.store_id)
    if known := session.exec(select(Poll).where(Poll.ref == ref)).one_or_none():
        return known
    _check(new)
    poll = Poll(
        title=new.title,
        store_id=new.store_id,
        created_by=actor.name,
        ref=ref,
        closes_at=new.closes_at,
    )
    session.add(poll)
    session.flush()
    _put_options(session, poll, new.options)
    audit.record(session, actor, "poll:create", f"poll:{poll.id}", options=len(new.options))
    return poll


def save(session: Session, actor: Actor, new: NewPoll) -> tuple[Poll, Change]:
    """Add a poll, or change the open one with its title and store. Repeating changes nothing.

    Raises:
        PollHasVotes: the options differ and somebody has voted.
        Forbidden, WrongNumberOfOptions, OptionsAlike, ClosesInThePast: as of `create`.
    """
    polls.require_store(actor, new.store_id)
    same = Poll.title == new.title, Poll.store_id == new.store_id
    newest = select(Poll).where(*same).order_by(col(Poll.id).desc()).with_for_update()
    poll = session.exec(newest).first()
    alike = poll is not None and _is_alike(session, poll, new)
    if poll is not None and alike and poll.closes_at == new.closes_at:
        return poll, Change.SAME
    if poll is None or poll.state is PollState.CLOSED:
        return create(session, actor, new, ref=f"setup:{uuid.uuid4()}"), Change.ADDED
    _check(new)
    if not alike:
        _exchange_options(session, poll, new.options)
    poll.closes_at = new.closes_at
    audit.record(session, actor, "poll:save", f"poll:{poll.id}", options=len(new.options))
    return poll, Change.CHANGED


@dataclass(frozen=True)
class Invitation:
    """Whom a poll is sent to, and in which words."""

    customer_ids: list[int]
    text: str


def invitation_key(poll_id: int, ref: str = "") -> str:
    """The key of a campaign that invites to a poll; without a `ref` what all of them begin with."""
    return f"poll:{poll_id}:{ref}"


def invitation(
    session: Session, actor: Actor, poll_id: int, *, among: Collection[int] | None = None
) -> Invitation:
    """Whom the actor may invite to an open poll: its customers who have not voted.

    An assistant's customers are those assigned, a manager's the store's; `among` narrows them.

    Raises:
        Forbidden: the actor may send no polls.
        PollNotFound: there is no such poll, or it is another store's.
        PollClosed: no votes are taken any more.
    """
    actor.require(Permission.POLL_SEND)
    poll = polls.get(session, actor, poll_id)
    if not polls.is_open(poll):
        raise polls.PollClosed(poll_id, title=poll.title)
    voted = set(session.exec(select(Ballot.customer_id).where(Ballot.poll_id == poll_id)))
    ids = [
        customer_id
        for customer_id in customers.within(session, actor, store_id=poll.store_id)
        if customer_id not in voted and (among is None or customer_id in among)
    ]
    return Invitation(ids, _words(session, poll))


def _check(new: NewPoll) -> None:
    titles = [option.title for option in new.options]
    if any(not 0 < len(title) <= LONGEST_TITLE for title in (new.title, *titles)):
        raise ValueError(new)  # edges ask for words of a fitting length
    if not FEWEST_OPTIONS <= len(titles) <= MOST_OPTIONS:
        raise WrongNumberOfOptions(len(titles), least=FEWEST_OPTIONS, most=MOST_OPTIONS)
    if len(set(titles)) < len(titles):
        raise OptionsAlike(titles)
    if new.closes_at is not None and new.closes_at <= now():
        raise ClosesInThePast(new.closes_at)


def _put_options(session: Session, poll: Poll, wanted: Sequence[NewOption]) -> None:
    for number, (title, image_url, product_id) in enumerate(_as_new(session, wanted), 1):
        session.add(
            PollOption(
                poll_id=poll.id,
                number=number,
                title=title,
                image_url=image_url,
                product_id=product_id,
            )
        )
    session.flush()


def _exchange_options(session: Session, poll: Poll, wanted: Sequence[NewOption]) -> None:
    if session.exec(select(Ballot.id).where(Ballot.poll_id == poll.id)).first() is not None:
        raise PollHasVotes(poll.id, title=poll.title)
    session.exec(delete(PollOption).where(col(PollOption.poll_id) == poll.id))
    _put_options(session, poll, wanted)


def _is_alike(session: Session, poll: Poll, new: NewPoll) -> bool:
    return _as_new(session, polls.options(session, poll.id)) == _as_new(session, new.options)


def _as_new(
    session: Session, listed: Sequence[NewOption] | Sequence[PollOption]
) -> list[tuple[str, str | None, int | None]]:
    """Options as what makes them the same: title, picture, product."""
    found = []
    for option in listed:
        if isinstance(option, PollOption):
            found.append((option.title, option.image_url, option.product_id))
            continue
        product = catalog.exact(session, option.product or option.title)
        found.append((option.title, option.image_url, product.id if product else None))
    return found


def _words(session: Session, poll: Poll) -> str:
    """A message; long titles are cut, so that nine options fit into one."""
    listed = polls.options(session, poll.id)
    lines = "\n".join(f"{option.number}. {_short(option.title)}" for option in listed)
    reward = rules.get(session, "points.vote")
    thanks = f"，投票送{reward}积分" if reward else ""
    return f"邀您参加搭配投票：{_short(poll.title)}\n{lines}\n回复「投第一套」即可参与{thanks}。"


def _short(title: str) -> str:
    return title if len(title) <= _SHORT else title[: _SHORT - 1] + "…"
