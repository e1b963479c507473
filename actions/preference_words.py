"""What a message says about sizes, styles and measures, and how changes are told."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from actions.sizes_said import sizes_said
from actions.styles_said import styles_said
from actions.turn import Turn
from crm_core.preferences.models import PreferenceKind
from crm_core.preferences.service import Change, Key, Known, size_for
from crm_core.preferences.sizes import shift

_SIZE, _STYLE = PreferenceKind.SIZE, PreferenceKind.STYLE
_NOT = re.compile(r"不是|从|從|由|原[来來]|以前")
_RELATIVE = re.compile(r"(.*?)([+-]\d)")
_BARE_SIZE = re.compile(r"\s*(\d{2,3})\s*[码碼号號]?\s*[吧的啊呀]?\s*")
MEASURES = {
    "height": "身高", "weight": "体重", "bust": "胸围", "waist": "腰围", "hip": "臀围",
    "shoulder": "肩宽",
}  # fmt: skip


class NoSuchSize(Exception):
    """A relative size that starts from nothing, or leads out of the range."""


@dataclass(frozen=True)
class Said:
    """What one message gives; a form keeps it as JSON."""

    sizes: dict[str, str] = field(default_factory=dict)  # by garment; "+1" and "M+1" are relative
    torn: dict[str, list[str]] = field(default_factory=dict)  # sizes to be asked which
    liked: list[str] = field(default_factory=list)
    disliked: list[str] = field(default_factory=list)
    only: bool = False  # the liked styles take the place of all others
    body: dict[str, str] = field(default_factory=dict)
    tags: dict[str, bool] = field(default_factory=dict)  # False: taken off
    note: str = ""

    def __bool__(self) -> bool:
        said = self.sizes, self.torn, self.liked, self.disliked, self.body, self.tags, self.note
        return any(said)


def read(turn: Turn, *, answering: str | None = None) -> Said:
    """All that the message says; as the answer to a question about "size" or "style"."""
    sizes, styles = sizes_said(turn), styles_said(turn)
    bare = _BARE_SIZE.fullmatch(turn.text) if answering == "size" else None
    return Said(
        sizes=sizes.meant or ({"": bare[1]} if bare else {}),
        torn=sizes.torn,
        liked=styles.liked,
        disliked=styles.disliked,
        only=styles.only or answering == "style",
        body=dict(_measures(turn)),
    )


def _measures(turn: Turn) -> Iterator[tuple[str, str]]:
    """「一米六八不是一米五八」 is 168."""
    for mention in turn.mentions("measure"):
        if not _NOT.search(turn.text[: mention.start][-3:]):
            name, value = mention.value.split("=", 1)
            yield name, value


def to_slot(said: Said) -> dict[str, Any]:
    """As a slot keeps it; `Said(**kept)` reads it."""
    return asdict(said)


def wanted(said: Said, known: Known, ref: str) -> dict[Key, str | None]:
    """What is to hold, given what does; relative sizes are worked out, a note is named by `ref`.

    Raises:
        NoSuchSize: one cannot be.
    """
    absolute = {garment: _absolute(said, known, garment) for garment in said.sizes}
    values: dict[Key, str | None] = {(_SIZE, garment): size for garment, size in absolute.items()}
    if said.only and said.liked:
        values |= {(_STYLE, style): None for style in known.styles}
    values |= {(_STYLE, style): None for style in said.disliked}
    values |= {(_STYLE, style): style for style in said.liked}
    values |= {(PreferenceKind.BODY, name): size for name, size in said.body.items()}
    values |= {(PreferenceKind.TAG, tag): tag if on else None for tag, on in said.tags.items()}
    return values | ({(PreferenceKind.NOTE, ref): said.note} if said.note else {})


def told(changes: list[Change]) -> str:
    """What became what: 尺码由 L 改为 M；风格加上法式、通勤."""
    added = [change.name for change in changes if change.kind is _STYLE and change.after]
    dropped = [change.name for change in changes if change.kind is _STYLE and not change.after]
    parts = [_told(change) for change in changes if change.kind is not _STYLE]
    styles = [f"加上{'、'.join(added)}"] if added else []
    styles += [f"去掉{'、'.join(dropped)}"] if dropped else []
    return "；".join([*parts, f"风格{'，'.join(styles)}"] if styles else parts)


def unchanged(values: Mapping[Key, str | None], changes: list[Change]) -> str:
    """What was so already: 尺码本来就是 M."""
    changed = {(change.kind, change.name) for change in changes}
    same = [(key, value) for key, value in values.items() if key not in changed]
    parts = [f"{_label(key)}本来就是 {value}" for key, value in same if value and key[0] != _STYLE]
    liked = [key[1] for key, value in same if key[0] == _STYLE and value]
    disliked = [key[1] for key, value in same if key[0] == _STYLE and not value]
    if liked:
        parts.append(f"风格里已经有{'、'.join(liked)}")
    if disliked:
        parts.append(f"风格里本来就没有{'、'.join(disliked)}")
    return "；".join(parts)


def sizes_shown(known: Known) -> str:
    """M，牛仔裤 29: the general one first."""
    in_order = sorted(known.sizes.items(), key=lambda size: size[0] != "")
    return "，".join(f"{garment} {size}".strip() for garment, size in in_order)


def body_shown(known: Known) -> str:
    """身高 168cm，体重 55kg."""
    return "，".join(f"{MEASURES.get(name, name)} {size}" for name, size in known.body.items())


def _absolute(said: Said, known: Known, garment: str) -> str:
    relative = _RELATIVE.fullmatch(said.sizes[garment])
    if relative is None:
        return said.sizes[garment]
    start = relative[1] or size_for(known, garment) or _said_in_general(said)
    if start is None or (size := shift(start, int(relative[2]), garment)) is None:
        raise NoSuchSize
    return size


def _said_in_general(said: Said) -> str | None:
    general = said.sizes.get("", "+")
    return None if _RELATIVE.fullmatch(general) or general == "+" else general


def _told(change: Change) -> str:
    label = _label((change.kind, change.name))
    if change.after is None:
        return f"{label}不再记 {change.before}"
    return f"{label}由 {change.before} 改为 {change.after}" if change.before else (
        f"{label} {change.after}"
    )  # fmt: skip


def _label(key: Key) -> str:
    kind, name = key
    if kind is PreferenceKind.BODY:
        return MEASURES.get(name, name)
    if kind in {PreferenceKind.TAG, PreferenceKind.NOTE}:
        return "标签" if kind is PreferenceKind.TAG else "备注"
    return f"{name}尺码"
