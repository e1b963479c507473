"""People as the systems of a chain know them: some twice or more, with the slips people make.

A slip is a wrong or swapped digit, another character of the same sound, a name written backwards,
day and month changed about, an address in other words, or a field left out. Some who are not one
person look as if they were: families with one phone, namesakes, twins.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

TWICE = 0.45  # of the people stand twice or more, as the measured question has it
_COPIES = ((1, 0.75), (2, 0.2), (3, 0.05))  # how many more, and how often
_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余"
    "于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷"
    "龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向汤"
)
_GIVEN = (
    "芳娜敏静秀丽强磊洋艳勇军杰娟涛明超霞平刚桂英华玉兰红玲芬燕萍云莉珍慧建国志伟文斌"
    "宇浩轩子涵欣怡佳琪雨桐梓晨思远嘉俊博雅婷诗梦瑶晓梅春雪琳颖倩薇蕾洁冰凌峰波辉宁鑫"
    "鹏飞凯旭阳帆健康乐天成林森海龙虎"
)
_SOUNDS_LIKE = {
    "芳": "方", "静": "婧", "丽": "莉", "莉": "丽", "伟": "炜", "婷": "亭", "梅": "媚", "英": "瑛",
    "玲": "铃", "燕": "艳", "艳": "燕", "琪": "淇", "颖": "影", "晓": "小", "杰": "洁", "洁": "杰",
    "怡": "仪", "涵": "函", "宇": "雨", "雨": "宇", "明": "铭", "佳": "嘉", "嘉": "佳", "俊": "骏",
}  # fmt: skip
_PREFIXES = ("135", "136", "138", "139", "150", "151", "158", "159", "182", "186", "187", "188")
_CITIES = (("上海市", "徐汇区"), ("杭州市", "西湖区"), ("南京市", "鼓楼区"), ("苏州市", "姑苏区"))
_ROADS = tuple(a + b + "路" for a in "天人中解建和新长东南西北" for b in "钥民山放设平华江风京湖海")
_WITH_CARD, _CARD_UNSAID, _VERIFIED = 0.6, 0.7, 0.3
_MONTHS = 12
_OLDEST, _DAYS = date(1955, 1, 1), 365 * 50


@dataclass(frozen=True)
class Record:
    """One record of `person`, as one system has it; None where it has nothing."""

    person: int
    name: str | None
    phone: str | None  # E.164
    birthday: str | None
    address: str | None
    card: str | None
    verified: bool = False  # the phone, by a code


def records(people: int, seed: int = 1) -> Iterator[Record]:
    """All records of so many people, in the order they are taken in."""
    chance = random.Random(seed)  # made-up people
    made: list[Record] = []
    for number in range(people):
        first = _person(chance, number, made)
        made.append(first)
        if chance.random() < TWICE:
            more = chance.choices([n for n, _ in _COPIES], [w for _, w in _COPIES])[0]
            made.extend(_copy(chance, first) for _ in range(more))
    chance.shuffle(made)
    yield from made


def _person(chance: random.Random, number: int, before: list[Record]) -> Record:
    alone = Record(
        number,
        _name(chance),
        f"+86{chance.choice(_PREFIXES)}{chance.randrange(10**8):08}",
        (_OLDEST + timedelta(days=chance.randrange(_DAYS))).isoformat(),
        _address(chance),
        f"VIP{number:08}" if chance.random() < _WITH_CARD else None,
        verified=chance.random() < _VERIFIED,
    )
    if not before:
        return alone
    ways, weights = zip(*_LIKE_OTHERS, strict=True)
    return chance.choices(ways, weights)[0](chance, alone, chance.choice(before))


def _copy(chance: random.Random, first: Record) -> Record:
    """The same person in another system, with one slip or two."""
    copy = replace(first, verified=False)
    if chance.random() < _CARD_UNSAID:
        copy = replace(copy, card=None)
    for slip in chance.sample(_SLIPS, chance.choice((1, 1, 2))):
        copy = slip(chance, copy)
    return copy


def _name(chance: random.Random) -> str:
    weights = [1 / (rank + 4) for rank in range(len(_SURNAMES))]
    surname = chance.choices(_SURNAMES, weights)[0]
    return surname + "".join(chance.choices(_GIVEN, k=chance.choice((1, 2, 2, 2))))


def _address(chance: random.Random) -> str:
    city, district = chance.choice(_CITIES)
    road, number = chance.choice(_ROADS), chance.randrange(1, 1500)
    room = f"{chance.randrange(1, 33)}{chance.randrange(1, 5):02}"
    return f"{city}{district}{road}{number}号{chance.randrange(1, 40)}幢{room}室"


def _wrong_digit(chance: random.Random, one: Record) -> Record:
    if one.phone is None:
        return one
    at = chance.randrange(6, len(one.phone))
    digit = chance.choice([d for d in "0123456789" if d != one.phone[at]])
    return replace(one, phone=one.phone[:at] + digit + one.phone[at + 1 :])


def _swapped_digits(chance: random.Random, one: Record) -> Record:
    if one.phone is None:
        return one
    at = chance.randrange(6, len(one.phone) - 1)
    a, b = one.phone[at : at + 2]
    return replace(one, phone=one.phone[:at] + b + a + one.phone[at + 2 :])


def _no_phone(_: random.Random, one: Record) -> Record:
    return replace(one, phone=None)


def _other_character(chance: random.Random, one: Record) -> Record:
    if not one.name:
        return one
    at = chance.randrange(1, len(one.name))
    like = _SOUNDS_LIKE.get(one.name[at]) or chance.choice(_GIVEN)
    return replace(one, name=one.name[:at] + like + one.name[at + 1 :])


def _backwards(_: random.Random, one: Record) -> Record:
    """Given name and surname in each other's field."""
    return replace(one, name=one.name[1:] + one.name[0] if one.name else None)


