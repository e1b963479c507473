"""Polls, and who has voted in them."""

from collections.abc import Iterator

from sqlmodel import Session

from app.scenario.cast import Cast, themselves
from app.scenario.event import Event, Loc, ref_of
from app.scenario.given import Given, PollGiven
from app.scenario.setting import SOURCE, US
from crm_core.customers.models import Customer
from crm_core.polls import publishing
from crm_core.polls import service as polls
from crm_core.polls.models import Ballot, Poll, PollOption
from crm_core.polls.publishing import NewOption, NewPoll
from crm_core.timeline import service as timeline
from crm_core.timeline.models import EventKind


def happened(given: Given, cast: Cast) -> Iterator[Event]:
    """Publishing, voting at once, and closing."""
    for number, poll in enumerate(given.polls):
        place: Loc = ("given", "polls", number)
        published_at = poll.published.at(cast.begins)
        telling = _Telling(poll, cast, ref_of(place))
        yield Event(published_at, place, telling.publish)
        if poll.closed:
            closed_at = poll.closes.at(cast.begins) if poll.closes else cast.begins
            yield Event(min(closed_at, cast.begins), place, telling.close)


class _Telling:
    def __init__(self, poll: PollGiven, cast: Cast, ref: str) -> None:
        self._poll = poll
        self._cast = cast
        self._ref = ref
        self._id = 0

    def publish(self, session: Session) -> None:
        options = (NewOption(o.title, o.image, o.product) for o in self._poll.options)
        closes = self._poll.closes
        new = NewPoll(
            self._poll.title,
            tuple(options),
            self._cast.store_id(self._poll.store),
            closes.at(self._cast.begins) if closes else None,
        )
        poll = publishing.create(session, US, new, ref=self._ref)
        self._id = poll.id
        self._vote(session, poll)

    def close(self, session: Session) -> None:
        polls.close(session, US, self._id)

    def _vote(self, session: Session, poll: Poll) -> None:
        for option in polls.options(session, poll.id):
            if (voters := self._poll.votes.get(option.title)) is None:
                continue
            for name in voters.names:
                self._cast_ballot(session, poll, option, self._cast.customers[name])
            for _ in range(voters.anonymous):
                follower = Customer()
                session.add(follower)
                session.flush()
                _put(session, poll, option, follower)

    def _cast_ballot(
        self, session: Session, poll: Poll, option: PollOption, customer: Customer
    ) -> None:
        """Voting gives points, except to whom the scenario states points."""
        if self._cast.earns(customer):
            polls.vote(session, themselves(customer), poll.id, option.number, ref=self._ref)
        else:
            _put(session, poll, option, customer)


def _put(session: Session, poll: Poll, option: PollOption, customer: Customer) -> None:
    ballot = Ballot(poll_id=poll.id, option_id=option.id, customer_id=customer.id, ref=SOURCE)
    session.add(ballot)
    ref = f"poll:{poll.id}"
    timeline.add(session, customer.id, EventKind.VOTE, ref=ref, option=option.title)
