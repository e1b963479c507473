"""How an earning rule is written down: what brings points, how many, and under which conditions."""

from datetime import date
from decimal import Decimal
from enum import StrEnum, auto
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from crm_core.errors import CrmError, Kind


class BadEarningRule(CrmError):
    """The rule makes no sense; `where` and `why` say which part."""

    code = "bad_earning_rule"
    kind = Kind.INVALID


class Trigger(StrEnum):
    """What brings points."""

    PURCHASE = auto()
    INVITE = auto()
    VOTE = auto()
    CHECK_IN = auto()
    TASK = auto()


class Limit(StrEnum):
    """How often one customer gets points for a task."""

    ONCE = auto()
    DAILY = auto()
    UNLIMITED = auto()


class Definition(BaseModel):
    """All conditions must hold. One of `per_yuan`, `times` and `points` says how many."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    on: Trigger
    per_yuan: Annotated[Decimal, Field(gt=0, le=1000, decimal_places=2)] | None = None
    times: Annotated[Decimal, Field(gt=1, le=100, decimal_places=2)] | None = None
    points: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    stacks: bool = False  # comes on top of other rules; of those that do not, the best counts
    since: date | None = None  # the first day
    until: date | None = None  # the last day
    stores: tuple[str, ...] = ()  # their codes; "online" is none of them
    tiers: tuple[str, ...] = ()
    products: tuple[str, ...] = ()  # article numbers
    categories: tuple[str, ...] = ()
    at_least_fen: Annotated[int, Field(ge=0)] = 0  # what an order comes to
    birthday_month: bool = False  # in the month of the customer's birthday only
    task: str = ""  # which one: "fill_profile"
    limit: Limit = Limit.ONCE  # of a task

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if sum(how is not None for how in (self.per_yuan, self.times, self.points)) != 1:
            raise ValueError("per_yuan、times、points 三选一")
        is_purchase = self.on is Trigger.PURCHASE
        if not is_purchase and (self.per_yuan or self.products or self.categories):
            raise ValueError("per_yuan、products、categories 只用于 purchase")
        if not is_purchase and self.at_least_fen:
            raise ValueError("at_least_fen 只用于 purchase")
        if (self.on is Trigger.TASK) is not bool(self.task):
            raise ValueError("task 规则要写明 task，其他规则不写")
        if self.on is Trigger.TASK and self.points is None:
            raise ValueError("task 规则只能给固定的 points")
        if self.since and self.until and self.until < self.since:
            raise ValueError("until 不能早于 since")
        return self


def read(written: object) -> Definition:
    """A definition as a shop writes it.

    Raises:
        BadEarningRule: it makes no sense.
    """
    try:
        return Definition.model_validate(written)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BadEarningRule(where, where=where, why=first["msg"]) from None
