"""After parting two records, both are as if they had never been one."""

from datetime import timedelta

import pytest
from sqlmodel import Session, SQLModel, col, select

from crm_core import clock
from crm_core.authz import Forbidden, Permission, Role, system
from crm_core.customers import service as customers
from crm_core.customers.models import Customer, IdentityKind
from crm_core.customers.service import CustomerNotFound
from crm_core.inbound import service as inbound
from crm_core.merging import pairs
from crm_core.merging.models import Merge
from crm_core.merging.moving import STAYS, Log, repoint
from crm_core.merging.parting import move_back
from crm_core.merging.service import AlreadyParted, MergeNotFound, merge, of_customer, unmerge
from crm_core.orders.models import Order
from crm_core.points import service as points
from crm_core.points.models import Cause, PointsEntry
from crm_core.polls.models import Ballot, Poll, PollOption
from crm_core.preferences import service as preferences
from crm_core.preferences.models import PreferenceKind
from crm_core.ratings.models import Aspect, Rating
from crm_core.tiers.models import TierChange
from crm_core.timeline import service as timeline
from crm_core.timeline.models import EventKind
from tests.crm_core.merging.test_merging import a_vote, an_option, says
from tests.factories import a_customer, a_staff, a_store, acting, an_order, themselves

SHOP = system("test")
_OURS = {"customer_merge", "merge_part", "duplicate_pair", "audit_entry"}


def merged(session: Session, source: Customer, target: Customer, ref: str = "m1") -> Merge:
    merge(session, SHOP, source.id, target.id, rule="card", ref=ref)
    session.commit()
    return session.exec(select(Merge).where(Merge.ref == ref)).one()


def parted(session: Session, done: Merge, ref: str = "u1") -> None:
    unmerge(session, SHOP, done.id, ref=ref)
    session.commit()


def everything(session: Session) -> dict[str, list[object]]:
    """All rows of all tables but those that tell of merges."""
    session.flush()
    found: dict[str, list[object]] = {}
    for table in SQLModel.metadata.sorted_tables:
        if table.name in _OURS:
            continue
        wanted = select(*[c for c in table.columns if table.name not in STAYS or c.name != "id"])
        rows = session.connection().execute(wanted).mappings().all()
        found[table.name] = sorted((dict(row) for row in rows), key=str)
    told = {EventKind.MERGED, EventKind.PARTED}
    events = found["timeline_event"]
    found["timeline_event"] = [e for e in events if e["kind"] not in told]  # type: ignore[index]
    return found


def two_full_records(session: Session) -> tuple[Customer, Customer]:
    """Two customers with rows in many tables, some of which clash."""
    assistant = a_staff(session, store=a_store(session))
    source = a_customer(session, "林晓月", phone="+8613900001234", assistant=assistant, openid="o1")
    target = a_customer(session, "林月", phone="+8613812345678", openid="o2")
    customers.describe(session, source, birthday="1992-05-04")
    option = an_option(session)
    for number, customer in enumerate((source, target)):
        says(session, f"o{number + 1}", number)
        points.earn(session, SHOP, customer.id, points.Lot(30, Cause.VOTE), ref="p")
        points.spend(session, SHOP, customer.id, 10, note="袜子", ref="s")
        a_vote(session, customer, option)
        an_order(session, customer, f"DD{number}")
        wanted: dict[preferences.Key, str | None] = {(PreferenceKind.SIZE, ""): "ML"[number]}
        preferences.change(session, SHOP, customer.id, wanted, ref="size")
    session.commit()
    return source, target


@pytest.mark.every_database
def test_both_records_are_as_if_it_had_never_happened(session: Session) -> None:
    source, target = two_full_records(session)
    before = everything(session)
    done = merged(session, source, target)
    assert everything(session) != before
    parted(session, done)
    assert everything(session) == before


def test_what_was_dropped_is_back_with_its_secrets(session: Session) -> None:
    source, target = a_customer(session), a_customer(session)
    option = an_option(session)
    a_vote(session, source, option)
    a_vote(session, target, option)
    done = merged(session, source, target)
    parted(session, done)
    voters = {ballot.customer_id for ballot in session.exec(select(Ballot))}
    assert voters == {source.id, target.id}


def test_both_are_found_again(session: Session) -> None:
    source = a_customer(session, "林晓月", phone="+8613900001234")
    target = a_customer(session, "王芳", phone="+8613812345678")
    done = merged(session, source, target)
    assert customers.find(session, SHOP, phone_tail="1234") == []
    parted(session, done)
    assert customers.find(session, SHOP, phone_tail="1234") == [source]
    assert customers.find(session, SHOP, name="王女士") == [target]
    assert customers.heir(session, source.id) == source.id


