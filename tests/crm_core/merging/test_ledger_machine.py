"""Points are neither made nor lost, whatever is merged, parted, spent and taken back in between."""

from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlmodel import Session, col, func, select

from crm_core import clock
from crm_core.authz import system
from crm_core.customers.models import Customer
from crm_core.merging.models import Merge
from crm_core.merging.service import merge, unmerge
from crm_core.points import ledger
from crm_core.points import service as points
from crm_core.points.models import GIVING, Cause, PointsEntry, PointsTake
from tests.databases import Database

SHOP = system("test")
_EXAMPLES = {"sqlite": 40, "postgresql": 8, "mariadb": 8}
_RECORDS = 3
_record = st.integers(0, _RECORDS - 1)


class Ledgers(RuleBasedStateMachine):
    """Three records, merged and parted; `lots` remembers which record earned which points."""

    session: Session

    @initialize()
    def begin(self) -> None:
        self.session.rollback()  # of an example that failed
        self.at = clock.now()
        self.ids = []
        for _ in range(_RECORDS):
            row = Customer()
            self.session.add(row)
            self.session.commit()
            self.ids.append(row.id)
        self.number = 0
        self.lots: dict[str, int] = {}  # by ref: the record that was there when it was earned
        self.spends: list[str] = []
        for record, days in enumerate((None, 3, 1)):
            self.earn(record, 50, days)

    @rule(record=_record, number=st.integers(1, 90), days=st.sampled_from([1, 3, None]))
    def earn(self, record: int, number: int, days: int | None) -> None:
        expires = None if days is None else self.at + timedelta(days=days)
        lot = points.Lot(number, Cause.GIFT, expires_at=expires)
        owner, ref = self.heir(record), self.ref("earn")
        with self.now():
            points.earn(self.session, SHOP, owner, lot, ref=ref)
        self.lots[ref] = owner

    @rule(record=_record, percent=st.integers(50, 100))
    def spend(self, record: int, percent: int) -> None:
        owner, ref = self.heir(record), self.ref("spend")
        with self.now():
            number = points.balance(self.session, owner) * percent // 100
            if number > 0:
                points.spend(self.session, SHOP, owner, number, note="x", ref=ref)
                self.spends.append(ref)

    @rule(data=st.data())
    def take_back(self, data: st.DataObject) -> None:
        earned_by = data.draw(st.sampled_from(list(self.lots)))
        with self.now():
            points.reverse(
                self.session, SHOP, self.of(earned_by), earned_by=earned_by, note="x",
                ref=f"back:{earned_by}",
            )  # fmt: skip

    @precondition(lambda self: self.spends)
    @rule(data=st.data())
    def restore(self, data: st.DataObject) -> None:
        spent_by = data.draw(st.sampled_from(self.spends))
        with self.now():
            points.restore(
                self.session, SHOP, self.of(spent_by), spent_by=spent_by, note="x",
                ref=f"restore:{spent_by}",
            )  # fmt: skip

    @rule(days=st.integers(0, 1), record=_record)
    def wait(self, days: int, record: int) -> None:
        self.at += timedelta(days=days)
        with self.now():
            points.expire(self.session, SHOP, self.heir(record))

    @precondition(lambda self: len(self.held()) < _RECORDS - 1)
    @rule(data=st.data())
    def join(self, data: st.DataObject) -> None:
        alone = [n for n in range(_RECORDS) if self.heir(n) == self.ids[n]]
        source, target = (self.ids[n] for n in data.draw(st.permutations(alone))[:2])
        before, ref = self.total(), self.ref("merge")
        with self.now():
            merge(self.session, SHOP, source, target, rule="card", ref=ref)
        assert self.total() == before

    @precondition(lambda self: self.held())
    @rule(data=st.data())
    def part(self, data: st.DataObject) -> None:
        held, before = self.held(), self.total()
        done = held[data.draw(st.integers(0, len(held) - 1))]
        with self.now():
            unmerge(self.session, SHOP, done.id, ref=self.ref("part"))
        assert self.total() == before

    @invariant()
    def every_ledger_is_what_its_lots_say(self) -> None:
        self.session.commit()
        for customer_id in self.ids:
            total = select(func.coalesce(func.sum(PointsEntry.delta), 0))
            entries = self.session.exec(total.where(PointsEntry.customer_id == customer_id)).one()
            left = sum(lot.left for lot in ledger.open_lots(self.session, customer_id))
            owed = sum(debt.owed for debt in self.debts(customer_id))
            assert int(entries) == left - owed

    @invariant()
    def lots_are_with_who_earned_them(self) -> None:
        parents = {done.source_id: done.target_id for done in self.held()}
        for entry in self.entries():
            if entry.cause in GIVING:
                owner = self.lots[entry.ref.split(":customer:")[0]]
                while owner in parents:
                    owner = parents[owner]
                assert entry.customer_id == owner

    @invariant()
    def nobody_holds_another_s_points(self) -> None:
        """What an entry took, less what was given back of it, is of its own record's lots."""
        entries = {entry.id: entry for entry in self.entries()}
        crossing: dict[tuple[int, int], int] = {}
        wanted = select(PointsTake).where(col(PointsTake.entry_id).in_(entries))
        for take in self.session.exec(wanted):
            entry = entries[take.entry_id]
            root = entries[entry.undoes_id or entry.id]
            if entries[take.lot_id].customer_id != root.customer_id:
                key = root.id, take.lot_id
                crossing[key] = crossing.get(key, 0) + take.points
        assert not any(crossing.values())

    def held(self) -> list[Merge]:
        """The merges that hold, those that were made again too."""
        wanted = select(Merge).where(
            col(Merge.source_id).in_(self.ids), col(Merge.undone_at).is_(None)
        )
        return list(self.session.exec(wanted.order_by(col(Merge.id))))

    def entries(self) -> list[PointsEntry]:
        return list(
            self.session.exec(select(PointsEntry).where(col(PointsEntry.customer_id).in_(self.ids)))
        )

    def debts(self, customer_id: int) -> list[ledger.Debt]:
        with self.now():
            return ledger.debts(self.session, customer_id)

    def total(self) -> int:
        return sum(entry.delta for entry in self.entries())

    def of(self, ref: str) -> int:
        """Whose the entry is that this ref caused."""
        wanted = select(PointsEntry.customer_id).where(PointsEntry.ref == ref)
        return self.session.exec(wanted).one()

    def heir(self, record: int) -> int:
        customer_id = self.ids[record]
        joined = select(Customer.joined_into).where(Customer.id == customer_id)
        return self.session.exec(joined).one() or customer_id

    def ref(self, what: str) -> str:
        self.number += 1
        return f"{what}:{self.ids[0]}:{self.number}"

    def now(self) -> AbstractContextManager[None]:
        self.at += timedelta(seconds=1)
        return clock.standing_at(self.at)


@pytest.fixture
def machine(session: Session) -> type[Ledgers]:
    class OnThisDatabase(Ledgers):
        pass

    OnThisDatabase.session = session
    return OnThisDatabase


@pytest.mark.every_database
def test_no_point_is_made_or_lost(machine: type[Ledgers], database: Database) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=_EXAMPLES[database.name],
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
