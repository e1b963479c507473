"""How far the re-encryption under a new key has come; a run that was cut off goes on from here."""

from datetime import datetime

from sqlmodel import SQLModel, UniqueConstraint

from crm_core import tables


class KeyRotation(SQLModel, table=True):
    """One table under one key."""

    __tablename__ = "key_rotation"
    __table_args__ = tables.args(UniqueConstraint("key_id", "table_name"))

    id: int = tables.key()
    key_id: str = tables.word(8)  # hexadecimal, of the key that everything shall be under
    table_name: str = tables.word(64)
    last_id: int = 0  # all rows up to it are done
    rewritten: int = 0  # rows
    done_at: datetime | None = tables.at(optional=True)
