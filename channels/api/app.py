"""The REST API: a small app of its own, mounted under /api."""

from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi

from channels.api import (
    coupons,
    customers,
    docs,
    events,
    exchanges,
    orders,
    payments,
    points,
    prices,
    problems,
    products,
    returns,
    staff,
    stock,
    stores,
    webhooks,
)  # fmt: skip
from channels.api.limits import Bounded
from channels.api.problems import Problem

_RESOURCES = (
    orders, returns, exchanges, payments, products, prices, stock, stores, staff, customers,
    points, coupons, events, webhooks,
)  # fmt: skip
_ABOUT = """\
For tills, shops and partners. Docs: docs/api.md. Money is in fen, moments carry an offset.

- **Keys**: `Authorization: Bearer dy_…`, made by `dianyu apikey add`; each opens its scopes only.
- **Once**: with an `Idempotency-Key` a write can be sent again: the first answer comes back, marked
  `Idempotency-Replayed: true`; the same key with another request is a 409.
- **Versions**: answers carry an `ETag`. `If-None-Match` saves reading again, `If-Match` saves
  overwriting what you have not seen.
- **Lists**: `limit` and `cursor`; `next` is the cursor of the next page, null on the last.
- **In bulk**: up to 500 items in one transaction, each of which stands or falls alone.
- **Problems**: RFC 9457, `application/problem+json`; branch on `code`.
"""


def make() -> FastAPI:
    """The ASGI app; the gateway mounts it under /api."""
    made = FastAPI(title="店语 API", version="1", description=_ABOUT, docs_url=None, redoc_url=None)
    v1 = APIRouter(prefix="/v1")
    for resource in _RESOURCES:
        v1.include_router(resource.router)
    made.include_router(v1)
    docs.open_on(made)
    problems.install(made)
    made.add_middleware(Bounded)
    made.openapi = lambda: _document(made)  # type: ignore[method-assign]
    return made


def _document(made: FastAPI) -> dict[str, Any]:
    """The OpenAPI document: every refusal is a problem, none FastAPI's own."""
    if made.openapi_schema is None:
        written = get_openapi(
            title=made.title,
            version=made.version,
            description=made.description,
            routes=made.routes,
            servers=[{"url": "/api"}],
        )
        _with_problems(written)
        made.openapi_schema = written
    return made.openapi_schema


def _with_problems(written: dict[str, Any]) -> None:
    components = written["components"]
    schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    components["schemas"] |= schema.pop("$defs") | {"Problem": schema}
    content = {problems.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    components["responses"] = {"Problem": {"description": "Why not.", "content": content}}
    for path in written["paths"].values():
        for method, operation in path.items():
            responses = operation["responses"]
            responses.pop("422", None)
            responses["default"] = {"$ref": "#/components/responses/Problem"}
            if method == "get":
                responses["304"] = {"description": "You have this version."}
            elif (made := responses.get("201") or responses.get("200")) and method != "delete":
                responses.setdefault("201", {**made, "description": "It is new."})
                responses.setdefault("200", {**made, "description": "It was there before."})
    for unused in ("HTTPValidationError", "ValidationError"):
        components["schemas"].pop(unused, None)
