from typing import Any

import pytest
from sqlmodel import Session, select

from crm_core.audit.models import AuditEntry
from tests.channels.api.client import Till, a_member, a_shop, an_order

WHO = {"phone": "13800138000"}


def an_event(id_: str = "e-1", **more: Any) -> dict[str, Any]:
    data = {"product": "A2031", "page": "/p/A2031"}
    event = {"id": id_, "type": "browse", "at": "2026-11-20T13:59:00+08:00", "customer": WHO}
    return {**event, "data": data, **more}


@pytest.mark.every_database
def test_somebody_is_added_once_and_found_by_any_identity(till: Till) -> None:
    a_shop(till)
    new = {
        "ref": "HY1", "phone": "138 0013 8000", "card_no": "VIP88", "store_code": "WD01",
        "identities": [{"kind": "ecommerce", "account": "tmall", "value": "tb_lin"}],
        "fields": {"name": "林晓月", "birthday": "1992-05-04"}, "assistant_userid": "chenjing",
    }  # fmt: skip
    first = till.post("/customers", new)
    again = till.post("/customers", {**new, "ref": "HY2"})
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"]
    for known_by in ("phone=13800138000", "card_no=VIP88",
                     "kind=ecommerce&account=tmall&value=tb_lin"):  # fmt: skip
        assert till.ok("GET", f"/customers/lookup?{known_by}")["id"] == first.json()["id"]


def test_what_is_personal_leaves_masked(till: Till) -> None:
    a_member(till)
    whole = till.get("/customers/lookup?phone=13800138000")
    listed = till.get("/customers")
    assert whole.json()["name"] == "林**"
    assert whole.json()["phone"] == "138****8000"
    for answer in (whole, listed):
        assert "林晓月" not in answer.text
        assert "13800138000" not in answer.text


def test_who_read_whom_is_kept(till: Till, session: Session) -> None:
    known = a_member(till)
    till.ok("GET", "/customers/lookup?phone=13800138000")
    till.ok("GET", "/customers?limit=1")
    kept = session.exec(select(AuditEntry.action, AuditEntry.subject)).all()
    assert ("customer:read", f"customer:{known}") in kept
    assert ("customer:list", "customers after 0") in kept


def test_identities_of_two_people_are_not_one(till: Till) -> None:
    a_member(till, "13800138000")
    till.ok("POST", "/customers", {"ref": "HY9", "card_no": "VIP1"})
    both = {"ref": "HY10", "phone": "13800138000", "card_no": "VIP1"}
    assert till.post("/customers", both).json()["code"] == "identity_taken"


def test_a_card_and_a_unionid_told_together_make_two_records_one(till: Till) -> None:
    union = {"kind": "unionid", "value": "u1"}
    first = till.ok("POST", "/customers", {"ref": "HY11", "card_no": "VIP2"})
    till.ok("POST", "/customers", {"ref": "HY12", "identities": [union]})
    both = {"ref": "HY13", "card_no": "VIP2", "identities": [union]}
    assert till.ok("POST", "/customers", both)["id"] == first["id"]
    found = till.ok("GET", "/customers/lookup?kind=unionid&value=u1")
    assert found["id"] == first["id"]


def test_a_field_that_cannot_be_is_named_and_nothing_is_kept(till: Till) -> None:
    fields = {"name": "林晓月", "birthday": "1992-02-30"}
    refused = till.post("/customers", {"ref": "HY1", "phone": "13800138000", "fields": fields})
    assert refused.status_code == 422
    assert [fault["pointer"] for fault in refused.json()["errors"]] == ["/fields/birthday"]
    assert till.get("/customers/lookup?phone=13800138000").status_code == 404


