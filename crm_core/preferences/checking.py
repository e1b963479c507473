"""Whether what is said of a customer can be: sizes, measures, tags, notes."""

from collections.abc import Mapping

from sqlmodel import Session

from crm_core.fields import tags
from crm_core.preferences import measures, systems
from crm_core.preferences.models import PreferenceKind
from crm_core.validation.detecting import refuse_numbers
from crm_core.validation.errors import BadEntry

Key = tuple[PreferenceKind, str]
_MOST_FIELD = 96  # characters of a field's code
_MOST_NAME = 64  # of a garment, a style, a tag


def field(kind: PreferenceKind, name: str) -> str:
    """The code by which lineage and quality know it: "size:裤装", "body:height", "style:法式"."""
    return f"{kind.value}:{name}"[:_MOST_FIELD]


def checked(
    session: Session, wanted: Mapping[Key, str | None], *, held: Mapping[Key, str]
) -> dict[Key, str | None]:
    """What is wanted as it is kept; a tag of which its group has one ends the others that hold.

    Raises:
        BadEntry: something of it cannot be.
    """
    given = [name for (kind, name), value in wanted.items() if value and _is_tag(kind)]
    tags.check(session, given)
    entered = {key: value and _checked(*key, value) for key, value in wanted.items()}
    for name in given:
        for other in tags.excluded_by(session, name):
            if (PreferenceKind.TAG, other) in held:
                entered.setdefault((PreferenceKind.TAG, other), None)
    return entered


def _checked(kind: PreferenceKind, name: str, value: str) -> str:
    if len(name) > _MOST_NAME:
        title = "名称"
        raise BadEntry(
            field(kind, name), "too_long", title=title, most=_MOST_NAME, length=len(name)
        )
    match kind:
        case PreferenceKind.SIZE:
            return systems.check(name, value)
        case PreferenceKind.BODY:
            return measures.check(name, value)
        case PreferenceKind.NOTE:
            return refuse_numbers("note", value)
        case PreferenceKind.STYLE | PreferenceKind.TAG:
            return value


def _is_tag(kind: PreferenceKind) -> bool:
    return kind is PreferenceKind.TAG