def test_what_was_changed_since_stays_with_the_record_that_was_kept(session: Session) -> None:
    source, target = a_customer(session, "林晓月"), a_customer(session, None)
    done = merged(session, source, target)
    customers.name_them(session, target, "林小月")
    parted(session, done)
    assert (source.name, target.name) == ("林晓月", "林小月")


def test_spends_of_joined_points_follow_the_lots(session: Session) -> None:
    source, target = a_customer(session), a_customer(session)
    soon = clock.now() + timedelta(days=9)
    points.earn(session, SHOP, source.id, points.Lot(50, Cause.GIFT, expires_at=soon), ref="a")
    points.earn(session, SHOP, target.id, points.Lot(60, Cause.GIFT), ref="b")
    done = merged(session, source, target)
    points.spend(session, SHOP, target.id, 80, note="大衣", ref="spent")
    parted(session, done)
    assert points.balance(session, source.id) == 0
    assert points.balance(session, target.id) == 30


def test_a_shortfall_is_negative_where_it_arose(session: Session) -> None:
    source, target = a_customer(session), a_customer(session)
    points.earn(session, SHOP, source.id, points.Lot(50, Cause.GIFT), ref="a")
    points.earn(session, SHOP, target.id, points.Lot(60, Cause.GIFT), ref="b")
    done = merged(session, source, target)
    points.spend(session, SHOP, target.id, 100, note="大衣", ref="spent")
    points.reverse(session, SHOP, target.id, earned_by="a", note="退货", ref="r")
    assert points.balance(session, target.id) == -40
    parted(session, done)
    assert points.balance(session, source.id) == -50
    assert points.balance(session, target.id) == 10


def test_what_one_owed_is_worked_off_with_what_the_other_had_and_owed_again(
    session: Session,
) -> None:
    source, target = a_customer(session), a_customer(session)
    points.earn(session, SHOP, source.id, points.Lot(50, Cause.GIFT), ref="a")
    points.spend(session, SHOP, source.id, 50, note="大衣", ref="s")
    points.reverse(session, SHOP, source.id, earned_by="a", note="退货", ref="r")
    points.earn(session, SHOP, target.id, points.Lot(60, Cause.GIFT), ref="b")
    done = merged(session, source, target)
    assert points.balance(session, target.id) == 10
    parted(session, done)
    assert points.balance(session, source.id) == -50
    assert points.balance(session, target.id) == 60


def test_what_was_given_back_goes_with_its_spending(session: Session) -> None:
    source, target = a_customer(session), a_customer(session)
    points.earn(session, SHOP, source.id, points.Lot(50, Cause.GIFT), ref="a")
    points.spend(session, SHOP, source.id, 50, note="大衣", ref="s")
    done = merged(session, source, target)
    points.restore(session, SHOP, target.id, spent_by="s", note="取消", ref="back")
    parted(session, done)
    assert points.balance(session, source.id) == 50
    assert points.balance(session, target.id) == 0
    for customer in (source, target):
        entries = select(PointsEntry).where(PointsEntry.customer_id == customer.id)
        total = sum(entry.delta for entry in session.exec(entries))
        assert total == points.balance(session, customer.id)


def test_what_both_had_paid_comes_back_to_both(session: Session) -> None:
    source, target = a_customer(session), a_customer(session)
    points.earn(session, SHOP, source.id, points.Lot(50, Cause.GIFT), ref="a")
    points.earn(session, SHOP, target.id, points.Lot(60, Cause.GIFT), ref="b")
    done = merged(session, source, target)
    points.spend(session, SHOP, target.id, 110, note="大衣", ref="spent")
    parted(session, done)
    for _ in range(2):
        points.restore(session, SHOP, target.id, spent_by="spent", note="取消", ref="back")
    assert points.balance(session, source.id) == 50
    assert points.balance(session, target.id) == 60
    again = points.restore(session, SHOP, target.id, spent_by="spent", note="取消", ref="more")
    assert again is None


