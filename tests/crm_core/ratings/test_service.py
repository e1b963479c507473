from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlmodel import Session, select

from crm_core import clock
from crm_core.alerts.models import Alert, AlertKind
from crm_core.authz import Forbidden, system
from crm_core.ratings import service as ratings
from crm_core.ratings.models import Aspect, Rating, Survey, SurveyState
from crm_core.ratings.service import RatingNotFound, Score
from crm_core.rules import service as rules
from crm_core.timeline import service as timeline
from crm_core.timeline.models import EventKind
from tests.crm_core.shop import Shop
from tests.crm_core.staff_phones import plugged
from tests.factories import a_customer, acting, an_order, themselves


def rated(
    session: Session, shop: Shop, *scores: tuple[Aspect, int], words: str = "", ref: str = "r1"
) -> Sequence[Rating]:
    given = [Score(*score) for score in scores or [(Aspect.SERVICE, 5)]]
    us = themselves(shop.customer)
    return ratings.rate(session, us, shop.customer.id, given, words=words, ref=ref)


def asked(session: Session, shop: Shop, order_no: str = "DD1", *, days_ago: int = 0) -> Survey:
    order = an_order(session, shop.customer, order_no, hours_ago=72, served_by=shop.assistant)
    survey = Survey(
        order_id=order.id, customer_id=shop.customer.id, state=SurveyState.SENT,
        created_at=clock.now() - timedelta(days=days_ago),
    )  # fmt: skip
    session.add(survey)
    session.commit()
    return survey


class TestRating:
    def test_a_volunteered_one_is_about_the_latest_order(
        self, session: Session, shop: Shop
    ) -> None:
        an_order(session, shop.customer, "DD1", hours_ago=48)
        latest = an_order(session, shop.customer, "DD2", served_by=shop.assistant)
        (rating,) = rated(session, shop, words="很耐心")
        assert (rating.score, rating.words, rating.survey_id) == (5, "很耐心", None)
        assert (rating.order_id, rating.store_id) == (latest.id, shop.store.id)
        assert rating.staff_id == shop.assistant.id

    def test_without_a_recent_order_it_is_about_none(self, session: Session, shop: Shop) -> None:
        an_order(session, shop.customer, "DD1", hours_ago=31 * 24)
        (rating,) = rated(session, shop)
        assert (rating.order_id, rating.store_id) == (None, shop.store.id)

    def test_it_answers_the_open_survey(self, session: Session, shop: Shop) -> None:
        survey = asked(session, shop)
        an_order(session, shop.customer, "DD2")
        (rating,) = rated(session, shop)
        assert (rating.survey_id, rating.order_id) == (survey.id, survey.order_id)
        assert survey.state is SurveyState.ANSWERED
        assert survey.answered_at is not None

    def test_an_old_survey_is_not_answered_any_more(self, session: Session, shop: Shop) -> None:
        survey = asked(session, shop, days_ago=31)
        assert rated(session, shop)[0].survey_id is None
        assert survey.state is SurveyState.SENT

    def test_service_and_product_from_one_message(self, session: Session, shop: Shop) -> None:
        survey = asked(session, shop)
        two = rated(session, shop, (Aspect.SERVICE, 5), (Aspect.PRODUCT, 4))
        assert [(one.aspect, one.score) for one in two] == [("service", 5), ("product", 4)]
        assert {one.survey_id for one in two} == {survey.id}

    def test_a_repeated_ref_rates_once(self, session: Session, shop: Shop) -> None:
        first = [one.id for one in rated(session, shop)]
        assert [one.id for one in rated(session, shop)] == first
        told = timeline.latest(session, shop.customer.id, EventKind.RATING)
        assert [event.data for event in told] == [{"aspect": "service", "score": 5}]

    @pytest.mark.parametrize("score", [0, 6, -1])
    def test_none_is_out_of_range(self, session: Session, shop: Shop, score: int) -> None:
        with pytest.raises(ValueError, match=str(score)):
            rated(session, shop, (Aspect.SERVICE, score))

    def test_none_is_without_a_score(self, session: Session, shop: Shop) -> None:
        with pytest.raises(ValueError, match="\\[\\]"):
            ratings.rate(session, themselves(shop.customer), shop.customer.id, [], ref="r1")

    def test_staff_rate_for_nobody(self, session: Session, shop: Shop) -> None:
        with pytest.raises(Forbidden):
            ratings.rate(
                session, acting(shop.assistant), shop.customer.id, [Score(Aspect.SERVICE, 5)],
                ref="r1",
            )  # fmt: skip


class TestLowScores:
    @pytest.mark.parametrize(("score", "alerts"), [(1, 1), (2, 1), (3, 0), (5, 0)])
    def test_alert_the_manager(self, session: Session, shop: Shop, score: int, alerts: int) -> None:
        rated(session, shop, (Aspect.SERVICE, score))
        assert len(session.exec(select(Alert)).all()) == alerts

    def test_where_low_begins_is_a_rule(self, session: Session, shop: Shop) -> None:
        rules.put(session, system("test"), "survey.low_score_up_to", 3)
        rated(session, shop, (Aspect.SERVICE, 3))
        assert session.exec(select(Alert)).one().kind is AlertKind.LOW_SCORE

    def test_of_one_message_are_one_card(self, session: Session, shop: Shop) -> None:
        phones = plugged()
        an_order(session, shop.customer, "DD1", served_by=shop.assistant)
        two = rated(
            session, shop, (Aspect.SERVICE, 2), (Aspect.PRODUCT, 1), words="服务2分，衣服1分"
        )
        rated(session, shop, (Aspect.SERVICE, 2), (Aspect.PRODUCT, 1))
        phones.deliver(session)
        (card,) = phones.cards(shop.manager)
        rows = {row["keyname"]: row["value"] for row in card["horizontal_content_list"]}
        assert card["sub_title_text"] == "服务 2 分、商品 1 分：服务2分，衣服1分"
        assert rows == {
            "顾客": "林**", "订单": "DD1", "导购": "陈静", "评分": "服务 2 分、商品 1 分",
        }  # fmt: skip
        assert session.exec(select(Alert)).one().rating_id == two[1].id


class TestMoreWords:
    def test_are_kept_once_and_passed_on(self, session: Session, shop: Shop) -> None:
        phones, us = plugged(), themselves(shop.customer)
        (rating,) = rated(session, shop, (Aspect.SERVICE, 1), words="1分")
        for _ in range(2):
            ratings.add_words(session, us, rating.id, "没人理我", ref="more")
        phones.deliver(session)
        assert rating.words == "1分；没人理我"
        assert phones.texts(shop.manager) == ["林** 补充说：没人理我"]

    def test_of_a_score_that_alerted_nobody_are_kept(self, session: Session, shop: Shop) -> None:
        us, (rating,) = themselves(shop.customer), rated(session, shop)
        for _ in range(2):
            ratings.add_words(session, us, rating.id, "很耐心", ref="more")
        assert rating.words == "很耐心"

    def test_of_somebody_elses_rating_are_refused(self, session: Session, shop: Shop) -> None:
        other, (rating,) = themselves(a_customer(session, "赵敏")), rated(session, shop)
        for rating_id in (rating.id, 404):
            with pytest.raises(RatingNotFound):
                ratings.add_words(session, other, rating_id, "…", ref="more")
