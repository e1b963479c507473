import pytest

from tests.channels.api.client import Till, a_member, a_shop, an_order, level

HERE = {"store_code": "WD01", "staff_userid": "chenjing"}


@pytest.mark.every_database
def test_an_order_moves_stock_points_and_tier_at_once(till: Till) -> None:
    a_shop(till)
    customer = a_member(till)
    taken = till.post("/orders", an_order(**HERE))
    assert taken.status_code == 201
    assert taken.headers["location"] == "/api/v1/orders/DD1"
    assert taken.json()["lines"][0]["article_no"] == "A2031"
    assert level(till) == 8
    assert till.ok("GET", f"/customers/{customer}/points")["held"] == 1980
    assert till.ok("GET", f"/customers/{customer}")["tier"] == "银卡"


def test_the_same_order_again_is_the_first(till: Till) -> None:
    a_shop(till)
    a_member(till)
    first = till.post("/orders", an_order(**HERE))
    again = till.post("/orders", an_order(**HERE))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert level(till) == 8


def test_a_number_with_other_contents_is_a_conflict(till: Till) -> None:
    a_member(till)
    till.ok("POST", "/orders", an_order())
    refused = till.post("/orders", an_order(total_fen=1))
    assert refused.status_code == 409
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["code"] == "order_conflict"
    assert refused.json()["title"] == "该订单号已有另一笔内容不同的订单"


@pytest.mark.every_database
def test_returns_in_parts_take_back_what_one_of_all_would(till: Till) -> None:
    a_shop(till)
    customer = a_member(till)
    till.ok("POST", "/orders", an_order(**HERE))
    part = {"return_no": "TH1", "order_no": "DD1", "items": [{"line": 1, "quantity": 1}]}
    back = till.ok("POST", "/returns", part)
    assert back["refund_fen"] == 90000  # a tenth was taken off the whole
    assert level(till) == 9
    assert till.ok("GET", f"/customers/{customer}/points")["held"] == 1080
    assert till.ok("GET", "/orders/DD1")["lines"][0]["returned"] == 1
    rest = till.ok("POST", "/returns", {"return_no": "TH2", "order_no": "DD1"})
    assert rest["items"] == [{"line": 1, "quantity": 1}, {"line": 2, "quantity": 1}]
    assert rest["refund_fen"] == 108000
    assert level(till) == 10
    assert till.ok("GET", f"/customers/{customer}/points")["held"] == 0
    assert till.ok("GET", "/orders/DD1")["state"] == "returned"
    assert till.ok("GET", f"/customers/{customer}")["tier"] == "普通会员"


def test_a_repeated_return_changes_nothing(till: Till) -> None:
    a_shop(till)
    a_member(till)
    till.ok("POST", "/orders", an_order(**HERE))
    part = {"return_no": "TH1", "order_no": "DD1", "items": [{"line": 1, "quantity": 1}]}
    first = till.post("/returns", part)
    again = till.post("/returns", part)
    assert (first.status_code, again.status_code) == (201, 200)
    assert level(till) == 9
    other = till.post("/returns", {**part, "items": [{"line": 2, "quantity": 1}]})
    assert other.json()["code"] == "return_conflict"


@pytest.mark.parametrize("items", [[{"line": 1, "quantity": 3}], [{"line": 9}]])
def test_more_than_was_bought_does_not_come_back(till: Till, items: list[dict[str, int]]) -> None:
    a_member(till)
    till.ok("POST", "/orders", an_order())
    refused = till.post("/returns", {"return_no": "TH1", "order_no": "DD1", "items": items})
    assert (refused.status_code, refused.json()["code"]) == (422, "too_many_returned")


def test_points_handed_over_come_back_with_the_goods(till: Till) -> None:
    customer = a_member(till)
    given = {"ref": "G1", "customer": {"id": customer}, "points": 500}
    till.ok("POST", "/points", given)
    till.ok("POST", "/orders", an_order(points_spent=500, earns=False))
    assert till.ok("GET", f"/customers/{customer}/points")["available"] == 0
    till.ok("POST", "/returns", {"return_no": "TH1", "order_no": "DD1"})
    assert till.ok("GET", f"/customers/{customer}/points")["available"] == 500


