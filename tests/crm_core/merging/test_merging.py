import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Column, Table, func
from sqlmodel import Session, SQLModel, col, select

from crm_core.authz import Forbidden, Permission, system
from crm_core.consents import service as consents
from crm_core.consents.models import Consent, Purpose
from crm_core.conversations import service as conversations
from crm_core.customers import service as customers
from crm_core.customers.models import Customer, IdentityKind, Tier
from crm_core.customers.service import CustomerNotFound
from crm_core.fields.models import CustomField, CustomValue, FieldKind, Sensitivity
from crm_core.figures.models import CustomerFigures
from crm_core.inbound import service as inbound
from crm_core.lineage.models import FieldEntry
from crm_core.merging.moving import STAYS
from crm_core.merging.service import MergeConflict, merge
from crm_core.points import service as points
from crm_core.points.models import Cause, PointsEntry
from crm_core.polls.models import Ballot, Poll, PollOption
from crm_core.preferences import service as preferences
from crm_core.preferences.models import Preference, PreferenceKind
from crm_core.timeline.models import EventKind, TimelineEvent
from tests.databases import fresh
from tests.factories import OA_APPID, a_customer, a_staff, a_store, acting, an_order, themselves

SHOP = system("test")


def joined(session: Session, source: Customer, target: Customer) -> Customer:
    made = merge(session, SHOP, source.id, target.id, rule="card", ref=f"j{source.id}")
    session.commit()
    return made


def a_vote(session: Session, customer: Customer, option: PollOption) -> None:
    session.add(
        Ballot(poll_id=option.poll_id, option_id=option.id, customer_id=customer.id, ref="v")
    )
    session.commit()


def an_option(session: Session) -> PollOption:
    poll = Poll(title="周末怎么穿", created_by="staff:1", ref="p1")
    session.add(poll)
    session.flush()
    option = PollOption(poll_id=poll.id, number=1, title="风衣")
    session.add(option)
    session.commit()
    return option


def says(session: Session, openid: str, number: int) -> int:
    who = inbound.Sender(IdentityKind.OA_OPENID, openid)
    message = inbound.Message("oa", OA_APPID, f"m{number}", who, "text", datetime.now(UTC), "你好")
    row, _ = inbound.receive(session, message)
    session.commit()
    return row.id


def references() -> Iterator[tuple[Table, Column[int]]]:
    for table in SQLModel.metadata.sorted_tables:
        for column in table.columns:
            if any(key.column.table.name == "customer" for key in column.foreign_keys):
                yield table, column


@pytest.mark.every_database
def test_everything_moves(session: Session) -> None:
    source, target = a_customer(session, None, openid="o1"), a_customer(session)
    message = says(session, "o1", 1)
    points.earn(session, SHOP, source.id, points.Lot(30, Cause.VOTE), ref="p")
    points.earn(session, SHOP, target.id, points.Lot(50, Cause.GIFT), ref="p")
    consents.record(
        session, themselves(source), source.id, Purpose.MEMBERSHIP, granted=True, wording="w",
        channel="oa", ref="c",
    )  # fmt: skip
    preferences.change(session, SHOP, source.id, {(PreferenceKind.SIZE, ""): "M"}, ref="s")
    a_vote(session, source, an_option(session))
    joined(session, source, target)
    assert points.balance(session, target.id) == 80
    assert consents.holds(session, target.id, Purpose.MEMBERSHIP)
    assert preferences.current(session, SHOP, target.id).sizes == {"": "M"}
    assert inbound.sender(session, message).customer_id == target.id
    for table, column in references():
        if table.name in STAYS:
            continue
        left = session.connection().execute(table.select().where(column == source.id)).all()
        assert left == [], table.name


def test_what_was_said_last_holds(session: Session) -> None:
    source, target = a_customer(session), a_customer(session)
    for customer, size in ((target, "L"), (source, "M")):
        wanted: dict[preferences.Key, str | None] = {(PreferenceKind.SIZE, ""): size}
        preferences.change(session, SHOP, customer.id, wanted, ref=f"s{customer.id}")
    joined(session, source, target)
    assert preferences.current(session, SHOP, target.id).sizes == {"": "M"}


def test_one_ballot_a_poll_stays(session: Session) -> None:
    source, target, option = a_customer(session), a_customer(session), an_option(session)
    a_vote(session, source, option)
    a_vote(session, target, option)
    joined(session, source, target)
    assert [ballot.customer_id for ballot in session.exec(select(Ballot))] == [target.id]


def test_the_talk_that_goes_on_is_the_sources(session: Session) -> None:
    source, target = a_customer(session, openid="o1"), a_customer(session, openid="o2")
    going_on = says(session, "o1", 1)
    says(session, "o2", 2)
    talk = conversations.of_customer(session, source.id).id
    joined(session, source, target)
    assert conversations.of_customer(session, target.id).id == talk
    assert inbound.sender(session, going_on).customer_id == target.id


