"""Reading a poll out of one sentence: 「发起一个投票：通勤风衣还是法式大衣」."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

_NOUN = (
    r"(?:穿搭|搭配|选款|选色|配色|调查|互动|新)*(?:投票|票选|评选|选款|poll|pk)(?:活动|题|互动)?"
)
_VERB = (
    r"(?:发起|發起|開|新建|新增|新开|创建|建立|建|开|搞|弄|做成|做|来|整|设置|设|发布|组织|再来|安排|起|出|生成"
    r"|create|setup)"
)
_COMMAND = re.compile(
    rf"(?:请|麻烦|帮忙|帮我|给我|替我|你帮我|干脆|我想|我要|想要|想|要|先)*{_VERB}"
    rf"(?:一下|一|个|场|次|期|道|的|下|a|\s)*{_NOUN}(?:呗|吧|啊|起来)?",
    re.IGNORECASE,
)
_OPENING = re.compile(rf"^(?:请|麻烦|帮忙|帮我|给我|我想|我要|想)*{_VERB}(?:一下|一|个|场|次|期)+")
_ENDING = re.compile(rf"的?(?:{_NOUN}|选项|供选|[二三四五六七八九]选一)[。！!～~]*$", re.IGNORECASE)
_LEAD_IN = re.compile(
    r"^.*?(?:选项(?:是|为|有)?|让(?:大家|顾客|会员|客人|她们|他们)?(?:来|去)?(?:选|挑|投|在)|问问?(?:大家)?"
    r"(?:喜欢|更喜欢|想要)?|纠结|(?:大家|顾客|会员|客人)(?:更)?(?:喜欢|爱|想要))(?=.)"
)
_LABEL = re.compile(r"^(?:投票)?(?:题目|标题|主题|名字)(?:是|写|叫|为)?")
_STRONG = re.compile(
    r"还是|或者|、|/|\||(?<![A-Za-z])vs(?![A-Za-z])|(?<![A-Za-z])or(?![A-Za-z])|PK", re.IGNORECASE
)
_WEAK = re.compile(r"和|跟|与|或|对(?!比)|以及")
_AND = re.compile(r"和|以及|跟")
_CLAUSE = re.compile(r"[，,。；;：:！!\n]+|(?<=[？?])")
_ASIDE = re.compile(
    r"截止|截至|为止|积分|有个想法|PK一下|一下$|供选|投票|[投头偷][票漂]|^给.{2,4}选$|个选项",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"(?:^|(?<=\s))(?:\d{1,2}|[A-Ia-i])[.、：:）)]\s*", re.MULTILINE)
_TRAIL = re.compile(r"(?:之间.*|拿不准|哪个.*|[二三四五六七八九]个)$")
_EDGES = ' ，,。；;：:！!？?～~、“”"「」\t\n'
_FEWEST = 2


@dataclass(frozen=True)
class Draft:
    """What a sentence says of a poll; empty where it says nothing."""

    title: str
    options: list[str]


def read(text: str) -> Draft:
    """Title and options of a sentence that wants a poll; without a title the options make one."""
    rest = _OPENING.sub("", _COMMAND.sub("，", text, count=1), count=1)
    clauses = [part.strip(_EDGES) for part in _CLAUSE.split(_ENDING.sub("", rest))]
    clauses = [part for part in clauses if part and not _ENDING.fullmatch(part)]
    for divide in (split, split_loosely):
        for number, clause in enumerate(clauses):
            bare = _LABEL.sub("", clause)
            options = divide(_LEAD_IN.sub("", bare))
            if len(options) >= _FEWEST:
                return Draft(_title(clauses[:number], bare, options), options)
    listed = list(_different(_bare(part) for part in _CLAUSE.split(_after_colon(rest))))
    if len(listed) >= _FEWEST:
        return Draft(_title([], "", listed), listed)
    title = _LABEL.sub("", clauses[0]) if clauses and _LABEL.match(clauses[0]) else ""
    return Draft(title.strip(_EDGES), [])


def is_command(text: str) -> bool:
    """Whether a sentence asks for a poll, rather than being a title or a list of options."""
    return bool(_COMMAND.search(text) or _OPENING.match(text) or "投票" in text)


def split(text: str) -> list[str]:
    """Options divided by what can divide nothing else: 还是 / 、 vs."""
    return _parts(_STRONG, text)


def split_loosely(text: str) -> list[str]:
    """Options divided by 和 or 跟 as well, or by commas and line ends."""
    listed = _NUMBER.sub("\n", text)
    for divider in (_STRONG, _CLAUSE, _WEAK):
        if len(parts := _parts(divider, listed)) >= _FEWEST:
            return parts
    return _parts(_WEAK, listed)


def _parts(divider: re.Pattern[str], text: str) -> list[str]:
    parts = divider.split(text)
    if "、" in text and len(parts) >= _FEWEST:  # 红、黑和白: a list's last comma is 和
        parts[-1:] = _AND.split(parts[-1])
    return list(_different(_bare(part) for part in parts))


def _after_colon(text: str) -> str:
    return re.split(r"[：:]", text, maxsplit=1)[-1] if re.search(r"[：:]", text) else ""


def _bare(option: str) -> str:
    return _TRAIL.sub("", _ENDING.sub("", option).strip(_EDGES)).strip(_EDGES)


def _different(options: Iterable[str]) -> Iterable[str]:
    return dict.fromkeys(option for option in options if option)


def _title(before: list[str], clause: str, options: list[str]) -> str:
    said = [_LABEL.sub("", part).strip(_EDGES) for part in before]
    title = "，".join(part for part in said if part and not _ASIDE.search(part))
    if title:
        return title
    return (
        clause
        if "还是" in clause and clause.startswith(options[0])
        else f"{'、'.join(options)}，选哪个？"
    )
