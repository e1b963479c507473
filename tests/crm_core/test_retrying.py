from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from crm_core import retrying
from crm_core.authz import Permission, system
from crm_core.customers import service as customers
from crm_core.db import part_of_work, unit_of_work
from crm_core.memo import forget, once
from tests.databases import Database
from tests.factories import a_customer


@pytest.mark.every_database
def test_a_deadlock_reaches_no_caller(database: Database, session: Session) -> None:
    if database.name == "sqlite":
        pytest.skip("one writes at a time")
    one, other = a_customer(session, "林晓月").id, a_customer(session, "赵敏").id
    both_hold_one = Barrier(2)
    tries: list[int] = []

    def lock(first: int, second: int) -> None:
        def work(session: Session) -> None:
            tries.append(first)
            customers.lock(session, system("test"), Permission.CUSTOMER_WRITE, first)
            if tries.count(first) == 1:
                both_hold_one.wait(20)
            customers.lock(session, system("test"), Permission.CUSTOMER_WRITE, second)

        retrying.do(work)

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(lock, (one, other), (other, one)))
    assert len(tries) > 2


def test_what_is_no_deadlock_is_not_tried_again(session: Session) -> None:
    tries = []

    def work(_: Session) -> None:
        tries.append(1)
        raise OperationalError("select", {}, Exception("the server has gone away"))

    with pytest.raises(OperationalError):
        retrying.do(work)
    assert len(tries) == 1


def test_a_part_that_fails_leaves_the_rest(session: Session) -> None:
    kept = a_customer(session).id

    def fail(work: Session) -> None:
        with part_of_work(work):
            customers.lock(work, system("test"), Permission.CUSTOMER_WRITE, kept).city = "杭州"
            raise KeyError

    with unit_of_work() as work:
        customers.lock(work, system("test"), Permission.CUSTOMER_WRITE, kept).store_id = None
        work.info["deferred"] = [("default", print, ())]
        with pytest.raises(KeyError):
            fail(work)
        assert len(work.info.pop("deferred")) == 1
    session.rollback()
    assert customers.get(session, system("test"), Permission.CUSTOMER_READ, kept).city is None


def test_what_holds_for_a_transaction_is_looked_up_once_in_it(session: Session) -> None:
    looked: list[int] = []

    def look() -> int:
        looked.append(1)
        return len(looked)

    assert [once(session, "n", look), once(session, "n", look)] == [1, 1]
    forget(session, "n")
    assert once(session, "n", look) == 2
    session.commit()
    assert once(session, "n", look) == 3