def test_without_a_talk_of_the_source_the_targets_stays(session: Session) -> None:
    source, target = a_customer(session), a_customer(session, openid="o2")
    says(session, "o2", 1)
    talk = conversations.of_customer(session, target.id).id
    joined(session, source, target)
    assert conversations.of_customer(session, target.id).id == talk


def test_gaps_are_filled_and_nothing_is_overwritten(session: Session) -> None:
    assistant = a_staff(session, store=a_store(session))
    source = a_customer(session, "林晓月", phone="+8613900001234", assistant=assistant)
    target = a_customer(session, "林月", phone="+8613812345678")
    source.tier, source.birthday = Tier.GOLD, "1992-05-04"
    joined(session, source, target)
    assert (target.name, target.phone) == ("林月", "+8613812345678")
    assert (target.tier, target.birthday) == (Tier.GOLD, "1992-05-04")
    assert (target.assistant_id, target.store_id) == (assistant.id, assistant.store_id)
    assert not any((source.name, source.phone, source.birthday))


def test_staff_find_the_one_that_is_left_by_what_it_says(session: Session) -> None:
    assistant = a_staff(session)
    source = a_customer(session, "林晓月", phone="+8613900001234", assistant=assistant)
    target = a_customer(session, None, assistant=assistant)
    joined(session, source, target)
    assert customers.find(session, acting(assistant), name="林女士") == [target]
    assert customers.find(session, acting(assistant), phone_tail="1234") == [target]


def test_the_source_is_never_found_again(session: Session) -> None:
    source, target = a_customer(session), a_customer(session)
    joined(session, source, target)
    for ask in (customers.get, customers.lock):
        with pytest.raises(CustomerNotFound):
            ask(session, SHOP, Permission.CUSTOMER_READ, source.id)
    assert customers.heir(session, source.id) == customers.heir(session, target.id) == target.id


def test_a_ref_merges_two_records_and_no_others(session: Session) -> None:
    source, target, third = (a_customer(session) for _ in range(3))
    joined(session, source, target)
    with pytest.raises(MergeConflict):
        merge(session, SHOP, third.id, target.id, rule="card", ref=f"j{source.id}")


def test_what_was_verified_goes_before_what_was_typed(session: Session) -> None:
    source, target = a_customer(session, "林晓月"), a_customer(session, "林月")
    for customer, phone, verified in (
        (source, "+8613900001234", True), (target, "+8613812345678", False),
    ):  # fmt: skip
        customers.give_phone(session, customer, phone)
        customers.identify(
            session, customer, IdentityKind.PHONE, phone, source="chat", verified=verified
        )
    joined(session, source, target)
    assert target.phone == "+8613900001234"
    assert customers.find(session, SHOP, phone_tail="5678") == [target]


def test_what_is_newer_goes_before_what_is_older(session: Session) -> None:
    source, target = a_customer(session, "林晓月"), a_customer(session, "林月")
    now = datetime.now(UTC)
    for customer, name, days in ((source, "林晓月", 1), (target, "林月", 9)):
        session.add(
            FieldEntry(
                customer_id=customer.id, field="name", source="chat", actor="test", ref="e",
                at=now - timedelta(days=days), value=name,
            )
        )  # fmt: skip
    joined(session, source, target)
    assert target.name == "林晓月"


def test_what_the_shop_entered_goes_before_what_was_typed_later(session: Session) -> None:
    source, target = a_customer(session, "林晓月"), a_customer(session, "林月")
    now = datetime.now(UTC)
    for customer, name, told_by in ((source, "林晓月", "chat"), (target, "林月", "assistant")):
        session.add(
            FieldEntry(
                customer_id=customer.id, field="name", source=told_by, actor="test", ref="e",
                at=now - timedelta(days=customer.id == target.id), value=name,
            )
        )  # fmt: skip
    joined(session, source, target)
    assert target.name == "林月"


def test_an_assistant_s_notes_of_both_are_kept(session: Session) -> None:
    source, target = a_customer(session), a_customer(session)
    for customer, note in ((source, "怕热"), (target, "喜欢宽松")):
        wanted: dict[preferences.Key, str | None] = {(PreferenceKind.NOTE, ""): note}
        preferences.change(session, SHOP, customer.id, wanted, ref=f"n{customer.id}")
    joined(session, source, target)
    kept = select(Preference).where(
        Preference.customer_id == target.id, col(Preference.ended_at).is_(None)
    )
    assert {row.value for row in session.exec(kept)} == {"怕热", "喜欢宽松"}


def test_the_higher_level_is_kept_and_the_longer_membership(session: Session) -> None:
    source, target = a_customer(session), a_customer(session)
    source.tier, source.member_since = Tier.GOLD.value, datetime(2020, 1, 1, tzinfo=UTC)
    target.member_since = datetime(2024, 1, 1, tzinfo=UTC)
    joined(session, source, target)
    assert target.tier == "金卡"
    assert target.member_since == datetime(2020, 1, 1, tzinfo=UTC)


