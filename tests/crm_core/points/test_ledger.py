"""The ledger under anything that can happen to it, in any order, on every database."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlmodel import Session

from crm_core import clock
from crm_core.authz import system
from crm_core.db import reading, unit_of_work
from crm_core.merging import service as merging
from crm_core.points import service as points
from crm_core.points.models import Cause
from tests.crm_core.points.ledgers import read
from tests.databases import Database
from tests.factories import a_customer

SHOP = system("test")
FEW, MANY = 6, 20  # runs; on servers each step takes longer
STEPS = 25

numbers = st.integers(1, 120)
which = st.integers(0, 10)
T = TypeVar("T")


class LedgerMachine(RuleBasedStateMachine):
    """Two records of people who may turn out to be one, and a shop that gives and takes points."""

    def __init__(self) -> None:
        super().__init__()
        with unit_of_work() as session:
            self.ids = [a_customer(session, None).id, a_customer(session, None).id]
        self.at = datetime(2026, 1, 1, tzinfo=UTC)
        self.expected = 0  # what the operations say came and went, but for what expired
        self.done = 0
        self.earned: list[tuple[int, str]] = []
        self.spent: list[tuple[int, str]] = []
        self.merge_id: int | None = None
        self.last: Callable[[Session], Any] | None = None
        self.may_owe = False

    @rule(points_=numbers, who=which, hold=st.integers(0, 9), valid=st.integers(10, 90))
    def earn(self, points_: int, who: int, hold: int, valid: int) -> None:
        customer_id, ref, at = self._whose(who), self._ref("e"), self.at
        lot = points.Lot(
            points_, Cause.PURCHASE,
            available_at=at + timedelta(days=hold), expires_at=at + timedelta(days=valid),
        )  # fmt: skip
        self._do(lambda s: points.earn(s, SHOP, customer_id, lot, ref=ref))
        self.expected += points_
        self.earned.append((customer_id, ref))

    @rule(points_=numbers, who=which)
    def spend(self, points_: int, who: int) -> None:
        customer_id, ref = self._whose(who), self._ref("s")
        before = self._balance(customer_id)
        try:
            self._do(lambda s: points.spend(s, SHOP, customer_id, points_, note="", ref=ref))
        except points.InsufficientPoints:
            assert before < points_
        else:
            assert before >= points_
            self.expected -= points_
            self.spent.append((customer_id, ref))

    @rule(number=which, share=st.one_of(st.none(), numbers))
    def reverse(self, number: int, share: int | None) -> None:
        if not self.earned:
            return
        customer_id, cause = self.earned[number % len(self.earned)]
        ref = self._ref("r")
        self.may_owe = True
        moved = self._do(
            lambda s: points.reverse(
                s, SHOP, self._heir(customer_id),
                earned_by=cause, note="退货", ref=ref, points=share,
            )
        )  # fmt: skip
        self.expected += moved.delta if moved else 0

    @rule(number=which, share=st.one_of(st.none(), numbers))
    def restore(self, number: int, share: int | None) -> None:
        if not self.spent:
            return
        customer_id, cause = self.spent[number % len(self.spent)]
        ref = self._ref("b")
        moved = self._do(
            lambda s: points.restore(
                s, SHOP, self._heir(customer_id),
                spent_by=cause, note="退货", ref=ref, points=share,
            )
        )  # fmt: skip
        self.expected += moved.delta if moved else 0

    @rule(days=st.integers(1, 20))
    def days_pass(self, days: int) -> None:
        self.at += timedelta(days=days)
        self.last = None

    @rule(who=which)
    def expire(self, who: int) -> None:
        customer_id = self._whose(who)
        gone = self._do(lambda s: points.expire(s, SHOP, customer_id))
        assert gone >= 0

    @rule()
    def merge(self) -> None:
        if self.merge_id is not None:
            return
        source, target = self.ids
        ref = self._ref("m")
        self._do(lambda s: merging.merge(s, SHOP, source, target, rule="test", ref=ref))
        with reading() as session:
            found = merging.find(session, ref)
        assert found is not None
        self.merge_id = found.id

    @rule()
    def unmerge(self) -> None:
        if self.merge_id is None:
            return
        merge_id, ref = self.merge_id, self._ref("u")
        self.may_owe = True
        self._do(lambda s: merging.unmerge(s, SHOP, merge_id, ref=ref))
        self.merge_id = None

    @rule()
    def retry(self) -> None:
        if self.last is None:
            return
        before = [read(each) for each in self.ids]
        self._do(self.last)
        assert [read(each) for each in self.ids] == before

    @invariant()
    def entries_takes_and_lots_agree(self) -> None:
        for customer_id in self.ids:
            ledger = read(customer_id)
            ledger.check()
            with clock.standing_at(self.at), reading() as session:
                assert points.balance(session, customer_id) == ledger.balance(self.at)

    @invariant()
    def only_a_reversal_or_a_parting_owes(self) -> None:
        if not self.may_owe:
            assert all(self._balance(each) >= 0 for each in self.ids)

    @invariant()
    def no_point_is_made_or_lost(self) -> None:
        assert sum(read(each).moved() for each in self.ids) == self.expected

    def _do(self, what: Callable[[Session], T]) -> T:
        with clock.standing_at(self.at), unit_of_work() as session:
            result = what(session)
        self.last = what
        return result

    def _balance(self, customer_id: int) -> int:
        with clock.standing_at(self.at), reading() as session:
            return points.balance(session, customer_id)

    def _ref(self, kind: str) -> str:
        self.done += 1
        return f"{kind}{self.ids[0]}-{self.done}"

    def _whose(self, who: int) -> int:
        return self._heir(self.ids[who % 2])

    def _heir(self, customer_id: int) -> int:
        return customer_id if self.merge_id is None else self.ids[1]


@pytest.mark.every_database
@pytest.mark.usefixtures("engine")
def test_no_point_is_made_or_lost_whatever_happens(database: Database) -> None:
    effort = MANY if database.name == "sqlite" else FEW
    run_state_machine_as_test(
        LedgerMachine,
        settings=settings(
            max_examples=effort, stateful_step_count=STEPS, deadline=None,
            suppress_health_check=[HealthCheck.too_slow], phases=[Phase.generate]
        ),
    )  # fmt: skip
