import pytest
from sqlmodel import Session

from crm_core.authz import Forbidden, system
from crm_core.customers.models import Customer
from crm_core.preferences import service as preferences
from crm_core.preferences.models import PreferenceKind
from crm_core.quality import service, tags
from crm_core.quality.models import Dimension, Verdict
from crm_core.quality.tags import CheckNotFound
from tests.crm_core.shop import Shop
from tests.factories import a_customer, a_staff, acting

OPERATOR = system("test")


def tag(session: Session, shop: Shop, customer: Customer, *names: str) -> None:
    wanted: dict[preferences.Key, str | None] = {(PreferenceKind.TAG, n): n for n in names}
    preferences.change(session, acting(shop.assistant), customer.id, wanted, ref=f"t{names}")
    session.commit()


@pytest.mark.every_database
def test_some_tags_of_each_assistant_are_drawn_once_a_day(session: Session, shop: Shop) -> None:
    tag(session, shop, shop.customer, *(f"标签{n}" for n in range(8)))
    a_customer(session)
    drawn = tags.draw(session, OPERATOR)
    assert len({check.tag for check in drawn}) == len(drawn) == 5
    assert {check.staff_id for check in drawn} == {shop.assistant.id}
    assert tags.draw(session, OPERATOR) == drawn


@pytest.mark.every_database
def test_the_share_of_right_tags_is_a_figure_and_a_wrong_one_is_taken_off(
    session: Session, shop: Shop
) -> None:
    tag(session, shop, shop.customer, "怕冷", "偏瘦", "爱红色")
    actor = acting(shop.assistant)
    tags.draw(session, OPERATOR)
    waiting = tags.waiting(session, actor)
    for check in waiting:
        tags.answer(session, actor, check.id, is_right=check.tag != "偏瘦", ref=f"c{check.id}")
    session.commit()
    assert tags.waiting(session, actor) == []
    known = preferences.current(session, actor, shop.customer.id)
    assert sorted(known.tags) == ["怕冷", "爱红色"]
    service.measure(session, OPERATOR)
    lines = service.report(session, OPERATOR, dimension=Dimension.TAG_ACCURACY, store_code="")
    assert {(line.source, line.good, line.counted) for line in lines} == {
        ("", 2, 3), ("assistant", 2, 3),
    }  # fmt: skip


def test_the_first_answer_counts(session: Session, shop: Shop) -> None:
    tag(session, shop, shop.customer, "怕冷")
    [check] = tags.draw(session, OPERATOR)
    actor = acting(shop.assistant)
    tags.answer(session, actor, check.id, is_right=True, ref="c1")
    assert tags.answer(session, actor, check.id, is_right=False, ref="c2").verdict is Verdict.RIGHT


def test_somebody_elses_customer_is_not_judged(session: Session, shop: Shop) -> None:
    tag(session, shop, shop.customer, "怕冷")
    [check] = tags.draw(session, OPERATOR)
    other = acting(a_staff(session, "小王"))
    with pytest.raises(Forbidden):
        tags.answer(session, other, check.id, is_right=True, ref="c1")
    with pytest.raises(CheckNotFound):
        tags.answer(session, other, check.id + 1, is_right=True, ref="c1")
