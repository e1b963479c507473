"""What a scenario states is so when it begins, and what follows from it by the rules too."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session, col, select

from app.scenario import facts
from app.scenario.cast import Cast
from app.scenario.event import CannotHappen
from app.scenario.facts import Whose
from app.scenario.loading import NotEmpty, load
from app.scenario.reading import parse
from crm_core import clock
from crm_core.audit.models import AuditEntry
from crm_core.catalog.models import Product
from crm_core.customers import service as customers
from crm_core.customers.models import IdentityKind
from crm_core.db import unit_of_work
from crm_core.knowledge.models import Article
from crm_core.orders.models import Order
from crm_core.outbox.models import Outbound, OutboundState
from crm_core.queues import NAMES, get
from crm_core.ratings.jobs import send_due_surveys
from crm_core.settings import settings
from crm_core.timeline.models import EventKind, TimelineEvent
from tests.app.scenario.given import a_store
from tests.factories import a_store as another_store


@pytest.fixture
def cast(session: Session) -> Iterator[Cast]:
    with unit_of_work() as writing:
        loaded = load(writing, a_store().scenario)
    with clock.standing_at(loaded.begins):
        yield loaded


def of(session: Session, cast: Cast, name: str, fact: str) -> Any:
    player = cast.players[name]
    return facts.read(session, fact, Whose(player.customer_id, player.staff_id))


def test_a_customer_is_as_stated(session: Session, cast: Cast) -> None:
    told = (
        *("name", "phone", "cards", "birthday", "member", "following", "assistant", "store"),
        *("sizes", "styles", "tags", "body", "notes"),
    )
    about = {fact: of(session, cast, "林晓月", fact) for fact in told}
    assert about == {
        "name": "林晓月",
        "phone": "13812345678",
        "cards": ["VIP0012345"],
        "birthday": "1992-05-04",
        "member": True,
        "following": True,
        "assistant": "陈静",
        "store": "万达店",
        "sizes": {"大衣": "M", "": "S"},
        "styles": ["通勤"],
        "tags": ["怕冷"],
        "body": {"height": "168cm"},
        "notes": ["喜欢安静"],
    }
    lin = cast.customers["林晓月"]
    assert (lin.city, lin.member_since) == ("上海", cast.begins - timedelta(days=200))
    known = customers.by_identity(session, IdentityKind.UNIONID, "union-1")
    assert known is not None
    assert known.id == lin.id


def test_a_member_agreed_to_membership_and_to_what_is_stated(session: Session, cast: Cast) -> None:
    stated = {"membership": True, "marketing": True, "survey": False}
    assert of(session, cast, "林晓月", "consents") == stated
    default = {"membership": True, "marketing": False, "survey": True}
    assert of(session, cast, "王丽", "consents") == default
    nothing = {"membership": False, "marketing": False, "survey": False}
    assert of(session, cast, "赵敏", "consents") == nothing


def test_orders_earn_points_by_the_rules_of_the_file(session: Session, cast: Cast) -> None:
    history = of(session, cast, "林晓月", "points_history")
    assert [(row["delta"], row["note"]) for row in history] == [
        (3594, "订单 DD1"),
        (200, "订单 DD20260303001"),
        (-200, "订单 DD20260303001 退货"),
        (50, "选哪件"),
        (100, "订单 DD20260312001"),
    ]
    assert of(session, cast, "林晓月", "points") == 3594 + 50
    assert of(session, cast, "林晓月", "points_held") == 100


def test_stated_points_are_all_that_there_are(session: Session, cast: Cast) -> None:
    """300 of an order, 500 that have expired, of which 100 were spent before."""
    assert of(session, cast, "王丽", "points") == 300
    causes = [row["cause"] for row in of(session, cast, "王丽", "points_history")]
    assert causes == ["gift", "purchase", "reward", "expiry"]


def test_orders_are_kept_as_they_were(session: Session, cast: Cast) -> None:
    assert of(session, cast, "林晓月", "orders") == [
        {"order_no": "DD1", "state": "paid", "total_fen": 179700},
        {"order_no": "DD20260303001", "state": "returned", "total_fen": 10000},
        {"order_no": "DD20260312001", "state": "paid", "total_fen": 5000},
    ]
    (shipped,) = of(session, cast, "王丽", "orders")
    assert (shipped["state"], shipped["total_fen"]) == ("shipped", 159900)
    assert of(session, cast, "林晓月", "tier") == "银卡"
    assert of(session, cast, "王丽", "tier") == "金卡"


def test_spending_becomes_orders_that_add_up(session: Session, cast: Cast) -> None:
    totals = [row["total_fen"] for row in of(session, cast, "赵敏", "orders")]
    assert totals == [33333, 33333, 33335]
    days = [
        (clock.now() - order.paid_at).days
        for order in session.exec(
            select(Order).where(Order.customer_id == cast.customers["赵敏"].id)
        )
    ]
    assert sorted(days) == [10, 40, 70]


def test_goods_and_articles_are_kept(session: Session, cast: Cast) -> None:
    product = session.exec(select(Product)).one()
    assert (product.name, product.price_fen, product.colors) == ("羊毛大衣", 159900, ["驼色"])
    article = session.exec(select(Article)).one()
    assert (article.code, str(article.valid_from)) == ("returns", "2026-03-11")


def test_polls_have_their_votes(session: Session, cast: Cast) -> None:
    assert of(session, cast, "林晓月", "polls") == {
        "老投票": {"state": "closed", "甲": 0, "乙": 0},
        "选哪件": {"state": "open", "风衣": 2, "大衣": 2},
    }
    assert of(session, cast, "王丽", "ballots") == {"选哪件": "风衣"}


def test_what_a_manager_deals_with_has_come_as_far_as_stated(session: Session, cast: Cast) -> None:
    alerts = facts.read(session, "alerts", Whose())
    assert sorted((a["kind"], a["state"], a["owner"] or "") for a in alerts) == [
        ("complaint", "已整改", "周敏"),
        ("complaint", "待受理", ""),
        ("hand_over", "处理中", "周敏"),
        ("low_score", "处理中", "周敏"),
        ("low_score", "已关闭", ""),
    ]
    (mine,) = of(session, cast, "林晓月", "tickets")
    assert (mine["type"], mine["state"], mine["owner"]) == ("质量", "已整改", "周敏")
    (angry,) = of(session, cast, "王丽", "tickets")
    assert (angry["state"], angry["priority"]) == ("待受理", "high")
    assert of(session, cast, "王丽", "handed_over")


def test_ratings_calls_and_try_ons_are_kept(session: Session, cast: Cast) -> None:
    assert of(session, cast, "林晓月", "ratings") == [
        {"aspect": "service", "score": 2, "words": "等太久"}
    ]
    assert [(c["what"], str(c["due_on"])) for c in of(session, cast, "林晓月", "follow_ups")] == [
        ("问大衣", "2026-03-12"),
        ("试穿羊毛大衣 M码没买，肩宽", "2026-03-14"),
    ]
    assert of(session, cast, "王丽", "follow_ups") == []
    assert len(of(session, cast, "陈静", "follow_ups")) == 2
    assert of(session, cast, "陈静", "try_ons") == [
        {"product_name": "羊毛大衣", "size": "M", "reason": "肩宽"}
    ]


def test_history_is_dated_as_it_happened(session: Session, cast: Cast) -> None:
    lin = TimelineEvent.customer_id == cast.customers["林晓月"].id
    bought = session.exec(
        select(TimelineEvent.at).where(lin, TimelineEvent.kind == EventKind.PURCHASE)
    ).all()
    assert [(clock.now() - at).days for at in sorted(bought)] == [20, 9, 0]
    returned = select(AuditEntry.at).where(AuditEntry.action == "order:returned")
    assert (clock.now() - session.exec(returned).one()).days == 8


def test_nothing_is_sent_because_of_history(session: Session, cast: Cast) -> None:
    states = set(session.exec(select(Outbound.state).order_by(col(Outbound.id))))
    assert states == {OutboundState.SENT}
    assert [get(name).count for name in NAMES] == [0, 0, 0]
    assert facts.read(session, "sent", Whose()) == {}


def test_who_bought_long_ago_is_not_asked_about_it_now(session: Session, cast: Cast) -> None:
    send_due_surveys()
    session.rollback()
    assert facts.read(session, "surveys", Whose()) == []
    with clock.standing_at(cast.begins + timedelta(days=3)):
        send_due_surveys()
        session.rollback()  # else it goes on seeing the time before
        asked = of(session, cast, "王丽", "surveys"), of(session, cast, "林晓月", "surveys")
    assert [[row["state"] for row in rows] for rows in asked] == [[], ["skipped"]]


def test_everybody_has_a_phone(session: Session, cast: Cast) -> None:
    personas = {player.id: player.persona for player in cast.everybody()}
    assert personas["customer:林晓月"]["phone"] == "+8613812345678"
    assert len(personas["customer:林晓月"]["openid"]) == 28
    assert personas["customer:赵敏"]["openid"] is None
    assert personas["assistant:陈静"]["userid"] == "chenjing"
    assert personas["stranger:路人"]["userid"] == "stranger"
    assert personas["customer:新客小周"]["openid"]
    assert cast.main == "林晓月"
    appid = settings().oa_appid
    openid = personas["customer:林晓月"]["openid"]
    found = customers.by_identity(session, IdentityKind.OA_OPENID, openid, appid)
    assert found is not None
    assert found.name == "林晓月"


def test_a_database_with_anything_in_it_is_not_filled(session: Session) -> None:
    another_store(session)
    with pytest.raises(NotEmpty, match="rows in store"), unit_of_work() as writing:
        load(writing, a_store().scenario)


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ("customers: [{name: 林, points: [{points: -5, why: reward}]}]", "insufficient_points"),
        ("customers: [{name: 林, phone: 13812345678}, {phone: 13812345678}]", "identity_taken"),
        ("rules: {points.vote: many}", "bad_rule"),
        ("polls: [{title: 选哪件, options: [甲]}]", "poll_options"),
        ("polls: [{title: %s, options: [甲, 乙]}]" % ("长" * 200), "invalid"),
    ],
)
def test_what_the_services_refuse_is_told_with_its_place(
    session: Session, entry: str, reason: str
) -> None:
    read = parse(f"given:\n  {entry}\n", "s.yml")
    with pytest.raises(CannotHappen, match=reason) as caught, unit_of_work() as writing:
        load(writing, read.scenario)
    assert read.where(caught.value.place) == "s.yml:2"


def test_history_leaves_the_clock_where_it_stood(session: Session, cast: Cast) -> None:
    with clock.standing_at(cast.begins + timedelta(hours=1)):
        assert clock.now() == cast.begins + timedelta(hours=1)
    assert clock.now() == cast.begins