def test_a_part_comes_back_to_who_spent_it_first(session: Session) -> None:
    source, target = a_customer(session), a_customer(session)
    points.earn(session, SHOP, source.id, points.Lot(50, Cause.GIFT), ref="a")
    points.earn(session, SHOP, target.id, points.Lot(60, Cause.GIFT), ref="b")
    done = merged(session, source, target)
    points.spend(session, SHOP, target.id, 110, note="大衣", ref="spent")
    parted(session, done)
    points.restore(session, SHOP, target.id, spent_by="spent", note="取消", ref="r1", points=70)
    assert points.balance(session, source.id) == 10
    assert points.balance(session, target.id) == 60


def test_what_came_by_a_record_s_own_messages_goes_back_with_it(session: Session) -> None:
    source, target = a_customer(session, openid="o1"), a_customer(session)
    says(session, "o1", 1)
    done = merged(session, source, target)
    message = says(session, "o1", 2)
    ref = f"chat:{message}:vote"
    points.earn(session, SHOP, target.id, points.Lot(50, Cause.VOTE), ref=ref)
    wanted: dict[preferences.Key, str | None] = {(PreferenceKind.SIZE, ""): "M"}
    preferences.change(session, SHOP, target.id, wanted, ref=f"chat:{message}:size")
    parted(session, done)
    assert inbound.sender(session, message).customer_id == source.id
    assert points.balance(session, source.id) == 50
    assert preferences.current(session, SHOP, source.id).sizes == {"": "M"}
    assert preferences.current(session, SHOP, target.id).sizes == {}


def test_what_came_by_the_other_s_messages_stays(session: Session) -> None:
    source, target = a_customer(session, openid="o1"), a_customer(session, openid="o2")
    says(session, "o1", 1)
    done = merged(session, source, target)
    message = says(session, "o2", 2)
    points.earn(session, SHOP, target.id, points.Lot(50, Cause.VOTE), ref=f"chat:{message}:vote")
    parted(session, done)
    assert inbound.sender(session, message).customer_id == target.id
    assert points.balance(session, target.id) == 50


def test_later_orders_stay_with_the_record_that_was_kept(session: Session) -> None:
    source, target = a_customer(session), a_customer(session)
    old = an_order(session, source, "DD1")
    done = merged(session, source, target)
    new = an_order(session, target, "DD2")
    parted(session, done)
    assert (old.customer_id, new.customer_id) == (source.id, target.id)


def test_later_merges_are_made_again(session: Session) -> None:
    first, second, third = (a_customer(session, None) for _ in range(3))
    for number, customer in enumerate((first, second, third)):
        lot = points.Lot(10 ** (number + 1), Cause.GIFT)
        points.earn(session, SHOP, customer.id, lot, ref="p")
    early = merged(session, first, second, "m1")
    merged(session, second, third, "m2")
    parted(session, early)
    assert customers.heir(session, first.id) == first.id
    assert customers.heir(session, second.id) == third.id
    assert points.balance(session, first.id) == 10
    assert points.balance(session, third.id) == 1100
    assert [one.source_id for one in of_customer(session, SHOP, third.id)] == [second.id]


def test_the_two_are_remembered_as_two(session: Session) -> None:
    source, target = a_customer(session), a_customer(session)
    done = merged(session, source, target)
    parted(session, done)
    assert pairs.are_two(session, target.id, source.id)


def test_repeated_it_changes_nothing(session: Session) -> None:
    source, target = a_customer(session), a_customer(session)
    done = merged(session, source, target)
    parted(session, done)
    before = everything(session)
    parted(session, done)
    merge(session, SHOP, source.id, target.id, rule="card", ref="m1")
    assert everything(session) == before
    with pytest.raises(AlreadyParted):
        unmerge(session, SHOP, done.id, ref="another")


def test_merging_anew_after_parting_is_another_merge(session: Session) -> None:
    source, target = a_customer(session), a_customer(session)
    parted(session, merged(session, source, target))
    merged(session, source, target, "m2")
    assert customers.heir(session, source.id) == target.id


def test_there_is_no_such_merge(session: Session) -> None:
    with pytest.raises(MergeNotFound):
        unmerge(session, SHOP, 99, ref="u1")


def test_only_who_may_merge_parts(session: Session) -> None:
    store = a_store(session)
    assistant = a_staff(session, store=store)
    source, target = a_customer(session, assistant=assistant), a_customer(session)
    done = merged(session, source, target)
    for actor in (themselves(target), acting(assistant)):
        with pytest.raises(Forbidden):
            unmerge(session, actor, done.id, ref="u1")
    elsewhere = a_staff(session, "王", role=Role.MANAGER, store=a_store(session, "别的店"))
    with pytest.raises(Forbidden):
        unmerge(session, acting(elsewhere), done.id, ref="u1")
    unmerge(session, acting(a_staff(session, role=Role.SERVICE)), done.id, ref="u1")
    assert customers.get(session, SHOP, Permission.CUSTOMER_READ, source.id) == source


