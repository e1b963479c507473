"""Clothing sizes: which garments share one, and what the next one up or down is."""

import re

DIVIDER = "·"  # 「鞋·US」: the size of a garment in one system, beside those in others
_LETTERS = ("XXS", "XS", "S", "M", "L", "XL", "2XL", "3XL", "4XL", "5XL", "6XL")
_FAMILIES = (
    ("裤装", re.compile(r"裤$")),
    ("裙装", re.compile(r"裙$")),
    ("鞋", re.compile(r"[鞋靴]$")),
    ("外套", re.compile(r"外套|大衣|风衣|羽绒服|棉服|夹克|西装|皮衣|马甲")),
)
_TOPS = "上装"
_BODY = re.compile(r"(\d{3})/(\d{2,3})([ABCY]?)")
_HEIGHT_CM, _GIRTH_CM = 5, 4  # the 5·4 series of GB/T 1335
_EVEN_ONLY = range(34, 61)  # dress sizes: 36, 38, 40


def family(garment: str) -> str:
    """The group of garments that are sized alike; "" for no garment in particular.

    A group's own name (「裤装」) is in its own group.
    """
    if not garment or garment == _TOPS:
        return garment
    named = (name for name, words in _FAMILIES if garment == name or words.search(garment))
    return next(named, _TOPS)


def shift(size: str, steps: int, garment: str = "") -> str | None:
    """The size `steps` above (below if negative) `size`; None where there is none.

    Letters go through XXS to 6XL; body sizes (165/88A) by the 5·4 series of GB/T 1335; numbers by
    one, but dress and coat sizes, which are even, by two.
    """
    if size in _LETTERS:
        place = _LETTERS.index(size) + steps
        return _LETTERS[place] if 0 <= place < len(_LETTERS) else None
    if body := _BODY.fullmatch(size):
        height, girth = int(body[1]) + steps * _HEIGHT_CM, int(body[2]) + steps * _GIRTH_CM
        return f"{height}/{girth}{body[3]}"
    if size.isdecimal():
        return str(int(size) + steps * _step(int(size), garment))
    return None


def _step(size: int, garment: str) -> int:
    counted_singly = garment == "衬衫" or family(garment) in {"裤装", "鞋"}
    return 1 if counted_singly or size % 2 or size not in _EVEN_ONLY else 2
