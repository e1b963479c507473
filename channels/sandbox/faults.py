"""Faults on demand: what goes wrong with the next calls and deliveries."""

from dataclasses import dataclass
from enum import StrEnum

from pydantic import BaseModel, Field


class Kind(StrEnum):
    """What can go wrong, on the way in (calls of the API) or out (callbacks)."""

    TIMEOUT = "timeout"
    SERVER_ERROR = "server_error"
    BUSY = "busy"
    QUOTA = "quota"
    TOKEN_EXPIRED = "token_expired"  # noqa: S105 - a name, not a token
    DUPLICATE_DELIVERY = "duplicate_delivery"
    DROP_ANSWER = "drop_answer"


class Fault(BaseModel):
    """One kind of trouble for the next `times` occasions whose path contains `where`.

    `after` lets a call take effect before its answer is lost (timeout) or replaced (the rest).
    """

    kind: Kind
    times: int = Field(default=1, ge=1)
    where: str = ""
    seconds: float = Field(default=30.0, ge=0, le=600)
    after: bool = False


@dataclass
class Faults:
    """The faults still to come, in the order they were asked for."""

    pending: list[Fault]

    def take(self, path: str, *kinds: Kind) -> Fault | None:
        """Use up one occurrence of the first fault of these kinds that fits `path`."""
        for fault in self.pending:
            if fault.kind in kinds and fault.where in path:
                fault.times -= 1
                if fault.times == 0:
                    self.pending.remove(fault)
                return fault
        return None
