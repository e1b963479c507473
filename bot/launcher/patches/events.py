"""Events: which class a name means, without asking every subclass of every class."""

from rasa.shared.core.events import Event
from rasa.shared.utils.common import all_subclasses

_stock_resolve = Event.resolve_by_type
_known: dict[str, type[Event]] = {}


def install() -> None:
    Event.resolve_by_type = staticmethod(resolve_in_a_table)


def resolve_in_a_table(type_name: str, default: type[Event] | None = None) -> type[Event] | None:
    """Stock walks the class tree at every event."""
    if not _known:
        for kind in all_subclasses(Event):
            _known.setdefault(kind.type_name, kind)
    if type_name in _known:
        return _known[type_name]
    return _stock_resolve(type_name, default)
