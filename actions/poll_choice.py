"""Which poll, and which of its options, people mean."""

from collections.abc import Sequence

from sqlmodel import Session

from actions.turn import Turn
from crm_core.catalog import service as catalog
from crm_core.clock import local
from crm_core.polls import service as polls
from crm_core.polls.models import Poll, PollOption

_BUTTON = 6  # characters
_WHOLE_TITLE = 100
_WORDS = ("product", "category", "style", "color", "occasion")


def by_words(session: Session, turn: Turn, among: Sequence[Poll]) -> Sequence[Poll]:
    """Of these polls those that fit best what was said about goods; all of them if none fits."""
    best = max((_fit(session, turn, poll) for poll in among), default=0)
    return [poll for poll in among if _fit(session, turn, poll) == best]


def last_shown(turn: Turn, among: Sequence[Poll]) -> Sequence[Poll]:
    """The poll shown last if it is one of these, else all of them."""
    shown = [poll for poll in among if poll.id == turn.slot("poll_id")]
    return shown or among


def options_meant(session: Session, turn: Turn, poll: Poll) -> Sequence[PollOption]:
    """A poll's options that are named, by number, side or goods; none if nothing fits."""
    listed = polls.options(session, poll.id)
    numbers = {int(said) for said in turn.entities("option") if said.lstrip("-").isdigit()}
    if numbers:
        from_end = len(listed) + 1
        return [o for o in listed if {o.number, o.number - from_end} & numbers]
    scores = [_score(session, turn, option) for option in listed]
    best = max(scores, default=0)
    return [o for o, score in zip(listed, scores, strict=True) if best and score == best]


def yes_or_no(turn: Turn) -> bool | None:
    """What a confirmation was answered; the words on its buttons count when they are typed."""
    if turn.intent in {"affirm", "deny"}:
        return turn.intent == "affirm"
    words = turn.text.strip()
    if len(words) > _BUTTON:
        return None
    if words.startswith(("不", "先不", "别")):
        return False
    return True if words.startswith(("确认", "确定")) else None


def lines(result: polls.Result) -> str:
    """How a poll stands, an option a line: 1. 通勤风衣 12票 60%."""
    return "\n".join(
        f"{share.option.number}. {share.option.title} {share.votes}票 {share.percent}%"
        for share in result.shares
    )


def ends(poll: Poll) -> str:
    """Until when votes are taken: 3月15日 20:00截止."""
    if poll.closes_at is None:
        return "长期有效"
    moment = local(poll.closes_at)
    return f"{moment.month}月{moment.day}日 {moment:%H:%M}截止"


def _fit(session: Session, turn: Turn, poll: Poll) -> int:
    """How many of the words said the poll has, in its title or all its options together.

    A title that is said as a whole is worth more than any words.
    """
    said = {value for name in _WORDS for value in turn.entities(name)}
    titles = poll.title + "".join(o.title for o in polls.options(session, poll.id))
    return sum(value in titles for value in said) + (poll.title in turn.text) * _WHOLE_TITLE


def _score(session: Session, turn: Turn, option: PollOption) -> int:
    said = {value for name in _WORDS for value in turn.entities(name)}
    return (
        sum(value in option.title for value in said)
        + (option.title in turn.text) * len(_WORDS)
        + _is_product(session, turn, option)
    )


def _is_product(session: Session, turn: Turn, option: PollOption) -> bool:
    named = [catalog.exact(session, said) for said in turn.entities("product")]
    return option.product_id is not None and option.product_id in {p.id for p in named if p}
