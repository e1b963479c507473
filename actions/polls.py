"""Customers and outfit votes: which there are, voting, how they stand."""

from collections.abc import Sequence

from sqlmodel import Session

from actions import answers
from actions import poll_choice as choice
from actions.base import CUSTOMER, CrmAction
from actions.turn import Option, Turn
from crm_core.authz import Actor
from crm_core.polls import service as polls
from crm_core.polls.models import Poll, PollOption
from crm_core.rules import service as rules


class ListPolls(CrmAction):
    """Shows the only open poll with its options, else the list of polls."""

    roles = CUSTOMER

    def name(self) -> str:
        return "action_list_polls"

    def handle(self, session: Session, actor: Actor, turn: Turn) -> None:
        listed = polls.open_now(session, actor)
        if not listed:
            turn.say("utter_no_polls")
        elif len(listed) == 1:
            _show(session, actor, turn, listed[0])
        else:
            options = [Option(poll.title, "action_show_poll", _of(poll)) for poll in listed]
            turn.offer("utter_polls", options, count=len(listed))


class ShowPoll(CrmAction):
    """The poll picked from the list."""

    roles = CUSTOMER

    def name(self) -> str:
        return "action_show_poll"

    def handle(self, session: Session, actor: Actor, turn: Turn) -> None:
        _show(session, actor, turn, polls.get(session, actor, int(turn.slot("poll_id"))))


class VoteOutfit(CrmAction):
    """Votes in the poll last shown or sent, else in the only one that it can be; else asks."""

    roles = CUSTOMER
    writes = True

    def name(self) -> str:
        return "action_vote_outfit"

    def handle(self, session: Session, actor: Actor, turn: Turn) -> None:
        if turn.intent == "select_option" and turn.slot("poll_option"):
            _cast(session, actor, turn, int(turn.slot("poll_id")), int(turn.slot("poll_option")))
            return
        candidates = _candidates(session, actor, turn)
        meant = _meant(session, turn, candidates)
        if not meant and not turn.entity("option"):  # goods of another poll than the one shown
            meant = _meant(session, turn, polls.open_now(session, actor))
        if not candidates:
            turn.say("utter_no_polls")
        elif len(meant) == 1:
            _cast(session, actor, turn, meant[0][0].id, meant[0][1].number)
        elif meant:
            several = len({poll.id for poll, _ in meant})
            turn.offer("utter_which_option", [_ballot(p, o, several) for p, o in meant])
        else:
            _ask(session, actor, turn, candidates)


class QueryPollResult(CrmAction):
    """How the poll stands that was named or shown last, else the only one, else asks."""

    def name(self) -> str:
        return "action_query_poll_result"

    def handle(self, session: Session, actor: Actor, turn: Turn) -> None:
        listed = polls.recent(session, actor)
        named = choice.by_words(session, turn, listed)
        if len(named) > 1:
            named = choice.last_shown(turn, named)
        if len(named) > 1:
            named = [p for p in named if _may_be_told(session, actor, p)] or named[:1]
        if not named:
            turn.say("utter_no_polls")
        elif len(named) == 1:
            _tell(session, actor, turn, named[0].id)
        else:
            options = [Option(poll.title, "action_show_poll_result", _of(poll)) for poll in named]
            turn.offer("utter_polls", options, count=len(named))


class ShowPollResult(CrmAction):
    """How the poll picked from the list stands."""

    def name(self) -> str:
        return "action_show_poll_result"

    def handle(self, session: Session, actor: Actor, turn: Turn) -> None:
        _tell(session, actor, turn, int(turn.slot("poll_id")))


def _of(poll: Poll) -> dict[str, object]:
    return {"poll_id": poll.id, "poll_option": None}


def _show(session: Session, actor: Actor, turn: Turn, poll: Poll) -> None:
    """The options to pick from, or the result where the customer has voted."""
    assert actor.customer_id is not None
    turn.set("poll_id", poll.id)
    if polls.ballot_of(session, poll.id, actor.customer_id) or not polls.is_open(poll):
        _tell(session, actor, turn, poll.id)
        return
    options = [_ballot(poll, option, 1) for option in polls.options(session, poll.id)]
    reward = rules.get(session, "points.vote")
    turn.offer(
        "utter_poll", options, title=poll.title, ends=choice.ends(poll),
        reward=f"，投票送 {reward} 积分" if reward else "",
    )  # fmt: skip


def _candidates(session: Session, actor: Actor, turn: Turn) -> Sequence[Poll]:
    """Open polls: the one last sent or shown, else those without this customer's vote, else all."""
    assert actor.customer_id is not None
    listed = polls.open_now(session, actor)
    asked = answers.poll_asked(session, actor, turn)
    shown = [poll for poll in listed if poll.id == asked] or choice.last_shown(turn, listed)
    if len(shown) == 1:
        return shown
    return [
        p for p in listed if polls.ballot_of(session, p.id, actor.customer_id) is None
    ] or listed


def _meant(
    session: Session, turn: Turn, candidates: Sequence[Poll]
) -> list[tuple[Poll, PollOption]]:
    return [(p, o) for p in candidates for o in choice.options_meant(session, turn, p)]


def _ballot(poll: Poll, option: PollOption, of_polls: int) -> Option:
    title = option.title if of_polls == 1 else f"{poll.title}：{option.title}"
    slots = {"poll_id": poll.id, "poll_option": option.number}
    return Option(title, "action_vote_outfit", slots)


def _ask(session: Session, actor: Actor, turn: Turn, candidates: Sequence[Poll]) -> None:
    """Nothing fits: one poll shows its options, several are listed."""
    if len(candidates) == 1:
        said = turn.entity("option")
        if said:
            turn.say("utter_error_no_such_option", most=_number_of_options(session, candidates[0]))
        _show(session, actor, turn, candidates[0])
    else:
        options = [Option(poll.title, "action_show_poll", _of(poll)) for poll in candidates]
        turn.offer("utter_polls", options, count=len(candidates))


def _number_of_options(session: Session, poll: Poll) -> int:
    return len(polls.options(session, poll.id))


def _cast(session: Session, actor: Actor, turn: Turn, poll_id: int, number: int) -> None:
    polls.vote(session, actor, poll_id, number, ref=turn.ref)
    turn.set("poll_id", poll_id)
    turn.set("poll_option", None)
    result = polls.result(session, actor, poll_id)
    chosen = next(share.option for share in result.shares if share.option.number == result.mine)
    reward = rules.get(session, "points.vote")
    turn.say(
        "utter_voted", chosen=chosen.title, lines=choice.lines(result),
        reward=f"，{reward} 积分已到账" if reward else "",
    )  # fmt: skip


def _may_be_told(session: Session, actor: Actor, poll: Poll) -> bool:
    if actor.customer_id is None or not polls.is_open(poll):
        return True
    return polls.ballot_of(session, poll.id, actor.customer_id) is not None


def _tell(session: Session, actor: Actor, turn: Turn, poll_id: int) -> None:
    result = polls.result(session, actor, poll_id)
    turn.set("poll_id", poll_id)
    mine = next((s.option.title for s in result.shares if s.option.number == result.mine), None)
    turn.say(
        "utter_poll_result", title=result.poll.title, total=result.total,
        state="进行中" if polls.is_open(result.poll) else "已结束",
        lines=choice.lines(result), mine=f"\n您投的是「{mine}」。" if mine else "",
    )  # fmt: skip
