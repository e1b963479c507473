"""Where each conversation stands; the only copy of it."""

from datetime import datetime
from typing import Any

from sqlmodel import SQLModel

from crm_core import tables


class Conversation(SQLModel, table=True):
    __table_args__ = tables.args()

    id: int = tables.key()
    public_id: str = tables.word(64, unique=True)  # Rasa's sender id; says nothing about the person
    customer_id: int | None = tables.link("customer", optional=True, unique=True)
    staff_id: int | None = tables.link("staff", optional=True, unique=True)
    state: dict[str, Any] | None = tables.secret("conversation.state", optional=True)
    state_at: datetime | None = tables.at(optional=True)  # a state older than a day is dropped
    handed_over_at: datetime | None = tables.at(optional=True)  # set: the bot is silent
    handed_over_to: int | None = tables.link("staff", optional=True)
    created_at: datetime = tables.created()
