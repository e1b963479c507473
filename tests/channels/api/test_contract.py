"""Whatever is sent, the answer is one that the document knows, and never a bug."""

import json
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest

from tests.channels.api.client import Json, Till, a_member, a_shop, an_order
from tests.databases import Database

UNSTORABLE: list[Any] = ["\0", 2**31, "x" * 5000]  # databases differ in these
ODD: list[Any] = [*UNSTORABLE, None, {}, 10**30, "\ud800", "2026-11-20T14:03:00"]
EXAMPLES: dict[tuple[str, str], Json] = {
    ("POST", "/orders"): an_order("DD2", store_code="WD01", staff_userid="chenjing"),
    ("POST", "/returns"): {"return_no": "TH1", "order_no": "DD1", "items": [{"line": 1}]},
    ("POST", "/exchanges"): {
        "exchange_no": "HH1", "back": {"order_no": "DD1", "items": [{"line": 2}]},
        "out": an_order("DD3"),
    },
    ("POST", "/payments"): {
        "payment_no": "ZF1", "order_no": "DD1", "method": "cash", "amount_fen": 5,
        "paid_at": "2026-11-20T14:03:00+08:00", "reference": "42",
    },
    ("PUT", "/products/A1"): {"name": "裙", "category": "连衣裙", "price_fen": 1, "sizes": ["M"]},
    ("PUT", "/prices/P1"): {
        "article_no": "A2031", "price_fen": 5, "starts_at": "2026-11-20T14:03:00+08:00",
        "ends_at": "2026-12-20T14:03:00+08:00", "store_code": "WD01",
    },
    ("PUT", "/stores/S9"): {"name": "新店", "address": "路", "hours": "10-22", "phone": "1"},
    ("PUT", "/staff/new"): {"name": "新人", "role": "manager", "store_code": "WD01"},
    ("POST", "/stock"): {"ref": "N1", "article_no": "A2031", "received": 5, "size": "S"},
    ("POST", "/customers"): {
        "ref": "H1", "phone": "13900139000", "card_no": "V1", "fields": {"city": "上海"},
    },
    ("POST", "/points"): {"ref": "G1", "customer": {"phone": "13800138000"}, "points": 5},
    ("PUT", "/coupons/kinds/k9"): {
        "code": "k9", "title": "券", "off": "threshold", "amount_fen": 5, "threshold_fen": 9,
        "valid_from": "2026-11-20T14:03:00+08:00", "stock": 5,
    },
    ("POST", "/coupons"): {"ref": "F1", "customer": {"phone": "13800138000"}, "kind": "k9"},
    ("POST", "/coupons/reservations"): {
        "order_no": "DD9", "coupons": ["1"], "basket": [{"amount_fen": 5}],
    },
    ("POST", "/events"): {
        "id": "e1", "type": "cart", "at": "2026-11-20T14:03:00+08:00",
        "customer": {"phone": "13800138000"}, "data": {"product": "A", "action": "add"},
    },
    ("POST", "/webhooks"): {"url": "https://a.example.com/x", "events": ["order.taken"]},
}  # fmt: skip


def spoiled(body: Json, odd_ones: list[Any]) -> Iterator[Json]:
    """The body with one value gone or odd, at every depth."""
    for name, value in body.items():
        yield {key: kept for key, kept in body.items() if key != name}
        for odd in odd_ones:
            yield {**body, name: odd}
        inner = value[0] if isinstance(value, list) and value else value
        if isinstance(inner, dict):
            for part in spoiled(inner, odd_ones):
                yield {**body, name: [part] if isinstance(value, list) else part}


@pytest.mark.every_database
def test_nothing_that_is_sent_is_answered_by_a_bug(till: Till, database: Database) -> None:
    a_shop(till)
    a_member(till)
    till.ok("POST", "/orders", an_order())
    headers = {"content-type": "application/json"}
    odd_ones = ODD if database.name == "sqlite" else UNSTORABLE
    for (method, path), example in EXAMPLES.items():
        for body in spoiled(example, odd_ones):
            answer = till.call(method, path, content=json.dumps(body), headers=headers)
            assert answer.status_code < 500, (path, body)


@pytest.mark.every_database
def test_nothing_that_is_asked_for_is_answered_by_a_bug(till: Till) -> None:
    named = [t for t, methods in till.document["paths"].items() if "{" in t and "get" in methods]
    for template, odd in product(named, ["%00", "%F0%9F%98%80", "x" * 500, "..%2F", "9" * 40]):
        start, _, rest = template.partition("{")
        asked = till.http.get(f"/api{start}{odd}{rest.partition('}')[2]}")
        assert asked.status_code < 500, template


def test_every_route_answers_as_documented_to_nothing_at_all(till: Till) -> None:
    for template, methods in till.document["paths"].items():
        for method in methods:
            path = template.removeprefix("/v1").replace("{", "").replace("}", "")
            answer = till.call(method.upper(), path, json={})
            assert answer.status_code < 500, f"{method} {template}"
