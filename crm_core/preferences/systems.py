"""Size systems: which sizes exist, for which garments, and which system a size is of.

Sources: body sizes 号型 by GB/T 1335, children's by height (GB/T 1335.3), shoes by foot length in
millimetres and EU numbers (GB/T 3293.1, ISO/TS 19407), bras by under-bust and cup (FZ/T 73012).
"""

import re
from dataclasses import dataclass

from crm_core.preferences.sizes import DIVIDER, family
from crm_core.validation.errors import BadEntry

_EXAMPLES = {"鞋": "39 或 US 7.5", "裤装": "29 或 M", "裙装": "38 或 M"}
_EXAMPLE = "M、165/88A 或 38"


@dataclass(frozen=True)
class _Scale:
    """Numbers from `least` to `most` of one system; `step` apart, within a family of garments."""

    system: str
    least: float
    most: float
    step: float = 1

    def has(self, number: float) -> bool:
        return self.least <= number <= self.most and (number - self.least) % self.step == 0


_LETTERS = re.compile(r"([2-6]|X{0,4})XL|[2-4]XS|X{0,3}S|M|L")
_BODY = re.compile(r"(\d{2,3})/(\d{2,3})[ABCY]?")
_CUP = re.compile(r"(\d{2,3})[A-H]")
_NUMBER = re.compile(r"(?:(EU|US|UK|JP|CN)\s?)?(\d{1,3}(?:\.5)?)")
_BODY_HEIGHT, _BODY_GIRTH, _UNDER_BUST = (50, 200), (40, 150), (60, 120)
_HEIGHTS = _Scale("身高", 50, 195, 5)  # children's, and body heights alone
_WOMEN = _Scale("数字码", 24, 64)
_SCALES: dict[str, tuple[_Scale, ...]] = {
    "鞋": (_Scale("EU", 15, 50, 0.5), _Scale("毫米", 90, 320, 5)),
    "裤装": (_Scale("腰围英寸", 22, 46), _Scale("数字码", 32, 64), _HEIGHTS),
    "裙装": (_WOMEN, _HEIGHTS),
    "外套": (_WOMEN, _HEIGHTS),
    "上装": (_WOMEN, _HEIGHTS),
    "": (_WOMEN, _Scale("EU", 15, 50, 0.5), _HEIGHTS, _Scale("毫米", 200, 320, 5)),
}
_ABROAD = {"EU": (15, 64), "US": (0, 24), "UK": (0, 24), "JP": (3, 30), "CN": (15, 320)}


def split(name: str) -> tuple[str, str]:
    """The garment and, where it is said, the system of a size's name."""
    garment, _, system = name.partition(DIVIDER)
    return garment, system


def check(name: str, said: str) -> str:
    """The size as it is kept, if there is such a one for the garment.

    Raises:
        BadEntry: there is none.
    """
    garment, wanted = split(name)
    size = said.strip().upper() if said.strip().isascii() else said.strip()
    found = system(size, garment)
    if found is None or (wanted and wanted != found):
        example = _EXAMPLES.get(family(garment), _EXAMPLE)
        of = f"（{wanted or garment}）" if wanted or garment else ""
        raise BadEntry(f"size:{name}"[:96], "size_unknown", said=said, of=of, example=example)
    return size


def system(size: str, garment: str) -> str | None:
    """Which system a size of a garment ("" for any) is of; None where there is no such size."""
    if size in {"均码", "F"}:
        return "均码"
    if _LETTERS.fullmatch(size):
        return "字母码"
    if body := _BODY.fullmatch(size):
        fits = _within(body[1], _BODY_HEIGHT) and _within(body[2], _BODY_GIRTH)
        return "号型" if fits else None
    if cup := _CUP.fullmatch(size):
        return "罩杯" if _within(cup[1], _UNDER_BUST) else None
    number = _NUMBER.fullmatch(size)
    return _numbered(number[1], float(number[2]), garment) if number else None


def _numbered(country: str | None, number: float, garment: str) -> str | None:
    if country:
        return country if _within(number, _ABROAD[country]) else None
    scales = _SCALES[family(garment)]
    return next((scale.system for scale in scales if scale.has(number)), None)


def _within(number: str | float, bounds: tuple[int, int]) -> bool:
    return bounds[0] <= float(number) <= bounds[1]
