"""Staff and open polls: sending one to customers, closing one. Both are confirmed first."""

from collections.abc import Sequence
from typing import Any, ClassVar

from sqlmodel import Session

from actions import poll_choice as choice
from actions.base import CrmAction, CrmForm, reset
from actions.poll_form import PUBLISHERS
from actions.turn import Option, Turn
from crm_core.authz import Actor, Permission, Role, system
from crm_core.campaigns import service as campaigns
from crm_core.customers import service as customers
from crm_core.errors import CrmError
from crm_core.polls import publishing
from crm_core.polls import service as polls
from crm_core.polls.models import Poll
from crm_core.segments import service as segments

SENDERS = PUBLISHERS | {Role.ASSISTANT}
SLOTS = ("chosen_poll", "poll_confirm", "poll_among", "poll_segment")


class PersonUnclear(CrmError):
    """Nobody, or more than one of the sender's customers, is called that."""

    code = "person_unclear"


class _PollChoice(CrmForm):
    """First which poll, then yes or no."""

    answers = frozenset({"affirm", "deny", "select_option"})
    closing: ClassVar[bool]

    def fill(self, session: Session, actor: Actor, turn: Turn) -> dict[str, Any]:
        if turn.asked == "poll_confirm" and (said := choice.yes_or_no(turn)) is not None:
            return {"poll_confirm": said}
        if turn.asked is None or turn.intent in self.begins:
            return self._open(session, actor, turn)
        return _picked(turn) if turn.asked == "chosen_poll" else {}

    def after_error(self, turn: Turn, error: CrmError) -> None:
        """What was wanted at the opening cannot be done: nothing else is sent instead."""
        if turn.asked is None:
            turn.leave_form()
        else:
            super().after_error(turn, error)

    def _open(self, session: Session, actor: Actor, turn: Turn) -> dict[str, Any]:
        listed = _open_to(session, actor, closing=self.closing)
        if not listed:
            turn.say("utter_none_to_close" if self.closing else "utter_no_polls")
            turn.leave_form()
            return {}
        meant = _meant(session, turn, listed)
        return {
            **dict.fromkeys(SLOTS),
            "chosen_poll": meant[0].id if len(meant) == 1 else None,
            "poll_segment": _segment(session, turn),
            "poll_among": None if self.closing else _persons(session, actor, turn),
        }


class PollSendForm(_PollChoice):
    roles = SENDERS
    begins = frozenset({"send_poll"})
    closing = False

    def name(self) -> str:
        return "validate_poll_send_form"


class PollCloseForm(_PollChoice):
    roles = PUBLISHERS
    begins = frozenset({"close_poll"})
    closing = True

    def name(self) -> str:
        return "validate_poll_close_form"


class AskPollToSend(CrmAction):
    roles = SENDERS

    def name(self) -> str:
        return "action_ask_poll_send_form_chosen_poll"

    def handle(self, session: Session, actor: Actor, turn: Turn) -> None:
        _offer(turn, "poll_send_form", _open_to(session, actor, closing=False))


class AskPollToClose(CrmAction):
    roles = PUBLISHERS

    def name(self) -> str:
        return "action_ask_poll_close_form_chosen_poll"

    def handle(self, session: Session, actor: Actor, turn: Turn) -> None:
        _offer(turn, "poll_close_form", _open_to(session, actor, closing=True))


class AskPollSendConfirm(CrmAction):
    """How many would get it, before anything is sent."""

    roles = SENDERS

    def name(self) -> str:
        return "action_ask_poll_send_form_poll_confirm"

    def handle(self, session: Session, actor: Actor, turn: Turn) -> None:
        invited = _invitation(session, actor, turn)
        if not invited.customer_ids:
            turn.say("utter_nobody_to_invite")
            turn.leave_form()
            reset(turn, SLOTS)
            return
        count, segment = len(invited.customer_ids), turn.slot("poll_segment")
        whose = f"{segment}顾客" if segment else "顾客"
        turn.say("utter_poll_send_draft", count=count, whose=whose, words=invited.text)


class AskPollCloseConfirm(CrmAction):
    roles = PUBLISHERS

    def name(self) -> str:
        return "action_ask_poll_close_form_poll_confirm"

    def handle(self, session: Session, actor: Actor, turn: Turn) -> None:
        result = polls.result(session, actor, int(turn.slot("chosen_poll")))
        turn.say("utter_poll_close_draft", title=result.poll.title, total=result.total)


