"""The sizes of a customer by garment family and size system."""

from dataclasses import dataclass

from crm_core.preferences import systems
from crm_core.preferences.service import Known
from crm_core.preferences.sizes import family


@dataclass(frozen=True)
class Size:
    garment: str  # "" for all
    family: str
    system: str
    value: str


def by_system(known: Known) -> list[Size]:
    """Each size with the family of its garment and its system, in the order it was told."""
    found = []
    for name, value in known.sizes.items():
        garment, said = systems.split(name)
        system = said or systems.system(value, garment) or "其他"
        found.append(Size(garment, family(garment), system, value))
    return found


def in_system(known: Known, garment: str, system: str) -> str | None:
    """The size for a garment in one system: its own, else that of one sized alike."""
    fitting = [size for size in by_system(known) if size.system == system]
    own = next((size.value for size in fitting if size.garment == garment), None)
    alike = (size.value for size in fitting if size.family == family(garment))
    return own or next(alike, None)
