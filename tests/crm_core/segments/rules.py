"""Random rules of every kind."""

from hypothesis import strategies as st

from crm_core.segments.catalogue import ATTRIBUTES, EVENTS, FIGURES, FLAGS, GOODS
from crm_core.segments.rule import (
    All,
    Among,
    Any_,
    Comparison,
    Falling,
    Field,
    Flag,
    InSegment,
    Not,
    Number,
    Rule,
    Source,
    Tagged,
)

WORDS = {
    "city": ["杭州", "宁波"],
    "tier": ["普通会员", "银卡", "金卡"],
    "store": ["万达店", "滨江店"],
    "source": ["oa", "chat", "import"],
    "category": ["连衣裙", "风衣", "大衣"],
    "style": ["通勤", "法式"],
    "size": ["S", "M"],
    "price_band": ["100–300 元", "100 元以下"],
    "season": ["春", "冬"],
    "part_of_day": ["上午", "深夜"],
    "channel": ["门店", "线上"],
    "stated_style": ["通勤", "法式"],
}
TAGS = ["怕冷", "职场女性", "一次多件"]
_THINGS = {
    "category": ["连衣裙", "风衣"], "style": ["通勤"], "size": ["M", "L"], "color": ["红"],
    "product": ["衣服"],
}  # fmt: skip


def some(values: list[str]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(values), min_size=1, max_size=3, unique=True).map(tuple)


def compared(numbers: st.SearchStrategy[int]) -> st.SearchStrategy[dict[str, object]]:
    two = st.lists(numbers, min_size=2, max_size=2).map(sorted)
    single = [one for one in Comparison if one is not Comparison.BETWEEN]
    return st.one_of(
        st.builds(
            lambda how, n: {"comparison": how, "bounds": (n,)}, st.sampled_from(single), numbers
        ),
        two.map(lambda both: {"comparison": Comparison.BETWEEN, "bounds": tuple(both)}),
    )


edges = st.sampled_from([0, 1, 2, 14, 15, 30, 31, 45, 46, 90, 91, 365, 366])
small = st.integers(0, 4)
fens = st.sampled_from([0, 1, 9_999, 10_000, 29_999, 30_000, 50_000, 10**12])
percents = st.sampled_from([0, 25, 33, 50, 66, 100])
DAYS = {"recency_days", "first_order_days", "member_days", "known_days", "birthday_days"}


def _numbers(name: str) -> st.SearchStrategy[int]:
    if name in DAYS:
        return edges
    if name.endswith("_fen"):
        return fens
    return percents if name.endswith("_percent") else small


def _figure(name: str) -> st.SearchStrategy[Number]:
    within = st.none() | st.integers(1, 400) if FIGURES[name].within_days else st.none()
    return st.builds(
        lambda how, days: Number(Source.FIGURE, name, **how, within_days=days),
        compared(_numbers(name)),
        within,
    )


def figures(names: list[str]) -> st.SearchStrategy[Rule]:
    return st.sampled_from(names).flatmap(_figure)


events = st.builds(
    lambda name, how, when: Number(Source.EVENT, name, **how, **when),
    st.sampled_from(list(EVENTS)),
    compared(small),
    st.one_of(
        st.just({}),
        st.builds(lambda days: {"within_days": days}, st.integers(1, 60)),
        st.just({"since_last_order": True}),
    ),
)
goods = st.builds(
    lambda named, how, days: Number(
        Source.BOUGHT, "", **how, within_days=days, goods=tuple(sorted(named.items()))
    ),
    st.fixed_dictionaries({}, optional={kind: some(_THINGS[kind]) for kind in GOODS}),
    compared(small),
    st.none() | st.integers(1, 400),
)
words = st.sampled_from(list(ATTRIBUTES)).flatmap(
    lambda name: st.builds(Among, st.just(name), some(WORDS[name]))
)
flags = st.builds(Flag, st.sampled_from(list(FLAGS)))
tags = st.builds(Tagged, some(TAGS))
falling = st.builds(Falling, st.integers(1, 3))
segments = st.builds(InSegment, st.sampled_from(["忠诚", "沉睡", "新客", "潜力", "流失"]))
fields = st.one_of(
    st.builds(Field, st.just("新娘"), some(["是", "否"])),
    st.builds(lambda how: Number(Source.FIELD, "身高", **how), compared(st.integers(158, 163))),
    st.builds(lambda how: Number(Source.UNTIL, "婚期", **how), compared(edges)),
)
leaves: st.SearchStrategy[Rule] = st.one_of(
    figures(list(FIGURES)), events, goods, words, flags, tags, falling, segments, fields
)


def nested(of: st.SearchStrategy[Rule]) -> st.SearchStrategy[Rule]:
    return st.recursive(
        of,
        lambda inner: st.one_of(
            st.lists(inner, min_size=2, max_size=4).map(lambda parts: All(tuple(parts))),
            st.lists(inner, min_size=2, max_size=4).map(lambda parts: Any_(tuple(parts))),
            inner.map(Not),
        ),
        max_leaves=8,
    )


rules = nested(leaves)
# Names as shops may give them: anything that can stand in quotes.
names = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="「」"), min_size=1,
    max_size=20,
).filter(lambda name: name == name.strip())  # fmt: skip
named_leaves = st.one_of(
    st.builds(Tagged, st.lists(names, min_size=1, max_size=3, unique=True).map(tuple)),
    st.builds(InSegment, names),
    st.builds(Field, names, names.map(lambda name: (name,))),
    st.builds(Among, st.just("city"), names.map(lambda name: (name,))),
)
