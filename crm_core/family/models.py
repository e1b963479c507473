"""The people a customer buys for."""

from datetime import datetime

from sqlmodel import SQLModel, UniqueConstraint

from crm_core import tables


class FamilyMember(SQLModel, table=True):
    """Somebody of the family; their sizes are preferences of the customer, named by the label."""

    __tablename__ = "family_member"
    __table_args__ = tables.args(UniqueConstraint("customer_id", "label"))

    id: int = tables.key()
    customer_id: int = tables.link("customer", index=False)
    label: str = tables.word(16)  # what the customer calls them: 女儿, 大儿子
    name: str | None = tables.secret("family_member.name", optional=True)
    birthday: str | None = tables.secret("family_member.birthday", optional=True)
    ref: str = tables.word(128)
    created_at: datetime = tables.created()
    ended_at: datetime | None = tables.at(optional=True)  # forgotten at the customer's wish
