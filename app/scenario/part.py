"""What every part of a scenario file is: strict, with keys that are told when they are unknown."""

import json
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

_FEN_A_YUAN = 100


class Part(BaseModel):
    """A mapping in a scenario file."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", coerce_numbers_to_str=True, str_strip_whitespace=True,
        populate_by_name=False, allow_inf_nan=False,
    )  # fmt: skip
    TO_COME: ClassVar[frozenset[str]] = frozenset()  # keys for which the core has no module yet

    @model_validator(mode="before")
    @classmethod
    def _known_keys(cls, data: Any) -> Any:
        known = [field.alias or name for name, field in cls.model_fields.items()]
        for key in data if isinstance(data, dict) else ():
            if key in cls.TO_COME:
                reason = f"「{key}」 cannot be stated yet: this release keeps no {_said(key)}"
                raise PydanticCustomError("key", "{reason}", {"reason": reason, "key": key})
            if key not in known:
                reason = f"「{key}」 is no key here; the keys are {', '.join(known)}"
                raise PydanticCustomError("key", "{reason}", {"reason": reason, "key": key})
        return data


def _said(key: str) -> str:
    return key.replace("_", " ")


def _to_fen(said: object) -> int:
    """Yuan, with at most two decimals, in fen."""
    try:
        fen = Decimal(json.dumps(said) if isinstance(said, int | float) else str(said))
        fen *= _FEN_A_YUAN
    except InvalidOperation:
        raise ValueError("say an amount in yuan such as 1599 or 99.90") from None
    if isinstance(said, bool) or fen != fen.to_integral_value() or fen < 0:
        raise ValueError("say an amount in yuan such as 1599 or 99.90")
    return int(fen)


def _listed(said: object) -> object:
    return said if isinstance(said, list) else [said]


Text = Annotated[str, Field(min_length=1, max_length=1000)]
Name = Annotated[str, Field(min_length=1, max_length=64)]
Words = Annotated[tuple[Text, ...], BeforeValidator(_listed)]
Fen = Annotated[int, BeforeValidator(_to_fen)]  # said in yuan
