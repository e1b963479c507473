"""Whether what came of a turn is what the scenario expects."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import Session

from app.scenario import facts, matching
from app.scenario.cast import Cast, Player
from app.scenario.facts import OfWhom, Whose
from app.scenario.phones import Item, text_of
from app.scenario.script import Expected, Pushed
from crm_core.customers import service as customers
from crm_core.customers.models import IdentityKind
from crm_core.settings import settings

_NO_INTENT = "nothing"


@dataclass
class Outcome:
    """What came of one turn."""

    intent: str | None = None
    shown: dict[str, list[Item]] = field(default_factory=dict)  # what is new, by persona
    printed: str = ""  # by an operator's command
    wrong: list[str] = field(default_factory=list)  # what failed by itself

    @property
    def transcript(self) -> str:
        """All that came of it, for a reader."""
        printed = [("dianyu", self.printed)] if self.printed else []
        told = [*printed, *((who, text_of(items)) for who, items in self.shown.items())]
        told += [("intent", self.intent)] if self.intent else []
        return "\n".join(
            f"    {who}: {words}".replace("\n", "\n      ") for who, words in told if words
        )

    def text(self, player: Player | None) -> str:
        """The new words on somebody's phone, or on the operator's terminal."""
        on_phone = text_of(self.shown.get(player.id, [])) if player else ""
        return self.printed or on_phone


def wrong_with(
    session: Session, cast: Cast, expected: Expected, player: Player | None, outcome: Outcome
) -> Iterator[str]:
    """Every mismatch as a sentence: what was expected, what came."""
    if expected.intent and (came := outcome.intent or _NO_INTENT) not in expected.intent:
        yield f"expected the intent {' or '.join(expected.intent)}, came {came}"
    yield from _words(outcome.text(player), expected)
    for pushed in expected.pushed:
        to = cast.players[pushed.to]
        for wrong in _words(text_of(outcome.shown.get(to.id, [])), pushed):
            yield f"to {pushed.to}: {wrong}"
    for name, wanted in expected.state.items():
        yield from _state(session, cast, name, wanted, player)


def _words(text: str, expected: Expected | Pushed) -> Iterator[str]:
    if isinstance(expected, Pushed) and not (expected.silent or text):
        yield "expected a message, came nothing"
        return
    yield from matching.words(
        text,
        contains_all=expected.contains_all,
        contains_any=expected.contains_any,
        not_contains=expected.not_contains,
        silent=expected.silent,
    )


def _state(
    session: Session, cast: Cast, name: str, wanted: Any, player: Player | None
) -> Iterator[str]:
    """A fact about who acts, or several about somebody who is named."""
    if name in facts.NAMES:
        yield from _fact(session, name, wanted, _whose(session, player), "")
        return
    whose = _whose(session, cast.players[name])
    for fact, value in wanted.items():
        yield from _fact(session, fact, value, whose, f" of {name}")


def _fact(session: Session, name: str, wanted: Any, whose: Whose, of: str) -> Iterator[str]:
    try:
        found = facts.read(session, name, whose)
    except OfWhom:
        yield f"{name} of whom? Name a customer, and the fact below"
        return
    if not matching.fits(wanted, found):
        yield f"expected {name}{of} {matching.plain(wanted)}, found {matching.plain(found)}"


def _whose(session: Session, player: Player | None) -> Whose:
    """Who a player is; a visitor is somebody as soon as they have written."""
    if player is None:
        return Whose()
    if player.customer_id is None and (openid := player.persona.get("openid")):
        appid = settings().oa_appid
        known = customers.by_identity(session, IdentityKind.OA_OPENID, openid, appid)
        return Whose(known.id if known else None)
    return Whose(player.customer_id, player.staff_id)
