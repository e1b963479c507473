"""All finders over one text, and what the intent makes of their finds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from nlu.entities.amounts import find_amounts, find_quantities, find_rewards
from nlu.entities.choices import find_options, find_scores
from nlu.entities.context import bare_numbers, fits
from nlu.entities.families import find_family
from nlu.entities.found import Finder, Found, Reading, resolve
from nlu.entities.identifiers import find_identifiers
from nlu.entities.lexicon import Lexicon
from nlu.entities.measures import find_measures
from nlu.entities.names import find_names
from nlu.entities.products import find_products, find_shades
from nlu.entities.sizes import find_sizes
from nlu.entities.stores import find_stores
from nlu.entities.times import find_times
from nlu.text.mapped import MappedText


def find_all(text: MappedText, source: str, now: datetime, lexicon: Lexicon) -> list[Found]:
    """Everything that any finder sees, overlaps included; offsets are of the normal text."""
    reading = Reading(text, source, now, lexicon)
    return [found for find in _FINDERS for found in find(reading)]


def in_context(found: Iterable[Found], text: str, intent: str) -> list[Found]:
    """The finds that stand, in reading order, once the intent is known (`""`: not yet)."""
    kept = resolve(fits(found, text, intent))
    return resolve([*kept, *bare_numbers(kept, text, intent)])


def _find_listed(reading: Reading) -> Iterator[Found]:
    for match in reading.lexicon.matches(reading.text.text):
        yield Found(match.entity, match.start, match.end, match.value)


_FINDERS: tuple[Finder, ...] = (
    _find_listed,
    find_identifiers,
    find_names,
    find_stores,
    find_times,
    find_measures,
    find_sizes,
    find_scores,
    find_options,
    find_amounts,
    find_quantities,
    find_rewards,
    find_family,
    find_products,
    find_shades,
)
