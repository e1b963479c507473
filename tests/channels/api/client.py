"""A till: calls the API over a real socket, and holds every answer to the OpenAPI document."""

import itertools
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
from fastapi import FastAPI
from jsonschema import Draft202012Validator

from channels.api import app as api
from crm_core.apikeys import service as apikeys
from crm_core.authz import Permission, system
from crm_core.db import unit_of_work
from tests.serving import served

Json = dict[str, Any]
_refs = itertools.count(1)


@dataclass
class Till:
    """Answers that do not fit the document fail the test that asked."""

    http: httpx.Client
    document: Json
    seen: set[tuple[str, str]] = field(default_factory=set)

    def call(self, method: str, path: str, **request: Any) -> httpx.Response:
        answer = self.http.request(method, f"/api/v1{path}", **request)
        self._check(method.lower(), answer)
        return answer

    def get(self, path: str, **request: Any) -> httpx.Response:
        return self.call("GET", path, **request)

    def post(self, path: str, body: Json | None = None, **request: Any) -> httpx.Response:
        return self.call("POST", path, json=body or {}, **request)

    def put(self, path: str, body: Json, **request: Any) -> httpx.Response:
        return self.call("PUT", path, json=body, **request)

    def ok(self, method: str, path: str, body: Json | None = None, **request: Any) -> Json:
        answer = self.call(method, path, json=body, **request)
        assert answer.is_success, answer.text
        said: Json = answer.json()
        return said

    def _check(self, method: str, answer: httpx.Response) -> None:
        path = answer.request.url.path.removeprefix("/api")
        template = next(t for t in sorted(self.document["paths"]) if _fits(t, path, method, self))
        self.seen.add((method, template))
        responses = self.document["paths"][template][method]["responses"]
        expected = responses.get(str(answer.status_code))
        if expected is None:
            assert answer.is_error, f"{answer.status_code} is not documented"
            expected = self.document["components"]["responses"]["Problem"]
        if "content" not in expected:
            assert answer.content == b""
            return
        media = answer.headers["content-type"]
        schema = {**expected["content"][media]["schema"], "components": self.document["components"]}
        Draft202012Validator(schema).validate(answer.json())


def _fits(template: str, path: str, method: str, till: Till) -> bool:
    """Fixed parts go before parameters, as in the routes."""
    if method not in till.document["paths"][template]:
        return False
    exact = template if "{" not in template else None
    if exact is not None:
        return exact == path
    taken = path in till.document["paths"] and method in till.document["paths"][path]
    return not taken and bool(re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", template), path))


def a_key(*scopes: str) -> str:
    """The text of a new key; without scopes named, it may do everything."""
    with unit_of_work() as session:
        named = scopes or tuple(Permission)
        return apikeys.issue(session, system("test"), "收银机", named).text


@contextmanager
def a_till(*scopes: str) -> Iterator[Till]:
    root = FastAPI()
    made = api.make()
    root.mount("/api", made)
    with served(root) as url:
        headers = {"authorization": f"Bearer {a_key(*scopes)}"}
        with httpx.Client(base_url=url, headers=headers, timeout=30) as http:
            yield Till(http, made.openapi())


def a_member(till: Till, phone: str = "13800138000") -> int:
    body = {"ref": f"HY{next(_refs)}", "phone": phone, "fields": {"name": "林晓月"}}
    known: int = till.ok("POST", "/customers", body)["id"]
    return known


def an_order(order_no: str = "DD1", **more: Any) -> Json:
    """Two coats and a scarf, paid with a discount of a tenth by the customer of `a_member`."""
    return {
        "order_no": order_no,
        "customer": {"phone": "13800138000"},
        "paid_at": "2026-11-20T14:03:00+08:00",
        "lines": [
            {"product": "A2031", "price_fen": 100000, "quantity": 2, "size": "M", "color": "驼色"},
            {"product": "丝巾", "price_fen": 20000, "category": "配饰"},
        ],
        "total_fen": 198000,
        **more,
    }


def a_shop(till: Till) -> None:
    """A shop with a coat, ten of which lie there."""
    till.ok("PUT", "/stores/WD01", {"name": "万达店"})
    till.ok("PUT", "/staff/chenjing", {"name": "陈静", "role": "assistant", "store_code": "WD01"})
    coat = {"name": "羊毛大衣", "category": "大衣", "sizes": ["M"], "price_fen": 120000}
    till.ok("PUT", "/products/A2031", coat)
    counted = {"article_no": "A2031", "store_code": "WD01", "size": "M", "color": "驼色"}
    till.ok("POST", "/stock", {"ref": "PD1", "counted": 10, **counted})


def level(till: Till) -> int:
    """How many coats lie in the shop."""
    (found,) = till.ok("GET", "/stock?article_no=A2031&store_code=WD01")["items"]
    quantity: int = found["quantity"]
    return quantity
