"""A text that remembers where each of its characters came from."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

Span = tuple[int, int]


@dataclass(frozen=True)
class MappedText:
    """A rewritten text with, for each character, the span of the source that it stands for.

    Offsets are code points, as Python counts them and as the channels send them.
    """

    text: str
    spans: tuple[Span, ...]

    @classmethod
    def of(cls, source: str) -> MappedText:
        """A text that is still its own source."""
        return cls(source, tuple((i, i + 1) for i in range(len(source))))

    def source_span(self, start: int, end: int) -> Span:
        """The span of the source that `text[start:end]` stands for; the range must not be empty."""
        return self.spans[start][0], self.spans[end - 1][1]

    def replace(self, edits: Iterable[tuple[int, int, str]]) -> MappedText:
        """Rewrites non-overlapping `(start, end, new text)` ranges, given in order.

        A replacement of the same length keeps its characters one to one; any other stands as a
        whole for all that it replaced.
        """
        chars: list[str] = []
        spans: list[Span] = []
        done = 0
        for start, end, new in edits:
            chars.append(self.text[done:start])
            spans.extend(self.spans[done:start])
            chars.append(new)
            spans.extend(self._spans_of(start, end, new))
            done = end
        chars.append(self.text[done:])
        spans.extend(self.spans[done:])
        return MappedText("".join(chars), tuple(spans))

    def map_chars(self, rewrite: Callable[[str], str]) -> MappedText:
        """Rewrites every character on its own; an empty answer drops it."""
        chars: list[str] = []
        spans: list[Span] = []
        for char, span in zip(self.text, self.spans, strict=True):
            new = rewrite(char)
            chars.append(new)
            spans.extend([span] * len(new))
        return MappedText("".join(chars), tuple(spans))

    def _spans_of(self, start: int, end: int, new: str) -> tuple[Span, ...]:
        if len(new) == end - start:
            return self.spans[start:end]
        return (self.source_span(start, end),) * len(new)