class SendPoll(CrmAction):
    roles = SENDERS
    writes = True

    def name(self) -> str:
        return "action_send_poll"

    def handle(self, session: Session, actor: Actor, turn: Turn) -> None:
        if turn.slot("poll_confirm"):
            invited = _invitation(session, actor, turn)
            campaigns.send_to(
                session,
                actor,
                invited.customer_ids,
                invited.text,
                key=publishing.invitation_key(int(turn.slot("chosen_poll")), turn.ref),
                segment=turn.slot("poll_segment") or "",
                permission=Permission.POLL_SEND,
            )
            turn.say("utter_poll_sent", count=len(invited.customer_ids))
        else:
            turn.say("utter_poll_not_sent")
        reset(turn, SLOTS)


class ClosePoll(CrmAction):
    roles = PUBLISHERS
    writes = True

    def name(self) -> str:
        return "action_close_poll"

    def handle(self, session: Session, actor: Actor, turn: Turn) -> None:
        if turn.slot("poll_confirm"):
            poll = polls.close(session, actor, int(turn.slot("chosen_poll")))
            turn.set("poll_id", poll.id)
            result = polls.result(session, actor, poll.id)
            lines = choice.lines(result)
            turn.say("utter_poll_closed", title=poll.title, total=result.total, lines=lines)
        else:
            turn.say("utter_poll_not_closed")
        reset(turn, SLOTS)


def _open_to(session: Session, actor: Actor, *, closing: bool) -> Sequence[Poll]:
    """Open polls that the actor may send, or may close: a manager only closes the own store's."""
    listed = polls.open_now(session, actor)
    if closing and not actor.everywhere:
        return [poll for poll in listed if poll.store_id == actor.store_id]
    return listed


def _meant(session: Session, turn: Turn, listed: Sequence[Poll]) -> Sequence[Poll]:
    """By its number in the list, by its goods, the one shown last; several where that is open."""
    said = turn.entity("option") or ""
    if turn.intent != "select_option" and said.lstrip("-").isdigit():
        number = int(said)
        if 1 <= abs(number) <= len(listed):
            return [listed[number - 1 if number > 0 else number]]
    named = choice.by_words(session, turn, listed)
    return named if len(named) == 1 else choice.last_shown(turn, named)


def _picked(turn: Turn) -> dict[str, Any]:
    """The poll picked from the list; 不用了 leaves the form."""
    if turn.intent == "deny":
        turn.say("utter_cancelled")
        turn.leave_form()
        return {}
    said, listed = turn.entity("option") or "", turn.slot("options") or []
    number = int(said) if said.lstrip("-").isdigit() else 0
    if not 1 <= abs(number) <= len(listed):
        return {}
    return dict(listed[number - 1 if number > 0 else number]["slots"])


def _offer(turn: Turn, form: str, listed: Sequence[Poll]) -> None:
    options = [Option(poll.title, form, {"chosen_poll": poll.id}) for poll in listed]
    turn.offer("utter_polls", options, count=len(listed))


def _persons(session: Session, actor: Actor, turn: Turn) -> list[int] | None:
    """The customers named; None where nobody is.

    Raises:
        PersonUnclear: a name or phone tail is nobody's, or several people's, in the scope.
    """
    names = [{"name": said} for said in turn.entities("customer_name")]
    tails = [{"phone_tail": said} for said in turn.entities("phone_tail")]
    if not names and not tails:
        return None
    wanted = [names[0] | tails[0]] if len(names) == len(tails) == 1 else [*names, *tails]
    found = [customers.find(session, actor, **one) for one in wanted]
    if any(len(customers_found) != 1 for customers_found in found):
        raise PersonUnclear
    return [customers_found[0].id for customers_found in found]


def _segment(session: Session, turn: Turn) -> str | None:
    """The segment that was named, if there is one."""
    said = turn.entity("segment")
    return segments.named(session, said) if said else None


def _invitation(session: Session, actor: Actor, turn: Turn) -> publishing.Invitation:
    """Whom to send to: the sender's customers, narrowed to a segment or to persons named."""
    among: set[int] | None = None
    if segment := turn.slot("poll_segment"):
        # Who is in it is nothing the sender learns: only how many of the own customers.
        everywhere = system("poll invitation")
        among = set(segments.members(session, everywhere, segment))
    if (persons := turn.slot("poll_among")) is not None:
        among = set(persons) if among is None else among & set(persons)
    poll_id = int(turn.slot("chosen_poll"))
    return publishing.invitation(session, actor, poll_id, among=among)
