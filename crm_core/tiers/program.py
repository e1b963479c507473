"""A shop's set of levels: how each is earned, and what rights it brings."""

from enum import StrEnum
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from sqlmodel import Session, col, select

from crm_core import memo, yaml12
from crm_core.coupons.kinds import NewKind
from crm_core.errors import CrmError, Kind
from crm_core.rewards.gifts import Gift
from crm_core.tiers.models import TierProgram

SHIPPED = "clothing", "fresh_food"
MEMO = "tier program"


class BadProgram(CrmError):
    """The levels make no sense; `where` and `why` say which part."""

    code = "bad_tier_program"
    kind = Kind.INVALID


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Over(StrEnum):
    """The time that counts."""

    ROLLING_YEAR = "rolling_year"
    EVER = "ever"


class Spending(_Part):
    """So much was paid, and not paid back."""

    fen: Annotated[int, Field(ge=1)]
    over: Over = Over.ROLLING_YEAR


class Points(_Part):
    """So many points were earned, and not taken back."""

    points: Annotated[int, Field(ge=1)]
    over: Over = Over.ROLLING_YEAR


class Redeem(_Part):
    """So many points are given for the level, for a time."""

    points: Annotated[int, Field(ge=1)]
    months: Annotated[int, Field(ge=1, le=120)] = 12


class LevelRights(_Part):
    """What a level brings on top of the levels below it."""

    discount_percent: Annotated[int, Field(ge=1, le=100)] | None = None  # 90 is 9折
    free_delivery: bool | None = None
    free_returns: bool | None = None
    adviser: bool | None = None  # somebody of their own to ask
    tailoring: bool | None = None
    priority: bool | None = None  # before others in the queue
    birthday_gift: Gift | None = None
    quarterly_gift: Gift | None = None


class Level(_Part):
    name: Annotated[str, Field(min_length=1, max_length=32)]
    spending: Spending | None = None
    points: Points | None = None
    redeem: Redeem | None = None
    rights: LevelRights = LevelRights()


class Falls(StrEnum):
    """How far a level falls when it is no longer earned."""

    ONE_LEVEL = "one_level"
    TO_EARNED = "to_earned"


class Program(_Part):
    """Levels from the lowest, which everybody has, to the highest."""

    name: Annotated[str, Field(min_length=1, max_length=32)]
    grace_days: Annotated[int, Field(ge=0, le=366)] = 30
    falls: Falls = Falls.ONE_LEVEL
    grant_months: Annotated[int, Field(ge=1, le=120)] = 12  # a level taken over is kept so long
    coupons: tuple[NewKind, ...] = ()  # the kinds that its gifts need
    levels: Annotated[tuple[Level, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _rises(self) -> Self:
        first, *others = self.levels
        if len({level.name for level in self.levels}) < len(self.levels):
            raise ValueError("等级名称不能重复")
        if first.spending or first.points or first.redeem:
            raise ValueError("最低一级不能有门槛")
        for sums in _by_window(others):
            if any(one >= other for one, other in pairwise(sums)):
                raise ValueError("门槛要一级比一级高")
        return self

    @property
    def names(self) -> list[str]:
        return [level.name for level in self.levels]

    def rank(self, name: str) -> int:
        """How high a level is; below all others, one that this set does not have."""
        return self.names.index(name) if name in self.names else -1

    def rights(self, name: str) -> LevelRights:
        """The rights of a level, those of the levels below it among them."""
        brought: dict[str, Any] = {}
        for level in self.levels[: max(0, self.rank(name)) + 1]:
            brought |= {key: value for key, value in level.rights if value is not None}
        return LevelRights(**brought)


def in_force(session: Session) -> Program:
    """The shop's own set of levels, or the shipped one for clothing."""
    return memo.once(session, MEMO, lambda: _newest(session))


def _newest(session: Session) -> Program:
    newest = select(TierProgram).order_by(col(TierProgram.id).desc()).limit(1)
    own = session.exec(newest).first()
    return Program.model_validate(own.definition) if own else shipped(SHIPPED[0])


@cache
def shipped(name: str) -> Program:
    """A set that comes with Dianyu: `clothing` or `fresh_food`."""
    path = Path(__file__).parent / "sets" / f"{name}.yml"
    return Program.model_validate(yaml12.load(path.read_text(encoding="utf-8")))


def read(written: object) -> Program:
    """A set as a shop writes it down.

    Raises:
        BadProgram: it makes no sense.
    """
    try:
        return Program.model_validate(written)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BadProgram(where, where=where, why=first["msg"]) from None


def _by_window(levels: list[Level]) -> list[list[int]]:
    """The thresholds that can be compared, from the lowest level up."""
    spent = [level.spending for level in levels if level.spending]
    earned = [level.points for level in levels if level.points]
    return [
        *([each.fen for each in spent if each.over is over] for over in Over),
        *([each.points for each in earned if each.over is over] for over in Over),
    ]
