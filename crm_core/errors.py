"""The errors a caller may have to explain to a person."""

from enum import StrEnum, auto
from typing import ClassVar


class Kind(StrEnum):
    """What went wrong, in words each edge can map to its own protocol."""

    NOT_FOUND = auto()
    CONFLICT = auto()
    FORBIDDEN = auto()
    INVALID = auto()


class CrmError(Exception):
    """An expected business failure; anything else is a bug.

    `values` fill the sentence that an edge has for `code`.
    """

    code: ClassVar[str] = "error"
    kind: ClassVar[Kind] = Kind.CONFLICT

    def __init__(self, *args: object, **values: object) -> None:
        super().__init__(*args)
        self.values = values
