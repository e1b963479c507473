"""Codes that hang in shops, and who came by them."""

from datetime import datetime

from sqlmodel import SQLModel, UniqueConstraint

from crm_core import tables


class ShopCode(SQLModel, table=True):
    """A code with a scene: where it hangs and who handed it out."""

    __tablename__ = "shop_code"
    __table_args__ = tables.args()

    id: int = tables.key()
    scene: str = tables.word(64, unique=True)  # what the platform sends when it is scanned
    channel: str = tables.word(32)  # 收银台立牌, 吊牌, 海报
    store_id: int | None = tables.link("store", optional=True)
    staff_id: int | None = tables.link("staff", optional=True)  # whose code it is
    retired: bool = False
    created_at: datetime = tables.created()


class Capture(SQLModel, table=True):
    """One scan, with what the code said at that time; the first one is how somebody came."""

    __table_args__ = tables.args(UniqueConstraint("customer_id", "ref"))

    id: int = tables.key()
    customer_id: int = tables.link("customer", index=False)
    code_id: int = tables.link("shop_code")
    channel: str = tables.word(32)
    store_id: int | None = tables.link("store", optional=True)
    staff_id: int | None = tables.link("staff", optional=True)
    first_contact: bool = False
    ref: str = tables.word(128)
    at: datetime = tables.created()
