"""Customers, the identities they come by, and the keyed index to find them."""

from datetime import datetime
from enum import StrEnum, auto

from sqlmodel import Index, SQLModel, UniqueConstraint

from crm_core import tables


class Tier(StrEnum):
    """The clothing set of levels."""

    MEMBER = "普通会员"
    SILVER = "银卡"
    GOLD = "金卡"


class Customer(SQLModel, table=True):
    __table_args__ = tables.args()

    id: int = tables.key()
    name: str | None = tables.secret("customer.name", optional=True)
    phone: str | None = tables.secret("customer.phone", optional=True)  # E.164, verified or typed
    birthday: str | None = tables.secret("customer.birthday", optional=True)  # "1992-05-04"
    address: str | None = tables.secret("customer.address", optional=True)
    tier: str = tables.word(32, default=Tier.MEMBER.value)  # a level of the shop's own set
    assistant_id: int | None = tables.link("staff", optional=True)
    store_id: int | None = tables.link("store", optional=True)
    city: str | None = tables.word(32, optional=True)
    joined_into: int | None = tables.link(
        "customer", optional=True
    )  # this record is another one now
    member_since: datetime | None = tables.at(optional=True)  # when a phone or card was bound
    created_at: datetime = tables.created()


class IdentityKind(StrEnum):
    OA_OPENID = auto()
    UNIONID = auto()
    MP_OPENID = auto()
    WECOM_EXTERNAL = auto()
    PHONE = auto()
    CARD = auto()
    WEB = auto()
    DEVICE = auto()
    SHOP_ACCOUNT = auto()  # `account` names the till or shop system
    ECOMMERCE = auto()  # `account` names the platform


class Identity(SQLModel, table=True):
    __table_args__ = tables.args(UniqueConstraint("kind", "account", "digest"))

    id: int = tables.key()
    customer_id: int = tables.link("customer")
    kind: IdentityKind = tables.choice(IdentityKind)
    account: str = tables.word(64, default="")  # the appid an openid belongs to
    digest: str = tables.word(32)
    value: str = tables.secret("identity.value")
    verified: bool = False
    verified_at: datetime | None = tables.at(optional=True)
    following: bool = True  # of an openid: can be written to
    source: str = tables.word(32)  # "oa", "chat", "import"
    created_at: datetime = tables.created()


class SearchKind(StrEnum):
    FULL_NAME = auto()
    SURNAME = auto()
    PHONE = auto()
    PHONE_TAIL = auto()
    PHONE_SLIP = auto()  # the phone with one digit left open
    NAME_BIRTHDAY = auto()
    BIRTH_DAY = auto()  # month and day
    ADDRESS = auto()


class SearchKey(SQLModel, table=True):
    """One keyed digest by which staff find an encrypted customer."""

    __tablename__ = "search_key"
    __table_args__ = tables.args(
        UniqueConstraint("customer_id", "kind", "digest"), Index(None, "kind", "digest")
    )

    id: int = tables.key()
    customer_id: int = tables.link("customer")
    kind: SearchKind = tables.choice(SearchKind)
    digest: str = tables.word(32)


class Verification(SQLModel, table=True):
    """A code sent to the phone on a record, to prove that a customer is who the record is of."""

    __table_args__ = tables.args()

    id: int = tables.key()
    customer_id: int = tables.link("customer")  # who wants to prove it
    target_id: int = tables.link("customer")  # whose phone got the code
    code: str = tables.word(32)  # a keyed digest
    tries: int = 0
    ref: str = tables.word(128, unique=True)  # the message that asked for it
    created_at: datetime = tables.created()
    expires_at: datetime = tables.at()
    proven_at: datetime | None = tables.at(optional=True)
    proven_by: str | None = tables.word(128, optional=True)  # the ref that gave the right code
