"""Calling an action as Rasa 3.6.21 does, and reading what it answered."""

import asyncio
import itertools
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.executor import ActionExecutor, CollectingDispatcher
from sqlmodel import Session

from actions.base import CrmAction
from actions.turn import Turn
from crm_core.customers import service as customers
from crm_core.customers.models import Customer, IdentityKind
from crm_core.inbound import service as inbound
from crm_core.staff.models import Staff
from tests.factories import OA_APPID

_numbers = itertools.count(1)
_NAMES = {"category", "color", "customer_name", "family_member", "measure", "size", "style", "tag"}


@dataclass
class Said:
    """What one call of an action answered."""

    responses: list[dict[str, Any]]
    events: list[dict[str, Any]]

    @property
    def names(self) -> list[str]:
        """The names of the responses."""
        return [response["response"] for response in self.responses]

    @property
    def only(self) -> dict[str, Any]:
        """The one response, with its values."""
        assert len(self.responses) == 1, self.names
        return self.responses[0]

    @property
    def slots(self) -> dict[str, Any]:
        return {e["name"]: e["value"] for e in self.events if e["event"] == "slot"}

    @property
    def then(self) -> str | None:
        """The action or form that runs next."""
        return next((e["name"] for e in self.events if e["event"] == "followup"), None)


def a_message(session: Session, sender: Customer | Staff, text: str = "…") -> int:
    """A stored inbound message of this sender; its id."""
    who = (
        inbound.Sender(staff_id=sender.id)
        if isinstance(sender, Staff)
        else inbound.Sender(IdentityKind.OA_OPENID, _openid(session, sender))
    )
    number = next(_numbers)
    message = inbound.Message("oa", OA_APPID, f"m{number}", who, "text", datetime.now(UTC), text)
    row, _ = inbound.receive(session, message)
    session.commit()
    return row.id


def say(  # noqa: PLR0913  a payload has as many parts
    action: type[CrmAction],
    inbound_id: int,
    *,
    text: str = "",
    intent: str = "",
    entities: dict[str, str | list[str]] | None = None,
    slots: dict[str, Any] | None = None,
    form: str | None = None,
    normalised: str | None = None,
) -> Said:
    """Run one action on one stored message; entities may be marked in `text` (see `marked`)."""
    text, found = marked(text)
    executor = ActionExecutor()
    executor.register_action(action)
    payload = {  # the keys that Rasa 3.6.21's RemoteAction sends
        "next_action": action().name(),
        "sender_id": "c_test",
        "version": "3.6.21",
        "domain": {},
        "tracker": {
            "sender_id": "c_test",
            "slots": slots or {},
            "latest_message": {
                "text": text,
                "normalised": text if normalised is None else normalised,
                "intent": {"name": intent, "confidence": 0.9},
                "entities": [*found, *_entities(entities or {})],
                "metadata": {"inbound_id": inbound_id},
            },
            "events": [],
            "paused": False,
            "followup_action": None,
            "active_loop": {"name": form} if form else {},
            "latest_action_name": None,
        },
    }
    result = asyncio.run(executor.run(payload))
    assert result is not None
    return Said(list(result.responses), list(result.events))


def _entities(entities: dict[str, str | list[str]]) -> Any:
    for name, values in entities.items():
        for value in [values] if isinstance(values, str) else values:
            yield {"entity": name, "value": value}


def _openid(session: Session, customer: Customer) -> str:
    known = customers.address(session, customer.id, IdentityKind.OA_OPENID, OA_APPID)
    if known is None:
        known = f"o{customer.id}"
        customers.identify(
            session, customer, IdentityKind.OA_OPENID, known, account=OA_APPID, source="test"
        )
    return known


def a_turn(said: str, *, default: str) -> Turn:
    """The turn of a sentence with marked entities; a bare mark is one of `default`."""
    text, entities = marked(said, default)
    message = {"text": text, "entities": entities}
    return Turn(CollectingDispatcher(), Tracker("c", {}, message, [], False, None, {}, ""), "x")


def marked(said: str, default: str = "") -> tuple[str, list[dict[str, Any]]]:
    """The plain text of a marked one, and its entities where they stand.

    「[M码|size:M]的[连衣裙|category]」; with a default 「[M]」 and 「[M码|M]」 will do.
    """
    text, entities = "", []
    for part in re.split(r"(\[[^]]+\])", said):
        words, _, mark = part.strip("[]").partition("|")
        if part.startswith("["):
            name, _, value = mark.partition(":")
            if name not in _NAMES:
                name, value = default, mark
            span = {"start": len(text), "end": len(text) + len(words)}
            entities.append({"entity": name, "value": value or words, **span})
        text += words
    return text, entities
