"""The demo store: every feature has something to show on it."""

import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, col, func, select

from app import demo, personas
from app.sandbox import create_app
from crm_core import clock, db
from crm_core.alerts.models import AlertState
from crm_core.alerts.service import unsettled
from crm_core.authz import system
from crm_core.catalog.models import Product
from crm_core.customers import service as customers
from crm_core.customers.models import Customer, Tier
from crm_core.follow_ups import service as follow_ups
from crm_core.knowledge import service as knowledge
from crm_core.orders.models import Order
from crm_core.points import service as points
from crm_core.polls import service as polls
from crm_core.reports import service as reports
from crm_core.segments import service as segments
from crm_core.settings import settings
from crm_core.staff import service as staff
from tests.databases import fresh

US = system("test")
MOST_SECONDS = 10  # of the processor; 4 where nothing else runs


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """The store, loaded once for all tests, which only look at it."""
    with fresh("sqlite", tmp_path_factory.mktemp("demo")) as database:
        db.use(database.engine)
        started = time.process_time()
        assert demo.load()
        assert time.process_time() - started < MOST_SECONDS
        db.use(None)
        yield database.engine


@pytest.fixture
def store(loaded: Engine) -> Iterator[Session]:
    db.use(loaded)
    with Session(loaded) as session:
        yield session
    db.use(None)


def test_it_is_loaded_once(store: Session) -> None:
    assert not demo.load()


def test_the_first_shopper_has_points_to_ask_about(store: Session) -> None:
    (found,) = customers.find(store, US, name="林晓月")
    assert found.id == 1
    standing = points.standing(store, US, found.id)
    assert standing.available > 0
    assert standing.held > 0
    assert standing.expiring > 0


def test_there_are_two_of_one_name_to_choose_from(store: Session) -> None:
    assistant = staff.actor_of(staff.by_name(store, "陈静"))
    assert len(customers.find(store, assistant, name="王女士")) == 2


def test_every_segment_and_tier_has_customers(store: Session) -> None:
    stats = segments.stats(store, US)
    assert all(stats.counts[name] >= 5 for name in ("忠诚", "沉睡", "新客", "流失风险", "活跃"))
    assert stats.never_bought > 0
    tiers = dict(store.exec(select(Customer.tier, func.count()).group_by(col(Customer.tier))).all())
    assert all(tiers[tier] >= 3 for tier in Tier)


def test_it_looks_like_a_chain(store: Session) -> None:
    assert len(store.exec(select(Product)).all()) == 40
    assert len(store.exec(select(Customer).where(col(Customer.name).is_not(None))).all()) == 40
    assert len(store.exec(select(Order)).all()) > 150
    assert {who.role.value for who in staff.working(store)} == {
        "assistant", "manager", "service", "marketer", "admin",
    }  # fmt: skip


def test_today_has_something_for_everybody(store: Session) -> None:
    assert len(polls.open_now(store, US)) == 2
    assistant = staff.actor_of(staff.by_name(store, "陈静"))
    assert len(follow_ups.pending(store, assistant, until=clock.today())) >= 3
    states = [alert.state for alert in unsettled(store, US)]
    assert AlertState.OPEN in states
    assert AlertState.ACCEPTED in states
    sold = reports.of_store(store, US, clock.now() - timedelta(days=1), clock.now())
    assert sold.orders >= 4


@pytest.mark.parametrize(
    ("question", "code"),
    [
        ("退换货政策是什么", "returns"),
        ("积分有效期多久", "points"),
        ("金卡有什么权益", "membership"),
        ("羊毛大衣怎么洗", "care-wool"),
        ("真丝衬衫怎么打理", "care-silk"),
    ],
)
def test_the_shops_questions_are_answered(store: Session, question: str, code: str) -> None:
    article = knowledge.best(store, US, question)
    assert article is not None
    assert article.code == code


def test_everybody_has_a_phone_in_the_sandbox_from_the_start(store: Session) -> None:
    world = create_app().state.world
    listed = [person["id"] for person in personas.everybody(store, settings().oa_appid)]
    assert listed[0] == "customer:林晓月"
    assert set(world.phones.by_id) == set(listed)
    assert {"assistant:陈静", "manager:周敏", "customer:王丽"} <= set(listed)
