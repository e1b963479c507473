"""The people of a scenario and the stores they belong to."""

from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field, field_validator, model_validator

from app.scenario.part import Fen, Name, Part, Text, Words
from app.scenario.times import Moment, When
from crm_core.authz import Role
from crm_core.consents.models import Purpose
from crm_core.customers import phones
from crm_core.customers.models import IdentityKind, Tier
from crm_core.customers.phones import InvalidPhone
from crm_core.points.models import Cause

_NOW = When()


def _phone(said: object) -> str:
    try:
        return phones.normalise(str(said))
    except InvalidPhone:
        raise ValueError("no phone number of the mainland: say 13812345678") from None


Phone = Annotated[str, BeforeValidator(_phone)]


class StoreGiven(Part):
    name: Name
    code: Annotated[str, Field(min_length=1, max_length=32)] | None = None  # none: the name
    address: str = ""
    phone: str = ""
    hours: str = ""
    closed: bool = False


class StaffGiven(Part):
    """`wecom` is the WeCom user id; none is made from the place in the list."""

    name: Name
    role: Role = Role.ASSISTANT
    store: Name | None = None  # none: all stores
    wecom: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    left: bool = False

    @field_validator("role")
    @classmethod
    def _no_customer(cls, role: Role) -> Role:
        if role is Role.CUSTOMER:
            raise ValueError("customers are listed under customers")
        return role


class Movement(Part):
    """Points that came (above zero) or went."""

    points: int
    why: Cause = Cause.OPENING
    order: Text | None = None  # the order that gave them
    note: str = ""
    at: Moment = _NOW
    available: Moment | None = None  # none: at once
    expires: Moment | None = None  # none: never

    @model_validator(mode="after")
    def _makes_sense(self) -> "Movement":
        if self.points == 0:
            raise ValueError("a movement of no points")
        if self.points < 0 and self.why not in {Cause.REWARD, Cause.OPENING}:
            raise ValueError("what was spent is `why: reward`; the rest follows by the rules")
        return self


class IdentityGiven(Part):
    kind: IdentityKind
    value: Text
    account: str = ""


class Spending(Part):
    """What a customer spent, where the single orders do not matter."""

    amount_fen: Fen = Field(alias="amount")
    orders: int = Field(default=1, ge=1, le=200)
    last: Moment
    first: Moment | None = None  # none: with `orders` above 1, thirty days between two


def _movements(said: object) -> object:
    is_balance = isinstance(said, int) and not isinstance(said, bool)
    if is_balance:
        return [{"points": said}] if said else []
    return said


def _sizes(said: object) -> object:
    return said if isinstance(said, dict) or said is None else {"": said}


def _consents(said: object) -> object:
    return dict.fromkeys(said, True) if isinstance(said, list) else said


class CustomerGiven(Part):
    """Known by `name` in the rest of the file, or by phone or card where two share a name."""

    TO_COME: ClassVar[frozenset[str]] = frozenset({"family", "coupons", "check_in", "tasks"})

    name: Name | None = None
    phone: Phone | None = None
    card: Text | None = None
    openid: Text | None = None  # none: one is made for who follows
    follows: bool = True  # the official account
    identities: tuple[IdentityGiven, ...] = ()
    assistant: Name | None = None
    store: Name | None = None  # none: the assistant's
    since: Moment | None = None  # a member since; none: since the clock, if phone or card are known
    tier: Tier | None = None  # none: what the orders earn
    city: Annotated[str, Field(max_length=32)] | None = None
    birthday: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")] | None = None
    consents: Annotated[dict[Purpose, bool], BeforeValidator(_consents)] | None = None
    points: Annotated[tuple[Movement, ...], BeforeValidator(_movements)] | None = None
    spending: Spending | None = None
    sizes: Annotated[dict[str, Text], BeforeValidator(_sizes)] = Field(
        default_factory=dict
    )  # by garment, "" for the rest
    styles: Words = ()
    tags: Words = ()
    body: dict[str, Text] = Field(default_factory=dict)  # {height: 168cm}
    notes: Words = ()

    @model_validator(mode="before")
    @classmethod
    def _is_somebody(cls, data: Any) -> Any:
        if isinstance(data, dict) and not {"name", "phone", "card", "openid"} & data.keys():
            raise ValueError("a customer needs a name, a phone, a card or an openid")
        return data

    @property
    def is_member(self) -> bool:
        return bool(self.phone or self.card or self.since)

    @property
    def handles(self) -> list[str]:
        """What the rest of the file may call them."""
        known = (self.name, self.phone, self.card, self.openid)
        bare = self.phone.removeprefix("+86") if self.phone else None
        return [handle for handle in (*known, bare) if handle]


class Visitor(Part):
    """Somebody whom the store does not know yet: a phone to be played in the turns."""

    name: Name
    openid: Text | None = None  # none: one is made
    wecom: Text | None = None  # a stranger in WeCom instead of a shopper
    phone: Phone | None = None
