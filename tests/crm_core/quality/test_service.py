from datetime import UTC, date, datetime, timedelta

import pytest
from sqlmodel import Session, col, select

from crm_core import clock
from crm_core.authz import Forbidden, system
from crm_core.clock import now, today
from crm_core.customers.models import Customer
from crm_core.entry import service as entry
from crm_core.quality import jobs, service
from crm_core.quality.models import Dimension, QualityFigure, TagCheck
from crm_core.quality.service import BadTarget
from crm_core.validation.errors import BadEntry
from tests.crm_core.shop import Shop
from tests.factories import a_customer, a_store, acting, themselves

OPERATOR = system("test")
C, A, S, T = (
    Dimension.COMPLETENESS,
    Dimension.ACCURACY,
    Dimension.CONSISTENCY,
    Dimension.TIMELINESS,
)


def join(session: Session, *members: Customer) -> None:
    for member in members:
        member.member_since = now() - timedelta(days=400)
        session.add(member)
    session.commit()


def enter(session: Session, customer: Customer, source: str, ref: str, **given: str) -> None:
    actor = themselves(customer)
    entry.enter(session, actor, customer.id, given, source=source, ref=ref)
    session.commit()


def figures(session: Session, dimension: Dimension) -> dict[tuple[str, str], tuple[int, int]]:
    service.measure(session, OPERATOR)
    session.commit()
    rows = select(QualityFigure).where(QualityFigure.dimension == dimension)
    return {(row.store_code, row.source): (row.good, row.counted) for row in session.exec(rows)}


class TestMeasure:
    @pytest.mark.every_database
    def test_completeness_counts_the_fields_a_member_should_have(
        self, session: Session, shop: Shop
    ) -> None:
        other = a_customer(session, "王芳")
        a_customer(session, "还不是会员")
        join(session, shop.customer, other)
        enter(session, shop.customer, "chat", "r1", birthday="1992-05-04", **{"size:": "M"})
        code = shop.store.code
        assert figures(session, C) == {
            ("", ""): (4, 8), (code, ""): (3, 4), ("", "chat"): (2, 4), (code, "chat"): (2, 4),
        }  # fmt: skip

    @pytest.mark.every_database
    def test_accuracy_counts_what_passed_validation(self, session: Session, shop: Shop) -> None:
        enter(session, shop.customer, "till", "r1", city="上海")
        enter(session, shop.customer, "chat", "r2", city="上海")
        error = BadEntry("phone", "phone", said="1")
        entry.refused(acting(shop.assistant), shop.customer.id, error, source="till", ref="r3")
        code = shop.store.code
        assert figures(session, A) == {
            ("", ""): (2, 3), (code, ""): (2, 3), ("", "till"): (1, 2), (code, "till"): (1, 2),
            ("", "chat"): (1, 1), (code, "chat"): (1, 1),
        }  # fmt: skip

    @pytest.mark.every_database
    def test_consistency_counts_the_fields_on_which_sources_agree(self, session: Session) -> None:
        customer = a_customer(session)
        join(session, customer)
        enter(session, customer, "till", "r1", city="北京", name="林晓月")
        enter(session, customer, "chat", "r2", city="上海", name="林晓月", address="中山路1号")
        assert figures(session, S) == {("", ""): (1, 2), ("", "till"): (1, 2), ("", "chat"): (1, 2)}
        enter(session, customer, "till", "r3", city="上海")
        assert figures(session, S)["", ""] == (2, 2)

    @pytest.mark.every_database
    def test_timeliness_counts_those_of_whom_something_came_lately(self, session: Session) -> None:
        lately, long_ago = a_customer(session), a_customer(session)
        join(session, lately, long_ago)
        enter(session, lately, "chat", "r1", city="上海")
        assert figures(session, T) == {("", ""): (1, 2), ("", "chat"): (1, 1)}

    def test_measuring_again_replaces_the_day(self, session: Session, shop: Shop) -> None:
        join(session, shop.customer)
        before = figures(session, C)
        enter(session, shop.customer, "chat", "r1", birthday="1992-05-04")
        after = figures(session, C)
        assert after["", ""][0] == before["", ""][0] + 1
        assert len(session.exec(select(col(QualityFigure.day)).distinct()).all()) == 1

    def test_nothing_to_count_is_no_figure(self, session: Session) -> None:
        assert service.measure(session, OPERATOR) == []


class TestReport:
    @pytest.mark.every_database
    def test_a_figure_is_held_against_the_target_of_its_day(
        self, session: Session, shop: Shop
    ) -> None:
        join(session, shop.customer)
        day = today()
        for since, per_mille in ((-30, 100), (-2, 200), (1, 900)):
            service.set_target(session, OPERATOR, C, per_mille, since=day + timedelta(days=since))
        service.set_target(session, OPERATOR, C, 800, since=day, store_code=shop.store.code)
        service.measure(session, OPERATOR)
        lines = service.report(session, OPERATOR, dimension=C, source="")
        assert [(line.store_code, line.per_mille, line.target_per_mille, line.is_met)
                for line in lines] == [
            ("", 250, 200, True), (shop.store.code, 250, 800, False),
        ]  # fmt: skip

    def test_it_goes_back_in_time(self, session: Session, shop: Shop) -> None:
        join(session, shop.customer)
        days = [date(2026, 3, 10), date(2026, 3, 11), date(2026, 3, 12)]
        for day in days:
            service.measure(session, OPERATOR, day)
        lines = service.report(session, OPERATOR, dimension=C, since=days[1], store_code="")
        assert [line.day for line in lines] == days[1:]

    def test_a_manager_sees_their_store_and_the_chain(self, session: Session, shop: Shop) -> None:
        elsewhere = a_customer(session)
        elsewhere.store_id = a_store(session, "西湖店").id
        join(session, shop.customer, elsewhere)
        service.measure(session, OPERATOR)
        lines = service.report(session, acting(shop.manager), dimension=C)
        assert {line.store_code for line in lines} == {"", shop.store.code}

    def test_an_assistant_sees_no_reports(self, session: Session, shop: Shop) -> None:
        with pytest.raises(Forbidden):
            service.report(session, acting(shop.assistant))

    def test_a_target_is_a_share(self, session: Session) -> None:
        with pytest.raises(BadTarget):
            service.set_target(session, OPERATOR, C, 1001, since=today())


def test_the_nightly_job_measures_and_draws_tags_on_mondays(session: Session, shop: Shop) -> None:
    join(session, shop.customer)
    enter(session, shop.customer, "chat", "r1", tag="怕冷")
    monday = datetime(2026, 3, 9, 4, tzinfo=UTC)
    for day, checks in ((monday - timedelta(days=1), 0), (monday, 1)):
        with clock.standing_at(day):
            jobs.measure()
        session.rollback()
        assert len(session.exec(select(TagCheck)).all()) == checks