def test_merges_of_an_unseen_customer_are_not_told(session: Session) -> None:
    with pytest.raises(CustomerNotFound):
        of_customer(session, SHOP, 99)


def test_identities_go_back_to_whose_they_were(session: Session) -> None:
    source, target = a_customer(session, openid="o1"), a_customer(session, openid="o2")
    done = merged(session, source, target)
    for openid in ("o1", "o2"):
        assert customers.by_identity(session, IdentityKind.OA_OPENID, openid, "wx-tests") == target
    parted(session, done)
    assert customers.by_identity(session, IdentityKind.OA_OPENID, "o1", "wx-tests") == source
    rows = session.exec(select(Customer).where(col(Customer.joined_into).is_not(None))).all()
    assert rows == []


def test_a_later_rating_goes_back_with_its_order_and_its_event(session: Session) -> None:
    source, target = a_customer(session), a_customer(session)
    order = an_order(session, source, "DD1")
    done = merged(session, source, target)
    rating = Rating(
        customer_id=target.id, aspect=Aspect.SERVICE, score=5, order_id=order.id, ref="told"
    )
    session.add(rating)
    timeline.add(session, target.id, EventKind.RATING, ref="told")
    timeline.add(session, target.id, EventKind.RATING, ref="another")
    parted(session, done)
    assert rating.customer_id == source.id
    assert timeline.find(session, source.id, EventKind.RATING, "told") is not None
    assert timeline.find(session, target.id, EventKind.RATING, "another") is not None


def test_points_of_an_order_go_back_with_it(session: Session) -> None:
    source, target = a_customer(session), a_customer(session)
    order = Order(
        order_no="DD1", customer_id=source.id, total_fen=900, paid_at=clock.now(), source="till"
    )
    session.add(order)
    done = merged(session, source, target)
    points.earn(session, SHOP, target.id, points.Lot(7, Cause.GIFT), ref="order:unknown")
    points.earn(session, SHOP, target.id, points.Lot(9, Cause.PURCHASE), ref="order:DD1")
    parted(session, done)
    assert points.balance(session, source.id) == 9
    assert points.balance(session, target.id) == 7
    assert timeline.find(session, source.id, EventKind.POINTS, "order:DD1") is not None


def test_a_level_that_only_both_had_earned_is_taken_back(session: Session) -> None:
    source, target = a_customer(session), a_customer(session)
    for number in range(4):
        an_order(session, (source, target)[number % 2], f"DD{number}")
    own = target.tier
    done = merged(session, source, target)
    assert target.tier != own
    parted(session, done)
    assert (source.tier, target.tier) == (own, own)
    steps = select(TierChange).where(col(TierChange.ref).startswith("merge:"))
    assert session.exec(steps).all() == []


def test_a_level_that_later_orders_earned_stays(session: Session) -> None:
    source, target = a_customer(session), a_customer(session)
    an_order(session, source, "DD0")
    done = merged(session, source, target)
    for number in range(1, 6):
        an_order(session, target, f"DD{number}")
    reached = target.tier
    parted(session, done)
    assert target.tier == reached
    assert reached != source.tier


def test_what_hung_on_a_dropped_row_hangs_on_it_again(session: Session) -> None:
    """Polls stand in for customers, none of whose tables has twins with children yet."""
    mine, poll = an_option(session), Poll(title="秋天穿什么", created_by="staff:1", ref="p2")
    session.add(poll)
    session.flush()
    theirs = PollOption(poll_id=poll.id, number=1, title="大衣")
    session.add(theirs)
    session.commit()
    a_vote(session, a_customer(session), mine)
    ballot = session.exec(select(Ballot)).one()
    done = Merge(
        source_id=a_customer(session).id, target_id=a_customer(session).id, ref="m", rule="card",
        actor="test", fields={},
    )  # fmt: skip
    session.add(done)
    session.flush()
    before = everything(session)
    log = Log(session, done.id)
    of_polls = SQLModel.metadata.tables["poll_option"].c.poll_id
    repoint(log, of_polls, mine.poll_id, theirs.poll_id)
    session.add_all(log.parts)
    session.expire_all()
    assert (ballot.option_id, log.dropped) == (theirs.id, {"poll_option": 1})
    move_back(session, done)
    assert everything(session) == before
