"""Whether everybody and everything that a scenario names is in it."""

from collections import Counter
from collections.abc import Iterator

from app.scenario.event import Loc
from app.scenario.facts import NAMES as FACTS
from app.scenario.given import Given, OrderGiven, PollGiven
from app.scenario.script import Scenario, TurnGiven
from crm_core.rules import service as rules

Wrong = tuple[Loc, str]


class _Known:
    """Who and what may be named."""

    def __init__(self, given: Given) -> None:
        self.stores = Counter(n for s in given.stores for n in {s.name, s.code or s.name})
        self.staff = Counter(n for s in given.staff for n in {s.name, s.wecom or s.name})
        self.customers = Counter(n for c in given.customers for n in set(c.handles))
        self.visitors = Counter(v.name for v in given.visitors)
        self.people = self.staff + self.customers + self.visitors
        self.articles = Counter(p.article_no for p in given.products)
        self.goods = self.articles + Counter(p.name for p in given.products)


def wrong_references(scenario: Scenario) -> Iterator[Wrong]:
    """What is named and not there, or there twice, each with its place."""
    given, known = scenario.given, _Known(scenario.given)
    yield from _doubles(given, known)
    yield from _in_people(given, known)
    yield from _in_dealings(given, known)
    for number, order in enumerate(given.orders):
        yield from _in_order(order, ("given", "orders", number), known)
    for number, order in enumerate(given.sales):
        yield from _in_order(order, ("given", "sales", number), known)
    for number, poll in enumerate(given.polls):
        yield from _in_poll(poll, ("given", "polls", number), known)
    yield from _in_script(scenario, known)


def _one(found: Counter[str], what: str, name: str | None, loc: Loc) -> Iterator[Wrong]:
    if name is None or found[name] == 1:
        return
    if found[name]:
        yield loc, f"there are {found[name]} called 「{name}」; say a phone, a card or an id"
    else:
        yield loc, f"there is no {what} 「{name}」 in given"


def _doubles(given: Given, known: _Known) -> Iterator[Wrong]:
    """What must be the only one of its name."""
    for number, store in enumerate(given.stores):
        for name in {store.name, store.code or store.name}:
            if known.stores[name] > 1:
                yield ("given", "stores", number), f"there are two stores called 「{name}」"
    for number, product in enumerate(given.products):
        if known.articles[product.article_no] > 1:
            loc: Loc = ("given", "products", number, "article_no")
            yield loc, f"there are two products with the number 「{product.article_no}」"
    for name in given.rules:
        if name not in rules.defaults():
            yield (
                ("given", "rules", name),
                f"there is no rule 「{name}」; docs/rules.md has them all",
            )


def _in_people(given: Given, known: _Known) -> Iterator[Wrong]:
    for number, member in enumerate(given.staff):
        yield from _one(known.stores, "store", member.store, ("given", "staff", number, "store"))
    for number, customer in enumerate(given.customers):
        loc: Loc = ("given", "customers", number)
        yield from _one(known.stores, "store", customer.store, (*loc, "store"))
        yield from _one(known.staff, "member of staff", customer.assistant, (*loc, "assistant"))


def _in_dealings(given: Given, known: _Known) -> Iterator[Wrong]:
    """Everything else that is about a customer and perhaps in somebody's hands."""
    for part in ("ratings", "follow_ups", "try_ons", "alerts", "complaints"):
        for number, one in enumerate(getattr(given, part)):
            loc: Loc = ("given", part, number)
            yield from _one(known.customers, "customer", one.customer, (*loc, "customer"))
            owner = getattr(one, "owner", None)
            yield from _one(known.staff, "member of staff", owner, (*loc, "owner"))


def _in_order(order: OrderGiven, loc: Loc, known: _Known) -> Iterator[Wrong]:
    yield from _one(known.customers, "customer", order.customer, (*loc, "customer"))
    yield from _one(known.stores, "store", order.store, (*loc, "store"))
    yield from _one(known.staff, "member of staff", order.staff, (*loc, "staff"))
    for number, line in enumerate(order.lines):
        if line.price_fen is None and not known.goods[line.product]:
            yield (*loc, "lines", number), f"no price, and no product 「{line.product}」 in given"
    if not order.lines and order.total_fen is None:
        yield loc, "an order needs lines or a total"


def _in_poll(poll: PollGiven, loc: Loc, known: _Known) -> Iterator[Wrong]:
    yield from _one(known.stores, "store", poll.store, (*loc, "store"))
    for option, voters in poll.votes.items():
        if option not in {one.title for one in poll.options}:
            yield (*loc, "votes", option), f"there is no option 「{option}」 in this poll"
        for name in voters.names:
            yield from _one(known.customers, "customer", name, (*loc, "votes", option))


def _in_script(scenario: Scenario, known: _Known) -> Iterator[Wrong]:
    yield from _one(known.people, "person", scenario.sender, ("as",))
    nobody = scenario.sender is None and not scenario.given.customers
    for number, turn in enumerate(scenario.turns):
        loc: Loc = ("turns", number)
        if nobody and turn.sender is None and turn.event != "command":
            yield loc, "who does it? there is no customer, so say as"
        yield from _in_turn(turn, loc, known)


def _in_turn(turn: TurnGiven, loc: Loc, known: _Known) -> Iterator[Wrong]:
    yield from _one(known.people, "person", turn.sender, (*loc, "as"))
    for number, pushed in enumerate(turn.expect.pushed):
        place: Loc = (*loc, "expect", "pushed", number, "to")
        yield from _one(known.people, "person", pushed.to, place)
    for name, value in turn.expect.state.items():
        place = (*loc, "expect", "state", name)
        if name in FACTS:
            continue
        if not known.people[name]:
            yield place, f"「{name}」 is no fact and nobody in given; facts are {', '.join(FACTS)}"
            continue
        yield from _one(known.people, "person", name, place)
        for fact in value if isinstance(value, dict) else {"": None}:
            if fact not in FACTS:
                yield (*place, fact), f"「{fact}」 is no fact; facts are {', '.join(FACTS)}"
