"""Filling a form as Rasa runs it."""

from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from actions.base import CrmAction
from crm_core.staff.models import Staff
from tests.actions.talk import Said, a_message, say


@dataclass
class Form:
    """A form as Rasa runs it: the slots that each message fills stay for the next."""

    session: Session
    member: Staff
    action: type[CrmAction]
    name: str

    def __post_init__(self) -> None:
        self.slots: dict[str, Any] = {}

    def hears(self, text: str, intent: str, asked: str | None = None, **entities: str) -> Said:
        self.slots["requested_slot"] = asked
        return self.runs(self.action, text, intent, **entities)

    def runs(
        self, action: type[CrmAction], text: str = "", intent: str = "", **entities: str
    ) -> Said:
        message = a_message(self.session, self.member)
        said = say(
            action, message, text=text, intent=intent, entities=dict(entities),
            slots=self.slots, form=self.name,
        )  # fmt: skip
        self.slots |= said.slots
        self.session.expire_all()
        return said
