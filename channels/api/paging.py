"""Long lists, a page at a time: the cursor says behind which row the next page begins."""

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Generic, Protocol, TypeVar

from fastapi import Depends, Query
from pydantic import BaseModel, Field

from channels.api.call import Answer
from channels.api.problems import BadCursor

T = TypeVar("T", bound=BaseModel)
MOST = 500
_MARK = "after:"


class Row(Protocol):
    id: int


R = TypeVar("R", bound=Row)


class Page(BaseModel, Generic[T]):
    """A part of a list, oldest first."""

    items: list[T]
    next: str | None = Field(description="The cursor of the next page; null on the last one.")


@dataclass(frozen=True)
class Paging:
    after: int
    size: int

    @property
    def limit(self) -> int:
        """One more than is shown, which tells whether there is a next page."""
        return self.size + 1

    def page(
        self, rows: Sequence[R], show: Callable[[Sequence[R]], list[T]], kind: type[Page[T]]
    ) -> Answer:
        """The page that these rows make; `kind` is the page's own type."""
        shown = rows[: self.size]
        more = len(rows) > self.size
        return Answer(kind(items=show(shown), next=_cursor(shown[-1].id) if more else None))


def _paging(
    limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
    cursor: Annotated[str | None, Query(max_length=64, description="From `next`.")] = None,
) -> Paging:
    return Paging(_after(cursor) if cursor else 0, limit)


Pages = Annotated[Paging, Depends(_paging)]


def _cursor(row_id: int) -> str:
    return base64.urlsafe_b64encode(f"{_MARK}{row_id}".encode()).decode().rstrip("=")


def _after(cursor: str) -> int:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        if not text.startswith(_MARK):
            raise BadCursor
        return int(text.removeprefix(_MARK))
    except (ValueError, binascii.Error):
        raise BadCursor from None
