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
from app.scenario.event import CannotHappen
from app.scenario.judging import Outcome, wrong_with
from app.scenario.loading import load
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
class Played:
    """A turn, or the given before it: where it stands, who did what, what came, what was wrong."""

    where: str
    what: str
    came: str
    wrong: list[str]

    @property
    def failure(self) -> str:
        """What was wrong, in one line."""
        return f"{self.where}: {self.what}: {'; '.join(self.wrong)}"


def play(stage: Stage, read: Read) -> Iterator[Played]:
    """Load a scenario into a fresh stage and play it, turn by turn.

    Raises:
        CannotPlay: the stage is broken.
    """
    stage.fresh()
    try:
        with unit_of_work() as session:
            cast = load(session, read.scenario)
    except CannotHappen as error:
        yield Played(read.where(error.place), "given", "", [str(error)])
        return
    _set_clock(stage, cast)
    stage.phones.register([player.persona for player in cast.everybody()])
    stage.learn_names()
    for number, turn in enumerate(read.scenario.turns):
        yield _played(stage, read, cast, number, turn)


def _played(stage: Stage, read: Read, cast: Cast, number: int, turn: TurnGiven) -> Played:
    is_command = turn.event == "command"
    player = None if is_command else cast.players[turn.sender or cast.main]
    outcome = _do(stage, turn, player)
    with reading() as session:
        wrong = [*outcome.wrong, *wrong_with(session, cast, turn.expect, player, outcome)]
    who = "dianyu" if is_command else turn.sender or cast.main
    what = f"turn {number + 1}, {who} 「{turn.said}」"
    return Played(read.where(("turns", number)), what, outcome.transcript, wrong)


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
