"""Where each value of a customer comes from: one append-only row for each that was entered."""

from datetime import datetime

from sqlmodel import Index, SQLModel

from crm_core import tables


class FieldEntry(SQLModel, table=True):
    """One value that was entered, or refused; of a refused one nothing is kept but why."""

    __tablename__ = "field_entry"
    __table_args__ = tables.args(Index(None, "customer_id", "field"), Index(None, "source", "at"))

    id: int = tables.key()
    customer_id: int | None = tables.link("customer", optional=True, index=False)
    store_id: int | None = tables.link("store", optional=True)  # of the customer then
    field: str = tables.word(96)  # a code of the catalogue: "name", "size:裤装", "wedding_on"
    source: str = tables.word(32)
    actor: str = tables.word(64)
    ref: str = tables.word(128)
    at: datetime = tables.created()
    refused: str = tables.word(32, default="")  # the code of the error; "" passed validation
    digest: str = tables.word(32, default="")  # keyed, of the value: do two sources agree?
    before: str | None = tables.secret("field_entry.before", optional=True)  # what held until then
    value: str | None = tables.secret("field_entry.value", optional=True)  # None: no longer