def _day_for_month(_: random.Random, one: Record) -> Record:
    if one.birthday is None:
        return one
    year, month, day = one.birthday.split("-")
    return replace(one, birthday=f"{year}-{day}-{month}") if int(day) <= _MONTHS else one


def _wrong_year(chance: random.Random, one: Record) -> Record:
    if one.birthday is None:
        return one
    return replace(one, birthday=f"{one.birthday[:3]}{chance.randrange(10)}{one.birthday[4:]}")


def _no_birthday(_: random.Random, one: Record) -> Record:
    return replace(one, birthday=None)


def _in_other_words(_: random.Random, one: Record) -> Record:
    if one.address is None:
        return one
    short = one.address[6:].replace("幢", "-").replace("室", "")
    return replace(one, address=short)


def _no_address(_: random.Random, one: Record) -> Record:
    return replace(one, address=None)


def _as_is(_: random.Random, one: Record, __: Record) -> Record:
    return one


def _housemate(_: random.Random, one: Record, other: Record) -> Record:
    return replace(one, address=other.address)


def _one_phone(_: random.Random, one: Record, other: Record) -> Record:
    """A child or parent who gives the other's number."""
    return replace(one, phone=other.phone, address=other.address, verified=False)


def _namesake(_: random.Random, one: Record, other: Record) -> Record:
    return replace(one, name=other.name)


def _namesake_of_one_day(_: random.Random, one: Record, other: Record) -> Record:
    return replace(one, name=other.name, birthday=other.birthday)


def _twin(chance: random.Random, one: Record, other: Record) -> Record:
    name = (other.name or "王")[0] + chance.choice(_GIVEN)
    return replace(one, name=name, birthday=other.birthday, address=other.address)


def _phoneless(chance: random.Random, one: Record, _: Record) -> Record:
    return replace(_no_phone(chance, one), verified=False)


_LIKE_OTHERS: tuple[tuple[Callable[[random.Random, Record, Record], Record], float], ...] = (
    (_as_is, 0.80), (_housemate, 0.10), (_one_phone, 0.03), (_namesake, 0.003),
    (_namesake_of_one_day, 0.001), (_twin, 0.001), (_phoneless, 0.065),
)  # fmt: skip
_SLIPS: tuple[Callable[[random.Random, Record], Record], ...] = (
    _wrong_digit, _swapped_digits, _no_phone, _other_character, _backwards, _day_for_month,
    _wrong_year, _no_birthday, _in_other_words, _no_address,
)  # fmt: skip
