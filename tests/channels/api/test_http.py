import pytest

from crm_core import db
from crm_core.apikeys import service as apikeys
from crm_core.authz import system
from crm_core.db import unit_of_work
from tests.channels.api.client import Till, a_key, a_member, a_shop, a_till, an_order


@pytest.mark.parametrize("key", ["", "Bearer x", "Bearer dy_00000000_x", "Basic dTpw"])
def test_without_a_key_nothing_opens(till: Till, key: str) -> None:
    refused = till.get("/orders", headers={"authorization": key})
    assert (refused.status_code, refused.json()["code"]) == (401, "unauthenticated")
    assert refused.headers["www-authenticate"] == "Bearer"


def test_a_revoked_key_opens_nothing(till: Till) -> None:
    text = a_key("order:read")
    theirs = {"authorization": f"Bearer {text}"}
    assert till.get("/orders", headers=theirs).status_code == 200
    with unit_of_work() as session:
        apikeys.revoke(session, system("test"), text[: len("dy_00000000")])
    assert till.get("/orders", headers=theirs).status_code == 401


def test_a_key_does_what_its_scopes_say_and_nothing_else(till: Till) -> None:
    a_member(till)
    with a_till("order:write") as narrow:
        assert narrow.post("/orders", an_order()).status_code == 201  # points follow all the same
        for path in ("/orders", "/customers", "/staff", "/stock", "/webhooks", "/payments"):
            assert narrow.get(path).status_code == 403
        given = {"ref": "G1", "customer": {"phone": "13800138000"}, "points": 5}
        assert narrow.post("/points", given).json()["code"] == "forbidden"
        assert narrow.put("/stores/X", {"name": "x"}).status_code == 403


def test_pages_hold_every_row_once(till: Till) -> None:
    a_member(till)
    till.ok("POST", "/orders/bulk", {"items": [an_order(f"DD{n}") for n in range(7)]})
    seen, cursor = [], ""
    while True:
        page = till.ok("GET", f"/orders?limit=3{cursor}")
        seen += [order["order_no"] for order in page["items"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert seen == [f"DD{n}" for n in range(7)]


def test_who_cannot_write_now_is_told_to_come_again(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_member(till)
    monkeypatch.setattr(db, "_BUSY_SECONDS", 0.05)
    with unit_of_work():
        refused = till.post("/orders", an_order())
    assert (refused.status_code, refused.json()["code"]) == (503, "busy")
    assert refused.headers["retry-after"] == "1"
    assert till.post("/orders", an_order()).status_code == 201


@pytest.mark.parametrize("cursor", ["x", "YWZ0ZXI6eA", "%00", "Ym9keQ"])
def test_a_cursor_of_ones_own_making_is_refused(till: Till, cursor: str) -> None:
    assert till.get(f"/orders?cursor={cursor}").json()["code"] == "bad_cursor"


def test_what_has_not_changed_is_not_sent_again(till: Till) -> None:
    a_shop(till)
    first = till.get("/products/A2031")
    again = till.get("/products/A2031", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_nobody_overwrites_what_they_have_not_seen(till: Till) -> None:
    a_shop(till)
    seen = till.get("/stores/WD01").headers["etag"]
    name = {"name": "万达旗舰店"}
    assert till.put("/stores/WD01", name, headers={"if-match": seen}).status_code == 200
    late = till.put("/stores/WD01", {"name": "万达二店"}, headers={"if-match": seen})
    assert (late.status_code, late.json()["code"]) == (412, "precondition_failed")
    there = till.put("/stores/WD01", name, headers={"if-none-match": "*"})
    assert there.status_code == 412
    assert till.put("/stores/WD02", {"name": "二店"}, headers={"if-none-match": "*"}).is_success


def test_a_change_in_part_says_what_was_seen(till: Till) -> None:
    a_member(till)
    till.ok("POST", "/orders", an_order())
    moved = {"state": "shipped"}
    assert till.call("PATCH", "/orders/DD1", json=moved).status_code == 428
    headers = {"if-match": till.get("/orders/DD1").headers["etag"]}
    assert till.call("PATCH", "/orders/DD1", json=moved, headers=headers).is_success
    assert till.call("PATCH", "/orders/DD1", json=moved, headers=headers).status_code == 412
    headers = {"if-match": till.get("/orders/DD1").headers["etag"]}
    back = till.call("PATCH", "/orders/DD1", json={"state": "paid"}, headers=headers)
    assert back.json()["code"] == "wrong_order_state"


def test_a_malformed_request_says_where_and_not_what(till: Till) -> None:
    lines = [{"product": "A", "price_fen": -5}]
    refused = till.post(
        "/orders", an_order(lines=lines, customer={"phone": "13800138000", "id": 1})
    )
    pointers = {fault["pointer"] for fault in refused.json()["errors"]}
    assert refused.status_code == 422
    assert pointers == {"/lines/0/price_fen", "/customer"}
    assert "13800138000" not in refused.text


def test_a_body_beyond_reason_is_not_read(till: Till) -> None:
    url = "/api/v1/orders"
    huge = till.http.post(url, content=b"x" * (5 * 1024 * 1024))
    assert (huge.status_code, huge.json()["code"]) == (413, "content_too_large")


def test_the_pages_need_nothing_from_elsewhere(till: Till) -> None:
    page = till.http.get("/api/docs")
    assert "http://" not in page.text
    assert "https://" not in page.text
    for asset in ("swagger-ui-bundle.js", "swagger-ui.css", "favicon.png"):
        assert f"/api/docs/static/{asset}" in page.text
        assert till.http.get(f"/api/docs/static/{asset}").status_code == 200
    assert till.http.get("/api/openapi.json").json() == till.document
    assert till.http.get("/api/problems/order_conflict").json()["title"].startswith("该订单号")


def test_an_unknown_address_is_a_problem_too(till: Till) -> None:
    lost = till.http.get("/api/v1/nothing")
    assert (lost.status_code, lost.json()["code"]) == (404, "not_found")
