"""Merging, parting and spending at the same moment: one after the other, nothing lost."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from sqlmodel import Session, func, select

from crm_core.authz import system
from crm_core.customers import service as customers
from crm_core.customers.service import CustomerNotFound
from crm_core.db import unit_of_work
from crm_core.merging.models import Merge
from crm_core.merging.service import merge, unmerge
from crm_core.points import service as points
from crm_core.points.models import Cause, PointsEntry
from tests.factories import a_customer

SHOP = system("test")


def in_one_go(work: Callable[[Session], object]) -> bool:
    """Whether it could be done; a record that is another one by now is not there."""
    try:
        with unit_of_work() as session:
            work(session)
    except (CustomerNotFound, points.InsufficientPoints):
        return False
    return True


@pytest.mark.every_database
def test_two_records_merged_both_ways_at_once_are_merged_once(session: Session) -> None:
    ids = [a_customer(session, None).id for _ in range(2)]
    both = [(ids[number % 2], ids[1 - number % 2], number) for number in range(8)]
    jobs = [
        partial(merge, actor=SHOP, source_id=a, target_id=b, rule="card", ref=f"m{n}")
        for a, b, n in both
    ]
    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(in_one_go, jobs))
    assert any(done)
    session.rollback()
    assert len(session.exec(select(Merge)).all()) == 1


@pytest.mark.every_database
def test_spending_while_it_is_merged_and_parted_loses_nothing(session: Session) -> None:
    source, target = (a_customer(session, None).id for _ in range(2))
    for customer_id in (source, target):
        points.earn(session, SHOP, customer_id, points.Lot(100, Cause.GIFT), ref="p")
    session.commit()

    def there_and_back(work: Session) -> None:
        merge(work, SHOP, source, target, rule="card", ref="m")
        done = work.exec(select(Merge)).one()
        points.spend(work, SHOP, target, 150, note="x", ref="both")
        unmerge(work, SHOP, done.id, ref="u")

    def spend(number: int, work: Session) -> None:
        of = (source, target)[number % 2]
        points.spend(work, SHOP, of, 10, note="x", ref=f"s{number}")

    jobs = [*(partial(spend, number) for number in range(7)), there_and_back]
    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(in_one_go, jobs))
    session.rollback()
    spent = 10 * sum(done[:-1]) + 150 * done[-1]
    total = int(session.exec(select(func.sum(PointsEntry.delta))).one() or 0)
    assert total == 200 - spent
    assert sum(points.balance(session, one) for one in (source, target)) == total
    assert customers.heir(session, source) == source
