from datetime import UTC, datetime
from typing import Any

import pytest
from sqlmodel import Session, select

from actions.try_on import (
    AskTriedProduct,
    AskTryOnConfirm,
    AskWhoTried,
    LogTryOn,
    TryOnForm,
)
from actions.try_on_words import reason
from crm_core.authz import Role
from crm_core.catalog.models import Product
from crm_core.clock import set_to
from crm_core.customers.models import Customer
from crm_core.follow_ups.models import FollowUp, TryOn
from crm_core.staff.models import Staff
from tests.actions.talk import Said, a_message, say
from tests.factories import a_customer, a_staff, a_store

FORM = "try_on_form"


@pytest.fixture(autouse=True)
def _in_spring() -> None:
    set_to(datetime(2026, 3, 12, 4, 0, tzinfo=UTC))


@pytest.fixture
def assistant(session: Session) -> Staff:
    return a_staff(session, store=a_store(session))


@pytest.fixture
def customer(session: Session, assistant: Staff) -> Customer:
    return a_customer(session, "李娟", phone="+8613812345678", assistant=assistant)


def told(
    session: Session,
    who: Staff,
    text: str,
    intent: str = "log_tryon",
    *,
    slots: dict[str, Any] | None = None,
    asked: str | None = None,
    **entities: Any,
) -> Said:
    """One message to the form; `asked` is the slot it asked for."""
    given = dict(slots or {}) | ({"requested_slot": asked} if asked else {})
    return say(
        TryOnForm, a_message(session, who), text=text, intent=intent, slots=given,
        entities=entities, form=FORM if asked else None,
    )  # fmt: skip


WHOLE: dict[str, Any] = {
    "text": "李姐试了羊毛大衣M没买，嫌贵",
    "customer_name": "李姐",
    "product": "羊毛大衣",
    "size": "M",
}


class TestOneSentence:
    def test_leaves_nothing_but_the_confirmation(
        self, session: Session, assistant: Staff, customer: Customer
    ) -> None:
        said = told(session, assistant, **WHOLE)
        assert said.slots == {
            "tried_by": customer.id,
            "tried_product": "羊毛大衣",
            "tried_size": "M",
            "tried_reason": "嫌贵",
            "tried_confirm": None,
        }
        asks = say(AskTryOnConfirm, a_message(session, assistant), slots=said.slots, form=FORM)
        assert asks.only["who"] == "李娟 尾号5678"
        assert asks.only["what"] == "试穿羊毛大衣 M码没买，嫌贵"
        assert asks.only["day"] == "3月15日"

    def test_is_written_down_once_when_confirmed(
        self, session: Session, assistant: Staff, customer: Customer
    ) -> None:
        slots = told(session, assistant, **WHOLE).slots
        yes = told(session, assistant, "对", "affirm", slots=slots, asked="tried_confirm")
        assert yes.slots == {"tried_confirm": True}
        message = a_message(session, assistant)
        for _ in range(2):
            done = say(LogTryOn, message, slots=slots | yes.slots)
            assert done.only["day"] == "3月15日"
        assert done.slots["undo"]["what"] == "follow_ups"
        assert done.slots["customer_id"] == customer.id
        session.rollback()
        assert session.exec(select(TryOn)).one().reason == "嫌贵"
        assert session.exec(select(FollowUp)).one().customer_id == customer.id

    def test_changes_nothing_when_denied(
        self, session: Session, assistant: Staff, customer: Customer
    ) -> None:
        slots = told(session, assistant, **WHOLE).slots
        no = told(session, assistant, "不对", "deny", slots=slots, asked="tried_confirm")
        done = say(LogTryOn, a_message(session, assistant), slots=slots | no.slots)
        assert done.names == ["utter_cancelled"]
        assert session.exec(select(TryOn)).all() == []

    def test_can_be_corrected_at_the_confirmation(
        self, session: Session, assistant: Staff, customer: Customer
    ) -> None:
        slots = told(session, assistant, **WHOLE).slots
        said = told(
            session, assistant, "不对，是L码", "deny", slots=slots, asked="tried_confirm", size="L"
        )
        assert said.slots == {"tried_size": "L", "tried_confirm": None}

    def test_another_question_meanwhile_is_not_an_answer(
        self, session: Session, assistant: Staff, customer: Customer
    ) -> None:
        slots = told(session, assistant, **WHOLE).slots
        said = told(
            session, assistant, "她积分多少", "lookup_points", slots=slots, asked="tried_confirm"
        )
        assert said.events == []
        unsure = told(session, assistant, "嗯？", "chitchat", slots=slots, asked="tried_confirm")
        assert unsure.events == []


