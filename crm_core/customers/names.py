"""Names as people say them: 王女士, 张晓梅, 陈太太."""

from dataclasses import dataclass

HONORIFICS = (
    "女士", "先生", "小姐", "太太", "老师", "大姐", "大哥", "阿姨", "叔叔", "姐", "哥", "总", "姨",
)  # fmt: skip
_COMPOUND = frozenset({
    "欧阳", "上官", "司马", "诸葛", "东方", "皇甫", "尉迟", "公孙", "慕容", "令狐", "长孙", "宇文",
    "司徒", "夏侯", "端木", "南宫", "独孤",
})  # fmt: skip


@dataclass(frozen=True)
class Called:
    """A full name, or only a surname where an honorific stood."""

    surname: str
    full: str | None


def parse(said: str) -> Called:
    """「王女士」 is the surname 王; 「张晓梅」 is a full name."""
    for honorific in HONORIFICS:
        name = said.removesuffix(honorific)
        if name != said and name:
            if name == surname(name):
                return Called(name, None)
            return Called(surname(name), name)
    return Called(surname(said), said)


def surname(full: str) -> str:
    """The family name a full name begins with; compound ones are known."""
    return full[:2] if full[:2] in _COMPOUND else full[:1]


def mask(full: str | None) -> str:
    """The surname, the rest starred: 王**."""
    if not full:
        return "顾客"
    family = surname(full)
    return family + "*" * max(1, len(full) - len(family))
