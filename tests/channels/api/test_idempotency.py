from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest

from crm_core import clock
from crm_core.idempotency import service as idempotency
from tests.channels.api.client import Json, Till, a_key, a_member, an_order

KEY = {"idempotency-key": "k-1"}


def give(
    till: Till,
    customer: int,
    headers: dict[str, str] | None = None,
    *,
    points: int = 5,
    ref: str = "G1",
) -> Json:
    body = {"ref": ref, "customer": {"id": customer}, "points": points}
    answer = till.post("/points", body, headers=headers)
    return {"status": answer.status_code, "replayed": answer.headers.get("idempotency-replayed"),
            "body": answer.json()}  # fmt: skip


def test_the_same_key_and_body_get_the_first_answer(till: Till) -> None:
    customer = a_member(till)
    first, again = (give(till, customer, KEY) for _ in range(2))
    assert (first["replayed"], again["replayed"]) == (None, "true")
    assert (first["status"], first["body"]) == (again["status"], again["body"])


def test_the_same_key_with_another_body_is_a_conflict(till: Till) -> None:
    customer = a_member(till)
    give(till, customer, KEY)
    other = give(till, customer, KEY, points=6)
    assert (other["status"], other["body"]["code"]) == (409, "idempotency_key_reused")
    assert till.ok("GET", f"/customers/{customer}/points")["available"] == 5


def test_a_problem_is_an_answer_like_others(till: Till) -> None:
    customer = a_member(till)
    refused = give(till, customer, KEY, points=-5)
    assert refused["body"]["code"] == "insufficient_points"
    give(till, customer, points=100, ref="G2")
    assert give(till, customer, KEY, points=-5)["body"] == refused["body"]
    assert give(till, customer, {"idempotency-key": "k-2"}, points=-5)["status"] == 201


def test_keys_of_two_callers_are_two(till: Till) -> None:
    customer = a_member(till)
    give(till, customer, KEY)
    other = {"authorization": f"Bearer {a_key()}"}
    assert give(till, customer, KEY | other, ref="G2")["replayed"] is None


@pytest.mark.every_database
def test_of_many_at_once_one_does_it_and_all_get_its_answer(till: Till) -> None:
    customer = a_member(till)
    begin = Barrier(16)
    pairs = {"idempotency-key": "k-many"}

    def send(_: int) -> Json:
        begin.wait()
        return give(till, customer, pairs, points=7)

    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(send, range(16)))
    assert {answer["status"] for answer in answers} == {201}
    assert len({answer["body"]["id"] for answer in answers}) == 1
    assert [answer["replayed"] for answer in answers].count(None) == 1
    assert till.ok("GET", f"/customers/{customer}/points")["available"] == 7


@pytest.mark.every_database
def test_many_orders_at_once_lose_nothing(till: Till) -> None:
    customer = a_member(till)
    begin = Barrier(16)

    def send(number: int) -> int:
        begin.wait()
        return till.post("/orders", an_order(f"DD{number}")).status_code

    with ThreadPoolExecutor(16) as threads:
        assert set(threads.map(send, range(16))) == {201}
    assert till.ok("GET", f"/customers/{customer}/points")["held"] == 16 * 1980


def test_answers_are_forgotten_when_nobody_asks_any_more(till: Till) -> None:
    customer = a_member(till)
    give(till, customer, KEY)
    clock.set_to(clock.now() + idempotency.KEPT + timedelta(minutes=1))
    idempotency.forget_old()
    assert give(till, customer, KEY)["replayed"] is None