def test_fields_are_changed_by_who_has_seen_them(till: Till) -> None:
    known = a_member(till)
    seen = {"if-match": till.get(f"/customers/{known}").headers["etag"]}
    change = {"ref": "GX1", "fields": {"city": "上海"}}
    changed = till.call("PATCH", f"/customers/{known}", json=change, headers=seen)
    assert changed.json()["city"] == "上海"
    assert till.call("PATCH", f"/customers/{known}", json=change, headers=seen).status_code == 412


def test_the_till_asks_what_a_level_brings(till: Till) -> None:
    known = a_member(till)
    till.ok("POST", "/orders", an_order())
    rights = till.ok("GET", f"/customers/{known}/rights")
    assert (rights["level"], rights["discount_percent"]) == ("银卡", 90)


def test_points_are_listed_in_the_order_they_came(till: Till) -> None:
    known = a_member(till)
    for number in range(3):
        given = {"ref": f"G{number}", "customer": WHO, "points": 5}
        till.ok("POST", "/points", given)
    page = till.ok("GET", f"/customers/{known}/points/entries?limit=2")
    assert [entry["ref"] for entry in page["items"]] == ["api:G0", "api:G1"]
    rest = till.ok("GET", f"/customers/{known}/points/entries?cursor={page['next']}")
    assert [entry["ref"] for entry in rest["items"]] == ["api:G2"]


def test_in_bulk_points_and_customers_stand_or_fall_alone(till: Till) -> None:
    members = [{"ref": f"HY{n}", "phone": f"1380013800{n}"} for n in range(3)]
    broken = {"ref": "HYx", "phone": "12"}
    results = till.ok("POST", "/customers/bulk", {"items": [*members, broken]})["results"]
    assert [result["status"] for result in results] == [201, 201, 201, 422]
    moves = [{"ref": "G1", "customer": {"phone": x["phone"]}, "points": 9} for x in members]
    spent = {"ref": "S1", "customer": {"phone": members[0]["phone"]}, "points": -10}
    results = till.ok("POST", "/points/bulk", {"items": [*moves, spent]})["results"]
    assert [result["status"] for result in results] == [201, 201, 201, 409]


def test_an_event_is_written_once(till: Till) -> None:
    a_member(till)
    statuses = [till.post("/events", an_event()).status_code for _ in range(2)]
    assert statuses == [201, 200]


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"type": "teleport"}, "unknown_event"),
        ({"data": {"product": 5}}, "bad_event"),
        ({"at": "2999-01-01T00:00:00Z"}, "invalid_request"),
        ({"customer": {"card_no": "none"}}, "customer_not_found"),
    ],
)
def test_an_event_that_is_none_is_refused_with_the_reason(
    till: Till, more: dict[str, Any], code: str
) -> None:
    a_member(till)
    refused = till.post("/events", an_event(**more)).json()
    assert refused["code"] == code
    if code == "bad_event":
        assert refused["pointer"]
        assert refused["reason"]


def test_every_type_of_event_has_a_schema(till: Till) -> None:
    schemas = till.ok("GET", "/events/schemas")["schemas"]
    assert {"browse", "dwell", "favourite", "cart", "fitting", "delivery"} == set(schemas)


def test_webhooks_are_added_seen_and_removed(till: Till) -> None:
    url = "https://partner.example.com/x"
    added = till.ok("POST", "/webhooks", {"url": url, "events": ["order.taken"]})
    assert added["secret"].startswith("whsec_")
    assert "secret" not in till.ok("GET", "/webhooks")["items"][0]
    a_member(till)
    till.ok("POST", "/orders", an_order())
    (delivery,) = till.ok("GET", "/webhooks/deliveries")["items"]
    assert delivery["data"]["order_no"] == "DD1"
    again = till.ok("POST", f"/webhooks/deliveries/{delivery['id']}/replay")
    assert again["state"] == "pending"
    till.ok("DELETE", f"/webhooks/{added['id']}")
    till.ok("POST", "/orders", an_order("DD2"))
    assert len(till.ok("GET", "/webhooks/deliveries")["items"]) == 1
