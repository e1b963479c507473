from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import Session

from actions.lookups import LookupCustomer, LookupLastPurchase, LookupPoints
from crm_core.authz import Role, system
from crm_core.clock import now, set_to
from crm_core.customers.models import Customer
from crm_core.orders.returning import NewReturn
from crm_core.orders.service import NewLine, NewOrder
from crm_core.points import service as points
from crm_core.points.models import Cause
from crm_core.preferences import service as preferences
from crm_core.preferences.models import PreferenceKind
from crm_core.sales import service as sales
from crm_core.staff.models import Staff
from crm_core.tickets import service as tickets
from tests.actions.talk import Said, a_message, say
from tests.factories import a_customer, a_staff, a_store

US = system("test")
COAT = NewLine("羊毛双面呢大衣", 1599_00, size="M", color="驼色", category="大衣")
SHIRT = NewLine("真丝衬衫", 499_50, quantity=2, size="均码", color="米白", category="衬衫")


@pytest.fixture(autouse=True)
def _in_spring() -> None:
    set_to(datetime(2026, 3, 12, 4, 0, tzinfo=UTC))


@pytest.fixture
def assistant(session: Session) -> Staff:
    return a_staff(session, store=a_store(session))


@pytest.fixture
def customer(session: Session, assistant: Staff) -> Customer:
    return a_customer(session, "王晓梅", phone="+8613812345678", assistant=assistant)


def buy(
    session: Session, customer: Customer, *lines: NewLine, days: int, online: bool = False
) -> str:
    number = f"DD{days}{len(lines)}"
    store = None if online else customer.store_id
    new = NewOrder(customer.id, now() - timedelta(days=days), lines, store_id=store)
    sales.record_sale(session, US, new, ref=number)
    session.commit()
    return number


def asked(session: Session, assistant: Staff, action: Any, **entities: str) -> Said:
    message = a_message(session, assistant)
    return say(action, message, entities={"customer_name": "王女士", **entities})


class TestOneScreen:
    def test_says_who_it_is_what_fits_and_what_to_mind(
        self, session: Session, assistant: Staff, customer: Customer
    ) -> None:
        buy(session, customer, COAT, days=11)
        buy(session, customer, SHIRT, days=40)
        for days in (100, 120):
            number = buy(session, customer, COAT, days=days)
            sales.record_return(session, US, NewReturn(number), ref=f"back{days}")
        told = {
            (PreferenceKind.SIZE, ""): "M",
            (PreferenceKind.SIZE, "牛仔裤"): "27",
            (PreferenceKind.STYLE, "法式"): "法式",
            (PreferenceKind.TAG, "怕冷"): "怕冷",
            (PreferenceKind.NOTE, "1"): "不要打电话",
        }
        preferences.change(session, US, customer.id, told, ref="p1")
        tickets.open_(session, US, customer.id, tickets.Case("大衣起球"), ref="t1")
        customer.birthday = "1992-05-04"
        session.add(customer)
        session.commit()
        said = asked(session, assistant, LookupCustomer).only
        assert said["who"] == "王晓梅 尾号5678"
        assert said["birthday"] == "，生日5月4日"
        assert said["sizes"] == "M，牛仔裤 27"
        assert said["styles"] == "法式"
        assert said["purchases"] == (
            "\n· 3月1日 羊毛双面呢大衣，M码，驼色，1,599元"
            "\n· 1月31日 真丝衬衫，均码，米白，2件，499.50元"
        )
        assert said["mind"] == "有质量投诉待受理；近一年退货 2 次；怕冷；不要打电话"

    def test_says_that_nothing_is_known(
        self, session: Session, assistant: Staff, customer: Customer
    ) -> None:
        said = asked(session, assistant, LookupCustomer).only
        assert (said["sizes"], said["styles"], said["purchases"]) == ("没有记录",) * 3
        assert (said["tier"], said["points"], said["mind"]) == ("普通会员", 0, "没有特别的")

    def test_a_settled_complaint_is_not_minded(
        self, session: Session, assistant: Staff, customer: Customer
    ) -> None:
        ticket = tickets.open_(session, US, customer.id, tickets.Case("大衣起球"), ref="t1")
        ticket.state = type(ticket.state)("已关闭")
        session.commit()
        assert asked(session, assistant, LookupCustomer).only["mind"] == "没有特别的"

    def test_asks_whom(self, session: Session, assistant: Staff) -> None:
        said = say(LookupCustomer, a_message(session, assistant))
        assert said.names == ["utter_which_customer"]

    def test_not_for_marketers(self, session: Session) -> None:
        marketer = a_staff(session, role=Role.MARKETER)
        said = say(LookupCustomer, a_message(session, marketer))
        assert said.names == ["utter_error_forbidden"]