class TestStepByStep:
    def test_a_bare_wish_asks_for_all(
        self, session: Session, assistant: Staff, customer: Customer
    ) -> None:
        assert set(told(session, assistant, "登记试穿").slots.values()) == {None}
        asks = say(AskWhoTried, a_message(session, assistant), form=FORM)
        assert (asks.names, asks.then) == (["utter_which_customer"], None)
        who = told(
            session, assistant, "李姐", "lookup_customer", asked="tried_by", customer_name="李姐"
        )
        assert who.slots == {"tried_by": customer.id}
        what = say(AskTriedProduct, a_message(session, assistant), slots=who.slots, form=FORM)
        assert what.only["who"] == "李娟 尾号5678"

    def test_a_quick_reply_opens_it_too(self, session: Session, assistant: Staff) -> None:
        said = told(session, assistant, "第2个", "select_option", slots={"tried_product": "旧的"})
        assert said.slots["tried_product"] is None

    def test_goods_by_name_kind_or_words(self, session: Session, assistant: Staff) -> None:
        def answered(text: str, intent: str = "nlu_fallback", **entities: Any) -> Any:
            said = told(session, assistant, text, intent, asked="tried_product", **entities)
            return said.slots.get("tried_product")

        assert answered("A2031", product="羊毛大衣", color="驼色") == "驼色羊毛大衣"
        assert answered("法式连衣裙", "lookup_customer", category="连衣裙", style="法式") == (
            "法式连衣裙"
        )
        assert answered("真丝衬衫", category="衬衫") == "真丝衬衫"
        assert answered("就是那件双面呢大衣", category="大衣") == "双面呢大衣"
        assert answered("驼色那件", color="驼色") == "驼色那款"
        assert answered("廓形的那件") == "廓形的那件"
        assert answered("长" * 61) is None
        asks = "她上次买的那件驼色大衣是什么码"
        assert answered(asks, "lookup_last_purchase", category="大衣", color="驼色") is None

    @pytest.mark.parametrize(
        ("text", "entities", "size"),
        [("M码", {"size": "M"}, "M"), ("没留意", {}, ""), ("不知道", {}, "")],
    )
    @pytest.mark.parametrize("intent", ["nlu_fallback", "deny"])
    def test_the_size_may_be_unknown(
        self,
        session: Session,
        assistant: Staff,
        text: str,
        entities: dict[str, Any],
        size: str,
        intent: str,
    ) -> None:
        said = told(session, assistant, text, intent, asked="tried_size", **entities)
        assert said.slots["tried_size"] == size

    def test_no_size_is_asked_again(self, session: Session, assistant: Staff) -> None:
        for size in (None, "+1"):
            named: dict[str, Any] = {"size": size} if size else {}
            said = told(session, assistant, "大一号", asked="tried_size", **named)
            assert said.slots["tried_size"] is None

    def test_no_before_any_question_leaves_it(self, session: Session, assistant: Staff) -> None:
        said = told(session, assistant, "不用了", "deny", asked="tried_product")
        assert said.names == ["utter_cancelled"]
        assert {"event": "active_loop", "timestamp": None, "name": None} in said.events

    def test_looking_somebody_up_meanwhile_is_a_digression(
        self, session: Session, assistant: Staff, customer: Customer
    ) -> None:
        said = told(
            session, assistant, "查一下李姐的资料", "lookup_customer", asked="tried_size",
            customer_name="李姐",
        )  # fmt: skip
        assert said.events == []

    def test_her_who_was_spoken_of_until_somebody_is_named(
        self, session: Session, assistant: Staff, customer: Customer
    ) -> None:
        opened = told(session, assistant, "登记试穿", slots={"customer_id": customer.id})
        assert opened.slots["tried_by"] == customer.id
        other = a_customer(session, "王芳", assistant=assistant)
        said = told(
            session, assistant, "王芳", "lookup_customer", asked="tried_product",
            customer_name="王芳",
        )  # fmt: skip
        assert said.slots["tried_by"] == other.id

    def test_two_of_a_name_are_listed_for_the_form(
        self, session: Session, assistant: Staff
    ) -> None:
        for name in ("王芳", "王丽"):
            a_customer(session, name, assistant=assistant)
        named: dict[str, Any] = {"customer_name": "王姐"}
        said = told(session, assistant, "王姐试了大衣", **named)
        assert said.slots["tried_by"] is None
        asks = say(AskWhoTried, a_message(session, assistant), entities=named, form=FORM)
        assert [set(one["slots"]) for one in asks.slots["options"]] == [{"tried_by"}] * 2
        assert asks.slots["options"][0]["action"] == FORM

    def test_somebody_elses_customer(self, session: Session, assistant: Staff) -> None:
        a_customer(session, "王芳", assistant=a_staff(session, "小李"))
        said = told(
            session, assistant, "王芳试了大衣", customer_name="王芳", category="大衣",
            slots={"tried_by": 1},
        )  # fmt: skip
        assert said.names == ["utter_error_customer_not_found"]
        assert said.slots["tried_by"] is None

    def test_a_manager_may_not(self, session: Session) -> None:
        manager = a_staff(session, role=Role.MANAGER)
        said = told(session, manager, "登记试穿")
        assert said.names == ["utter_error_forbidden"]
        assert said.then == "action_listen"


