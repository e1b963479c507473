"""What every action shares: one transaction, one way to refuse and to say an error."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any, ClassVar

import structlog
from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher
from sqlmodel import Session

from actions.turn import Turn
from crm_core.audit import service as audit
from crm_core.authz import Actor, Forbidden, Role
from crm_core.customers.service import CustomerNotFound
from crm_core.db import reading, unit_of_work
from crm_core.entry import service as entry
from crm_core.errors import CrmError
from crm_core.inbound import service as inbound
from crm_core.lineage import service as lineage
from crm_core.validation.errors import BadEntries, BadEntry

logger = structlog.get_logger(__name__)

EVERYONE = frozenset(Role)
CUSTOMER = frozenset({Role.CUSTOMER})
STAFF = EVERYONE - CUSTOMER


class CrmAction(Action, ABC):
    """Runs `handle` in a worker thread and one session; a CrmError is said by its code.

    `roles` may call it at all; what they may do to whom is decided by the services.
    """

    roles: ClassVar[frozenset[Role]] = EVERYONE
    writes: ClassVar[bool] = False
    understood: ClassVar[bool] = True  # who is understood in between has not failed twice in a row

    @abstractmethod
    def name(self) -> str:
        """What the domain calls it; a class without is a base that nobody registers."""

    @abstractmethod
    def handle(self, session: Session, actor: Actor, turn: Turn) -> None:
        """Do it, and say so through `turn`."""

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, _domain: dict[str, Any]
    ) -> list[EventType]:
        turn = Turn(dispatcher, tracker, self.name())
        try:
            await asyncio.to_thread(self._work, turn)
        except CrmError as error:
            turn.forget_words()
            turn.say(f"utter_error_{error.code}", **error.values)
            self.after_error(turn, error)
        except Exception as error:  # else the SDK would answer with the error and the tracker
            logger.exception("action failed", action=self.name(), error=type(error).__name__)
            turn.forget_words()
            turn.say("utter_error")
        if self.understood and turn.slot("failures"):
            turn.set("failures", 0)
        self.return_to_form(turn)
        return turn.events

    def after_error(self, turn: Turn, error: CrmError) -> None:
        """What else follows an error that was said."""

    def return_to_form(self, turn: Turn) -> None:
        """After a digression the form that was interrupted asks again; an answer to it does not."""
        if turn.action.startswith("action_ask_"):  # the form asks through it
            return
        changed = any(event["event"] in {"active_loop", "followup"} for event in turn.events)
        if turn.form and not changed:
            turn.then(turn.form)

    def _admit(self, actor: Actor) -> None:
        if actor.role not in self.roles:
            raise Forbidden(actor.name, self.name())

    def _work(self, turn: Turn) -> None:
        actor: Actor | None = None
        try:
            with unit_of_work() if self.writes else reading() as session:
                actor = inbound.sender(session, turn.inbound_id)
                self._admit(actor)
                self.handle(session, actor, turn)
        except (BadEntry, BadEntries) as error:
            if actor is not None and actor.customer_id is not None:
                ref, source = turn.ref, lineage.source_of(actor)
                entry.refused(actor, actor.customer_id, error, source=source, ref=ref)
            raise
        except (Forbidden, CustomerNotFound) as error:
            if actor is not None:
                audit.refuse(actor, self.name(), str(error.args[-1]))
            raise


class CrmForm(CrmAction):
    """The `validate_<form>` action: takes from a message what the form needs.

    A message that is about something else (a digression, `cancel`) fills nothing, so Rasa lets a
    rule answer it; afterwards the form asks again.
    """

    begins: ClassVar[frozenset[str]]  # intents that open the form
    answers: ClassVar[frozenset[str]] = frozenset()  # further intents that may answer it
    NEVER_A_DIGRESSION = frozenset({"nlu_fallback", "out_of_scope", "chitchat", ""})

    @abstractmethod
    def fill(self, session: Session, actor: Actor, turn: Turn) -> dict[str, Any]:
        """The slots this message fills; {} when it does not answer what was asked."""

    def handle(self, session: Session, actor: Actor, turn: Turn) -> None:
        if self.is_answer(turn):
            for slot, value in self.fill(session, actor, turn).items():
                turn.set(slot, value)

    def is_answer(self, turn: Turn) -> bool:
        """Whether the message is for the form; a bare number, say, is whatever its intent."""
        return turn.intent in self.begins | self.answers | self.NEVER_A_DIGRESSION

    def after_error(self, turn: Turn, error: CrmError) -> None:
        """The form asks again, once; somebody who may not fill it at all leaves it.

        A validation that sets no slot would count as a digression, or run twice at the opening.
        """
        if isinstance(error, Forbidden):
            turn.leave_form()
        else:
            turn.set(turn.asked or "options", None)

    def return_to_form(self, turn: Turn) -> None:
        """The form runs anyway: this is a part of it."""


def reset(turn: Turn, slots: Iterable[str]) -> None:
    """Empty the slots of a form that has done its work."""
    for slot in slots:
        turn.set(slot, None)
