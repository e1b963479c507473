"""Finding who stands twice: 100,000 made-up people, 45 % of them with two records or more.

Their records are taken in one by one, as tills and shops send them; what joins at once is merged
then. The review list is decided as by somebody who knows the people; each decision is made by the
product's own function. BENCH_PEOPLE sets another number.
"""

import os
import secrets
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TypeVar

from rich.progress import Progress
from sqlmodel import Session, col, select

from benchmarks.duplicates_people import Record, records
from benchmarks.report import Metric, report
from crm_core import db, migrate
from crm_core.authz import system
from crm_core.customers.models import Customer, IdentityKind
from crm_core.db import unit_of_work
from crm_core.merging import duplicates, recognising
from crm_core.merging.models import DuplicatePair, PairState
from crm_core.merging.recognising import Person, Seen

_PEOPLE = 100_000
_AT_ONCE = 500  # in one transaction
_RANGE = 2_000  # customers compared in one transaction
_MOST_LEFT_PERCENT = 2
_ACTOR = system("bench")

Item = TypeVar("Item")
Watch = Callable[[str, int], None]  # what is being done, and how much of it just was


@dataclass
class Outcome:
    """Who stands where; `people` names the persons whose records became one customer."""

    taken_in: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    records: int = 0
    wrong: int = 0  # records of two persons in one customer, before anybody looked
    joined: int = 0  # records that found their person at once
    listed: int = 0
    accepted: int = 0

    @property
    def twice(self) -> int:
        """Records beyond the first of each person."""
        persons = {one for people in self.taken_in.values() for one in people}
        return self.records - len(persons)

    def left(self, session: Session) -> int:
        """Customers beyond the first of each person, now."""
        customers = Counter(people[0] for people in _by_heir(session, self.taken_in).values())
        return sum(number - 1 for number in customers.values())


def run(people: Iterable[Record], watch: Watch) -> Outcome:
    """Take all records in, then decide all that is listed until nothing new is."""
    outcome = Outcome()
    for batch in _batches(people):
        with unit_of_work() as session:
            for record in batch:
                _take_in(session, record, outcome)
        watch("records taken in", len(batch))
    with unit_of_work() as session:
        found = _by_heir(session, outcome.taken_in).values()
        outcome.wrong = sum(len(set(persons)) > 1 for persons in found)
        outcome.joined = outcome.records - len(found)
    while _scan(watch):
        _review(outcome, watch)
    return outcome


def _take_in(session: Session, record: Record, outcome: Outcome) -> None:
    outcome.records += 1
    known_by = [Seen(IdentityKind.SHOP_ACCOUNT, str(outcome.records), account="till")]
    if record.card:
        known_by.append(Seen(IdentityKind.CARD, record.card))
    if record.phone:
        known_by.append(Seen(IdentityKind.PHONE, record.phone, verified=record.verified))
    person = Person(
        known_by=tuple(known_by),
        phone=record.phone,
        name=record.name,
        birthday=record.birthday,
        address=record.address,
    )
    taken = recognising.take_in(
        session, _ACTOR, person, source="till", ref=f"bench:{outcome.records}", look_for_more=False
    )
    outcome.taken_in[taken.customer.id].append(record.person)


def _scan(watch: Watch) -> int:
    with unit_of_work() as session:
        last = duplicates.last_id(session)
    found = 0
    for first in range(1, last + 1, _RANGE):
        with unit_of_work() as session:
            found += duplicates.scan(session, _ACTOR, first, first + _RANGE - 1)
        watch("customers compared", _RANGE)
    return found


def _review(outcome: Outcome, watch: Watch) -> None:
    """Decide what is listed, the likeliest first."""
    with unit_of_work() as session:
        is_open = DuplicatePair.state == PairState.OPEN
        wanted = select(DuplicatePair).where(is_open).order_by(col(DuplicatePair.score).desc())
        listed = [(pair.id, pair.first_id, pair.second_id) for pair in session.exec(wanted)]
        persons = _by_heir(session, outcome.taken_in)
        heirs = {of: heir for heir, of in _members(session)} | {one: one for one in persons}
    for batch in _batches(listed):
        with unit_of_work() as session:
            for pair_id, first, second in batch:
                _decide(session, outcome, pair_id, (first, second), persons, heirs)
        watch("pairs decided", len(batch))


def _decide(
    session: Session,
    outcome: Outcome,
    pair_id: int,
    pair: tuple[int, int],
    persons: dict[int, list[int]],
    heirs: dict[int, int],
) -> None:
    if any(session.get_one(Customer, one).joined_into for one in pair):
        return  # an earlier decision made them one with somebody
    outcome.listed += 1
    one, other = (persons[heirs[each]][0] for each in pair)
    if one == other:
        outcome.accepted += 1
        duplicates.accept(session, _ACTOR, pair_id)
    else:
        duplicates.reject(session, _ACTOR, pair_id)


def _by_heir(session: Session, taken_in: dict[int, list[int]]) -> dict[int, list[int]]:
    joined = {of: heir for heir, of in _members(session)}
    found: dict[int, list[int]] = defaultdict(list)
    for customer_id, people in taken_in.items():
        found[joined.get(customer_id, customer_id)] += people
    return found


def _members(session: Session) -> Iterator[tuple[int, int]]:
    """Each record that became a part of another, after that one."""
    joined = col(Customer.joined_into).is_not(None)
    for heir, of in session.exec(select(Customer.joined_into, Customer.id).where(joined)):
        assert heir is not None
        yield heir, of


def _batches(items: Iterable[Item]) -> Iterator[list[Item]]:
    left = iter(items)
    while batch := list(islice(left, _AT_ONCE)):
        yield batch


def _metrics(outcome: Outcome, left: int, seconds: float) -> list[Metric]:
    twice = outcome.twice
    return [
        Metric("records taken in", outcome.records, "records"),
        Metric("of them beyond a person's first", twice, "records"),
        Metric("found their person at once", outcome.joined, "records"),
        Metric("wrongly merged at once", outcome.wrong, "customers", 0, most=True),
        Metric("pairs put before somebody", outcome.listed, "pairs"),
        Metric("of them one person", 100 * outcome.accepted / outcome.listed, "%"),
        Metric("still standing twice", 100 * left / twice, "%", _MOST_LEFT_PERCENT, most=True),
        Metric("all of it, on SQLite", outcome.records / seconds, "records/s"),
    ]


def _main() -> None:
    os.environ["DIANYU_SECRET_KEY"] = secrets.token_hex()
    people = int(os.environ.get("BENCH_PEOPLE", _PEOPLE))
    with tempfile.TemporaryDirectory() as folder, Progress() as progress:
        os.environ["DIANYU_HOME"] = folder
        db.use(db.make_engine(f"sqlite:///{Path(folder) / 'duplicates.db'}"))
        migrate.upgrade()
        tasks = {}

        def watch(what: str, number: int) -> None:
            if what not in tasks:
                tasks[what] = progress.add_task(what, total=None)
            progress.advance(tasks[what], number)

        began = time.perf_counter()
        outcome = run(records(people), watch)
        seconds = time.perf_counter() - began
        with db.reading() as session:
            left = outcome.left(session)
    report("duplicates", _metrics(outcome, left, seconds))


if __name__ == "__main__":
    _main()