def test_an_article_number_is_its_product(
    session: Session, assistant: Staff, customer: Customer
) -> None:
    product = Product(article_no="A2031", name="羊毛双面呢大衣", category="大衣", price_fen=1)
    session.add(product)
    session.commit()
    slots = {"tried_by": customer.id, "tried_product": "A2031", "tried_confirm": True}
    say(LogTryOn, a_message(session, assistant), slots=slots)
    kept = session.exec(select(TryOn)).one()
    assert (kept.product_id, kept.product_name) == (product.id, "羊毛双面呢大衣")


@pytest.mark.parametrize(
    ("text", "category", "called"),
    [
        ("李姐试了羊毛大衣M没买，嫌贵", "大衣", "羊毛大衣"),
        ("黄阿姨试2XL的羽绒服还是紧", "羽绒服", "羽绒服"),
        ("她试穿了件法式连衣裙", "连衣裙", "法式连衣裙"),
        ("风衣她穿了不合适", "风衣", "风衣"),
        ("王姐试了风衣", "风衣", "风衣"),
    ],
)
def test_a_kind_is_called_by_what_stands_before_it(
    session: Session, assistant: Staff, text: str, category: str, called: str
) -> None:
    said = told(session, assistant, text, category=category)
    assert said.slots["tried_product"] == called


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("李姐试了羊毛大衣M没买，嫌贵", "嫌贵"),
        ("帮登记周女士试穿羽绒服，说回家跟老公商量", "回家跟老公商量"),
        ("她试了驼色那件觉得显胖", "觉得显胖"),
        ("徐小姐试穿了法式那套没下单，嫌价格高，等打折再通知她", "嫌价格高，等打折再通知她"),
        ("记高小姐的试衣：牛仔裤27码，裤长不合适", "裤长不合适"),
        ("黄阿姨试2XL的羽绒服还是紧，没拿", "还是紧"),
        ("朱太试身未买，件衬衫太透", "太透"),
        ("试了嫌贵", "嫌贵"),
        ("王姐试了风衣S码，颜色不喜欢", "颜色不喜欢"),
        ("王女士试了A2031的M码，没买", ""),
        ("登记试穿", ""),
    ],
)
def test_why_it_was_not_bought(text: str, why: str) -> None:
    assert reason(text) == why
