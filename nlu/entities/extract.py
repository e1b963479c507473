"""All finders over one text."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from nlu.entities.amounts import find_amounts, find_quantities, find_rewards
from nlu.entities.choices import find_options, find_scores
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


def extract(text: MappedText, source: str, now: datetime, lexicon: Lexicon) -> list[Found]:
    """The entities of a text; offsets are of `text.text`, the normal text."""
    reading = Reading(text, source, now, lexicon)
    return resolve(found for find in _FINDERS for found in find(reading))


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