class TestLastPurchase:
    def test_of_a_category(self, session: Session, assistant: Staff, customer: Customer) -> None:
        buy(session, customer, COAT, days=11)
        buy(session, customer, SHIRT, days=2)
        said = asked(session, assistant, LookupLastPurchase, category="大衣").only
        assert said["response"] == "utter_last_purchase"
        assert (said["name"], said["day"], said["where"]) == ("王晓梅", "3月1日", "万达店")
        assert said["items"] == "羊毛双面呢大衣，M码，驼色，1,599元"

    def test_the_whole_last_order(
        self, session: Session, assistant: Staff, customer: Customer
    ) -> None:
        buy(session, customer, COAT, SHIRT, days=2, online=True)
        buy(session, customer, COAT, days=90)
        said = asked(session, assistant, LookupLastPurchase).only
        assert (said["day"], said["where"]) == ("3月10日", "网上")
        assert said["items"].count("；") == 1

    @pytest.mark.parametrize(
        "entities",
        [
            {"product": "双面呢"},
            {"color": "驼色"},
            {"category": "双面呢大衣"},
            {"time": "2026-03-01"},
        ],
    )
    def test_of_a_product_a_colour_a_time(
        self, session: Session, assistant: Staff, customer: Customer, entities: dict[str, str]
    ) -> None:
        buy(session, customer, COAT, days=11)
        buy(session, customer, SHIRT, days=2)
        said = asked(session, assistant, LookupLastPurchase, **entities).only
        assert said["items"].startswith("羊毛双面呢大衣")

    @pytest.mark.parametrize(
        ("entities", "what"),
        [({"category": "风衣"}, "风衣"), ({"time": "2024-01-01"}, "那时候的东西")],
    )
    def test_of_what_was_never_bought_says_so_and_tells_the_last(
        self,
        session: Session,
        assistant: Staff,
        customer: Customer,
        entities: dict[str, str],
        what: str,
    ) -> None:
        buy(session, customer, COAT, days=11)
        said = asked(session, assistant, LookupLastPurchase, **entities).only
        assert (said["response"], said["what"]) == ("utter_other_purchase", what)
        assert "羊毛双面呢大衣" in said["items"]

    def test_nothing_was_ever_bought(
        self, session: Session, assistant: Staff, customer: Customer
    ) -> None:
        said = asked(session, assistant, LookupLastPurchase, category="大衣")
        assert said.names == ["utter_no_purchases"]

    def test_a_pick_goes_on_with_the_question(
        self, session: Session, assistant: Staff, customer: Customer
    ) -> None:
        a_customer(session, "王芳", assistant=assistant)
        buy(session, customer, SHIRT, days=2)
        buy(session, customer, COAT, days=11)
        listed = asked(session, assistant, LookupLastPurchase, category="大衣")
        assert listed.names == ["utter_which_of_them"]
        picked = listed.slots["options"][0]["slots"]
        said = say(
            LookupLastPurchase, a_message(session, assistant), intent="select_option", slots=picked
        )
        assert "大衣" in said.only["items"]
        assert said.slots["purchase_wanted"] is None


def test_points_are_explained(session: Session, assistant: Staff, customer: Customer) -> None:
    points.earn(session, US, customer.id, points.Lot(320, Cause.VOTE), ref="v1")
    session.commit()
    said = say(LookupPoints, a_message(session, assistant), slots={"customer_id": customer.id})
    assert (said.only["name"], said.only["available"]) == ("王晓梅", 320)
    assert "+320 搭配投票" in said.only["latest"]
