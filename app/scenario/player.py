"""Playing a scenario: its turns through the real channel path, and what the phones show of them."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import httpx
from sqlmodel import col, select

from app.scenario import operator
from app.scenario.acting import act
from app.scenario.cast import Cast, Player
from app.scenario.judging import Outcome, wrong_with
from app.scenario.loading import CannotHappen, load
from app.scenario.phones import NotPossible
from app.scenario.reading import Read
from app.scenario.script import TurnGiven
from app.scenario.stage import Stage
from channels.sandbox.said import message_number
from crm_core import clock
from crm_core.db import reading, unit_of_work
from crm_core.inbound.models import Inbound, InboundState

_TURN_SECONDS = 40.0
_LOOK_SECONDS = 0.01
_UNFINISHED = (InboundState.PENDING, InboundState.RUNNING)


@dataclass(frozen=True)
class Failure:
    """A turn that did not go as expected: where it stands, who did what, what was wrong."""

    where: str
    what: str
    wrong: list[str]

    def __str__(self) -> str:
        return f"{self.where}: {self.what}: {'; '.join(self.wrong)}"


def play(stage: Stage, read: Read) -> list[Failure]:
    """Load a scenario into a fresh stage and play it; every turn that failed, in order.

    Raises:
        CannotPlay: the stage is broken.
    """
    stage.fresh()
    try:
        with unit_of_work() as session:
            cast = load(session, read.scenario)
    except CannotHappen as error:
        return [Failure(read.where(error.place), "given", [str(error)])]
    _set_clock(stage, cast)
    stage.phones.register([player.persona for player in cast.everybody()])
    stage.learn_names()
    return list(_failures(stage, read, cast))


def _failures(stage: Stage, read: Read, cast: Cast) -> Iterator[Failure]:
    for number, turn in enumerate(read.scenario.turns):
        is_command = turn.event == "command"
        player = None if is_command else cast.players[turn.sender or cast.main]
        outcome = _do(stage, turn, player)
        with reading() as session:
            wrong = [*outcome.wrong, *wrong_with(session, cast, turn.expect, player, outcome)]
        if wrong:
            who = "dianyu" if is_command else turn.sender or cast.main
            place = read.where(("turns", number))
            yield Failure(place, f"turn {number + 1}, {who} 「{turn.said}」", wrong)


def _do(stage: Stage, turn: TurnGiven, player: Player | None) -> Outcome:
    """Let time go by, let somebody do something, let the background finish."""
    marks, newest = stage.phones.marks(), _newest()
    outcome = Outcome()
    if turn.after is not None:
        _move_clock(stage, timedelta(seconds=turn.after.seconds))
        outcome.wrong += stage.work.on_schedule()
    try:
        if turn.event == "command":
            outcome.printed = operator.run(str(turn.command))
        elif turn.event is not None:
            assert player is not None  # looked at when the file was read
            act(stage.phones, turn, player)
    except (NotPossible, operator.CommandFailed, httpx.HTTPError) as error:
        outcome.wrong.append(str(error) or type(error).__name__)
    if not _finished():
        outcome.wrong.append(f"no answer within {_TURN_SECONDS:g} s")
    outcome.wrong += stage.work.all_done()
    outcome.intent = _intent(turn, newest)
    for persona, seq in stage.phones.marks().items():
        if seq > (mark := marks.get(persona, 0)):
            outcome.shown[persona] = stage.phones.since(persona, mark)
    return outcome


def _set_clock(stage: Stage, cast: Cast) -> None:
    clock.set_to(cast.begins)
    stage.phones.set_clock(cast.begins)


def _move_clock(stage: Stage, by: timedelta) -> None:
    moment = clock.now() + by
    clock.set_to(moment)
    stage.phones.set_clock(moment)


def _finished() -> bool:
    """Wait until no turn is running any more; a late one is answered through the outbox."""
    wanted = select(Inbound.id).where(col(Inbound.state).in_(_UNFINISHED)).limit(1)
    until = time.monotonic() + _TURN_SECONDS
    while time.monotonic() < until:
        with reading() as session:
            if session.exec(wanted).first() is None:
                return True
        time.sleep(_LOOK_SECONDS)
    return False


def _newest() -> int:
    with reading() as session:
        return session.exec(select(Inbound.id).order_by(col(Inbound.id).desc())).first() or 0


def _intent(turn: TurnGiven, newest_before: int) -> str | None:
    """What the message of this turn was understood as; a repeat's is the first one's."""
    is_it = col(Inbound.id) > newest_before
    if turn.message_id:
        is_it |= col(Inbound.message_id) == str(message_number(turn.message_id))
    with reading() as session:
        wanted = select(Inbound.intent).where(is_it).order_by(col(Inbound.id).desc())
        return session.exec(wanted).first()