def test_an_order_with_too_few_points_is_not_taken(till: Till) -> None:
    a_member(till)
    refused = till.post("/orders", an_order(points_spent=1))
    assert refused.json() | {"available": 0, "wanted": 1, "status": 409} == refused.json()
    assert till.get("/orders/DD1").status_code == 404


def test_an_exchange_stands_or_falls_as_one(till: Till) -> None:
    a_shop(till)
    a_member(till)
    till.ok("POST", "/orders", an_order(**HERE))
    out = an_order("DD2", lines=[{"product": "A2031", "price_fen": 99000, "size": "L"}])
    body = {
        "exchange_no": "HH1",
        "back": {"order_no": "DD1", "items": [{"line": 1}]},
        "out": {**out, "total_fen": 99000},
    }
    broken = {**body, "back": {"order_no": "DD1", "items": [{"line": 9}]}}
    assert till.post("/exchanges", broken).json()["code"] == "too_many_returned"
    assert till.get("/orders/DD2").status_code == 404
    made = till.ok("POST", "/exchanges", body)
    assert (made["back"]["refund_fen"], made["difference_fen"]) == (90000, 9000)
    assert till.ok("GET", "/exchanges/HH1") == made == till.ok("POST", "/exchanges", body)


def test_a_coupon_is_redeemed_with_the_order_and_comes_back_with_all_of_it(till: Till) -> None:
    customer = a_member(till)
    kind = {"code": "j50", "title": "50元券", "off": "fixed", "amount_fen": 5000}
    till.ok("PUT", "/coupons/kinds/j50", kind)
    issued = till.ok("POST", "/coupons", {"ref": "F1", "customer": {"id": customer}, "kind": "j50"})
    basket = [{"amount_fen": 200000}, {"amount_fen": 20000}]
    asked = {"order_no": "DD1", "coupons": [issued["number"]], "basket": basket}
    assert till.ok("POST", "/coupons/reservations", asked)["off_fen"] == 5000
    till.ok("POST", "/orders", an_order(coupons=[issued["number"]]))
    assert till.ok("GET", f"/customers/{customer}/coupons")["items"] == []
    again = till.post("/orders", an_order("DD2", coupons=[issued["number"]]))
    assert again.json()["code"] == "coupon_unusable"
    till.ok("POST", "/returns", {"return_no": "TH1", "order_no": "DD1"})
    (back,) = till.ok("GET", f"/customers/{customer}/coupons")["items"]
    assert back["number"] == issued["number"]


def test_in_bulk_each_order_stands_or_falls_alone(till: Till) -> None:
    a_shop(till)
    a_member(till)
    unknown = an_order("DD2", customer={"card_no": "none"})
    body = {"items": [an_order("DD1", **HERE), unknown, an_order("DD3", **HERE)]}
    results = till.ok("POST", "/orders/bulk", body)["results"]
    assert [result["status"] for result in results] == [201, 404, 201]
    assert results[1]["problem"]["code"] == "customer_not_found"
    assert level(till) == 6


def test_payments_and_refunds(till: Till) -> None:
    a_member(till)
    till.ok("POST", "/orders", an_order())
    paid = {
        "payment_no": "ZF1", "order_no": "DD1", "method": "wechat", "amount_fen": 198000,
        "paid_at": "2026-11-20T14:03:00+08:00", "reference": "4200001234567890",
    }  # fmt: skip
    assert till.ok("POST", "/payments", paid)["reference"] == "****7890"
    back = {**paid, "payment_no": "TK1", "kind": "refunded"}
    assert (
        till.post("/payments", {**back, "amount_fen": 198001}).json()["code"] == "refund_too_high"
    )
    till.ok("POST", "/payments", back)
    assert len(till.ok("GET", "/payments?order_no=DD1")["items"]) == 2
