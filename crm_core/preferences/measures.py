"""Body measures: the human range, and the body type of GB/T 1335."""

import re

from crm_core.validation.errors import BadEntry

# title, unit, least, most (cm or kg; from an infant to the tallest and heaviest who buy clothes)
MEASURES = {
    "height": ("身高", "cm", 45, 250),
    "weight": ("体重", "kg", 2, 300),
    "bust": ("胸围", "cm", 35, 200),
    "waist": ("腰围", "cm", 30, 200),
    "hip": ("臀围", "cm", 35, 200),
    "shoulder": ("肩宽", "cm", 18, 70),
    "foot": ("脚长", "cm", 8, 34),
}
SHAPES = ("沙漏形", "梨形", "苹果形", "矩形", "倒三角形")
SHAPE = "shape"
_SAID = re.compile(r"(\d{1,3}(?:\.\d{1,2})?)\s?(cm|kg|厘米|公分|公斤|斤|米|m)?")
_FACTORS = {"斤": 0.5, "米": 100, "m": 100}
_APART_CM, _BUST_TO_WAIST_CM, _HIP_TO_WAIST_CM = 9.1, 22.9, 25.4
# Chest less waist in cm: which type begins where, the greatest first (GB/T 1335.1 and .2, 4.2).
_TYPES = {
    "女": ((25, ""), (19, "Y"), (14, "A"), (9, "B"), (4, "C")),
    "男": ((23, ""), (17, "Y"), (12, "A"), (7, "B"), (2, "C")),
}


def check(name: str, said: str) -> str:
    """A measure with its unit, 168cm; a body shape by its name.

    Raises:
        BadEntry: there is no such measure, it cannot be read, or no human has it.
    """
    if name == SHAPE and said in SHAPES:
        return said
    if name not in MEASURES:
        known = "、".join(title for title, *_ in MEASURES.values())
        what = said if name == SHAPE else name
        raise BadEntry(f"body:{name}"[:96], "measure_unknown", said=what, known=known)
    title, unit, least, most = MEASURES[name]
    found = _SAID.fullmatch(said.strip().lower())
    if found is None:
        example = f"{(least + most) // 2}{unit}"
        raise BadEntry(
            f"body:{name}", "measure_unreadable", title=title, said=said, example=example
        )
    value = float(found[1]) * _FACTORS.get(found[2] or "", 1)
    if not least <= value <= most:
        raise BadEntry(
            f"body:{name}", "measure_out_of_range",
            title=title, said=said, least=least, most=most, unit=unit,
        )  # fmt: skip
    return f"{value:g}{unit}"


def body_type(body: dict[str, str], gender: str = "女") -> str | None:
    """Y, A, B or C by chest less waist (GB/T 1335); None where one is missing or none fits."""
    bust, waist = (number(body.get(name)) for name in ("bust", "waist"))
    if bust is None or waist is None:
        return None
    drop = round(bust - waist)
    return next((kind for least, kind in _TYPES[gender] if drop >= least), None) or None


def shape(body: dict[str, str]) -> str | None:
    """The body shape: as it was said, else by bust, waist and hip.

    Simplified from FFIT (Lee, Istook, Nam and Park 2007), whose kinds with and without a waist are
    one here; its thresholds are 3.6 inches between bust and hip, 9 and 10 inches for a waist.
    """
    if said := body.get(SHAPE):
        return said
    bust, waist, hip = (number(body.get(name)) for name in ("bust", "waist", "hip"))
    if bust is None or waist is None or hip is None:
        return None
    if waist >= max(bust, hip):
        return "苹果形"
    if abs(hip - bust) >= _APART_CM:
        return "梨形" if hip > bust else "倒三角形"
    is_waisted = bust - waist >= _BUST_TO_WAIST_CM or hip - waist >= _HIP_TO_WAIST_CM
    return "沙漏形" if is_waisted else "矩形"


def number(size: str | None) -> float | None:
    """168 of 168cm."""
    found = re.match(r"\d+(\.\d+)?", size or "")
    return float(found[0]) if found else None
