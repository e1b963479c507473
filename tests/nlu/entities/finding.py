"""Helpers: the entities of a text, in a shop with a few names of its own."""

from datetime import datetime

from nlu.entities.extract import find_all, in_context
from nlu.entities.lexicon import Lexicon, fixed_entries
from nlu.text.normal import normalise

# A Thursday afternoon.
NOW = datetime(2026, 3, 12, 14, 0)  # noqa: DTZ001 - the store's wall clock
SHOP: dict[str, dict[str, list[str]]] = {
    "store": {"万达店": ["万达"], "人民路店": []},
    "staff_name": {"李娜": [], "小陈": []},
    "campaign": {"春季新品券": [], "会员日满减": []},
    "product": {"羊毛双面呢大衣": ["A2031"], "真丝衬衫": []},
    "reward": {"穿搭顾问服务": []},
    "tag": {"怕冷": []},
}
LEXICON = Lexicon(fixed_entries(), SHOP)


def entities(sent: str, intent: str = "") -> list[tuple[str, str, str]]:
    """Kind, text as sent, and value of each entity, in order."""
    text = normalise(sent)
    found = in_context(find_all(text, sent, NOW, LEXICON), text.text, intent)
    places = [text.source_span(one.start, one.end) for one in found]
    return [
        (one.entity, sent[start:end], one.value)
        for one, (start, end) in zip(found, places, strict=True)
    ]


def values(sent: str, entity: str, intent: str = "") -> list[str]:
    """The values of the entities of one kind."""
    return [value for kind, _, value in entities(sent, intent) if kind == entity]
