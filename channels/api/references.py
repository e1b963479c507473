"""How requests name customers, shops and staff, and how answers do."""

from datetime import UTC, datetime
from typing import Annotated, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    Field,
    StringConstraints,
    model_validator,
)
from sqlmodel import Session

from crm_core.customers import phones
from crm_core.customers import service as customers
from crm_core.customers.models import IdentityKind
from crm_core.customers.service import CustomerNotFound
from crm_core.staff import service as staff
from crm_core.stores import service as stores

Number = Annotated[
    str, StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][\w.:-]*$")
]
Code = Annotated[str, StringConstraints(min_length=1, max_length=32)]


def _within_reason(moment: datetime) -> datetime:
    """In UTC; beyond these years no shop keeps anything, and databases differ."""
    if not _FIRST_YEAR < moment.year < _LAST_YEAR:
        raise ValueError(f"a moment between {_FIRST_YEAR} and {_LAST_YEAR} is meant")
    return moment.astimezone(UTC)


_FIRST_YEAR, _LAST_YEAR = 1990, 2100
Moment = Annotated[AwareDatetime, AfterValidator(_within_reason)]
MOST_FEN = 2_000_000_000  # twenty million yuan; four bytes hold it
BIGGEST_ID = 2**53 - 1  # what JSON numbers hold exactly
Id = Annotated[int, Field(ge=1, le=BIGGEST_ID)]
Fen = Annotated[int, Field(ge=0, le=MOST_FEN, description="In fen, a hundredth of a yuan.")]


class IdentityRef(BaseModel):
    kind: IdentityKind
    account: str = Field(
        default="", max_length=64, description="Whose: an appid, a till system, a platform."
    )
    value: str = Field(min_length=1, max_length=128)


class CustomerRef(BaseModel):
    """One customer, named in one of these ways."""

    id: Id | None = None
    phone: str | None = Field(default=None, max_length=32, examples=["13800138000"])
    card_no: str | None = Field(default=None, min_length=1, max_length=64)
    identity: IdentityRef | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(value is not None for value in vars(self).values()) != 1:
            raise ValueError("name the customer in exactly one way")
        return self

    @property
    def known_by(self) -> tuple[IdentityKind, str, str]:
        """The identity that is meant, where no id is given.

        Raises:
            InvalidPhone: no such number can exist.
        """
        if self.phone is not None:
            return IdentityKind.PHONE, phones.normalise(self.phone), ""
        if self.card_no is not None:
            return IdentityKind.CARD, self.card_no, ""
        assert self.identity is not None
        return self.identity.kind, self.identity.value, self.identity.account


def customer_id(session: Session, ref: CustomerRef) -> int:
    """Whom a request means; what may be done to them the services say.

    Raises:
        CustomerNotFound: nobody is known by this.
        InvalidPhone: no such number can exist.
    """
    if ref.id is not None:
        return ref.id
    kind, value, account = ref.known_by
    if (found := customers.by_identity(session, kind, value, account)) is None:
        raise CustomerNotFound(kind.value)
    return found.id


def store_id(session: Session, code: str | None) -> int | None:
    """The shop with this code; none: online.

    Raises:
        StoreNotFound: there is none.
    """
    return None if code is None else stores.by_code(session, code).id


def staff_id(session: Session, userid: str | None) -> int | None:
    """The member of staff with this WeCom user id.

    Raises:
        StaffNotFound: there is none.
    """
    return None if userid is None else staff.by_userid(session, userid).id