def test_what_both_bought_counts_together(session: Session) -> None:
    source, target = a_customer(session), a_customer(session)
    an_order(session, source, "DD1")
    an_order(session, target, "DD2")
    joined(session, source, target)
    rows = session.exec(select(CustomerFigures)).all()
    assert [(row.customer_id, row.orders) for row in rows] == [(target.id, 2)]


def test_of_two_values_of_a_field_the_newer_is_kept(session: Session) -> None:
    source, target = a_customer(session), a_customer(session)
    wedding = CustomField(
        code="wedding_on", title="婚期", kind=FieldKind.TEXT, sensitivity=Sensitivity.INTERNAL,
        purpose="礼服交期", owner="婚纱部",
    )  # fmt: skip
    session.add(wedding)
    session.flush()
    now = datetime.now(UTC)
    for customer, text, days in ((source, "五月", 1), (target, "六月", 9)):
        session.add(
            CustomValue(
                customer_id=customer.id, field_id=wedding.id, text=text, source="chat", ref="r",
                changed_at=now - timedelta(days=days),
            )
        )  # fmt: skip
    joined(session, source, target)
    kept = session.exec(select(CustomValue)).one()
    assert (kept.customer_id, kept.text) == (target.id, "五月")


def test_repeated_it_changes_nothing(session: Session) -> None:
    source, target = a_customer(session), a_customer(session)
    points.earn(session, SHOP, source.id, points.Lot(30, Cause.VOTE), ref="p")
    joined(session, source, target)
    joined(session, source, target)
    assert points.balance(session, target.id) == 30


def test_what_was_joined_before_comes_along(session: Session) -> None:
    first, second, third = (a_customer(session) for _ in range(3))
    joined(session, first, second)
    joined(session, second, third)
    assert customers.heir(session, first.id) == third.id


@pytest.mark.parametrize("pair", [(0, 0), (0, 1), (1, 0), (0, 99), (99, 0)])
def test_not_with_itself_nor_with_what_is_gone(session: Session, pair: tuple[int, int]) -> None:
    left, gone, other = (a_customer(session) for _ in range(3))
    joined(session, gone, other)
    ids = {0: left.id, 1: gone.id, 99: 999_999}
    with pytest.raises(CustomerNotFound):
        merge(session, SHOP, ids[pair[0]], ids[pair[1]], rule="card", ref="other")


def test_nobody_joins_a_record_without_proof(session: Session) -> None:
    source, target = a_customer(session), a_customer(session)
    with pytest.raises(Forbidden):
        merge(session, themselves(source), source.id, target.id, rule="card", ref="j1")


_entries = st.lists(
    st.tuples(st.booleans(), st.sampled_from(["a", "b", "c"]), st.integers(1, 500)), max_size=12
)


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(_entries)
def test_nothing_is_lost(entries: list[tuple[bool, str, int]]) -> None:
    with _a_session() as session:
        pair = a_customer(session, None), a_customer(session, None)
        for is_target, told, number in entries:
            who, ref = pair[is_target], f"{told}{number}"
            points.earn(session, SHOP, who.id, points.Lot(number, Cause.GIFT), ref=ref)
            consents.record(
                session, SHOP, who.id, Purpose.SURVEY, granted=number % 2 == 0, wording=str(number),
                channel="oa", ref=ref,
            )  # fmt: skip
            wanted: dict[preferences.Key, str | None] = {(PreferenceKind.STYLE, ref): str(number)}
            preferences.change(session, SHOP, who.id, wanted, ref=ref)
        before = _everything(session)
        target = merge(session, SHOP, pair[0].id, pair[1].id, rule="card", ref="j1")
        assert _everything(session) == before
        total = session.exec(select(func.sum(PointsEntry.delta))).one() or 0
        assert points.balance(session, target.id) == total


def _everything(session: Session) -> Counter[object]:
    """What was earned, said and happened, whosever it is and whatever caused it."""
    earned = [("points", row.delta) for row in session.exec(select(PointsEntry))]
    said = [("consent", row.wording, row.granted) for row in session.exec(select(Consent))]
    kinds = [EventKind.POINTS, EventKind.CONSENT, EventKind.PROFILE]
    events = select(TimelineEvent).where(col(TimelineEvent.kind).in_(kinds))
    happened = [(row.kind, str(row.data)) for row in session.exec(events)]
    return Counter([*earned, *said, *happened])


@contextmanager
def _a_session() -> Iterator[Session]:
    """Hypothesis runs many examples in one test: each gets a database of its own."""
    with (
        tempfile.TemporaryDirectory() as folder,
        fresh("sqlite", Path(folder)) as made,
        Session(made.engine) as session,
    ):
        yield session
