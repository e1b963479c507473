from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlmodel import Session, func, select

from crm_core.alerts.flow import InvalidStep
from crm_core.alerts.models import Alert, AlertState, Step
from crm_core.authz import Actor, Forbidden, Role, system
from crm_core.db import unit_of_work
from crm_core.orders.returning import NewReturn
from crm_core.sales import service as sales
from crm_core.staff.models import Staff
from crm_core.staff.service import StaffNotFound
from crm_core.tickets import service as tickets
from crm_core.tickets.models import ComplaintType, Priority, Ticket, TicketState
from crm_core.tickets.service import Case, TicketNotFound
from crm_core.timeline import service as timeline
from crm_core.timeline.models import EventKind
from tests.crm_core.shop import Shop
from tests.crm_core.staff_phones import plugged
from tests.factories import a_customer, a_staff, a_store, acting, an_order, themselves


def opened(session: Session, shop: Shop, words: str = "毛衣起球", ref: str = "r1") -> Ticket:
    us = themselves(shop.customer)
    return tickets.open_(session, us, shop.customer.id, Case(words), ref=ref)


def step(
    session: Session, actor: Actor, ticket: Ticket, action: Step, *, to_staff: Staff | None = None
) -> Ticket:
    ref = f"step:{action.value}:{len(session.exec(select(Alert)).all())}:{ticket.state}"
    return tickets.handle(session, actor, ticket.id, action, to_staff=to_staff, ref=ref)


class TestOpening:
    def test_keeps_what_was_said_and_of_which_kind_it_is(
        self, session: Session, shop: Shop
    ) -> None:
        ticket = opened(session, shop, "毛衣穿了两次就起球")
        assert (ticket.type, ticket.state) == (ComplaintType.QUALITY, TicketState.OPEN)
        assert (ticket.description, ticket.priority) == ("毛衣穿了两次就起球", Priority.NORMAL)
        assert ticket.number == f"TS{1000 + ticket.id}"
        told = timeline.latest(session, shop.customer.id, EventKind.COMPLAINT)
        assert [event.data and event.data["number"] for event in told] == [ticket.number]

    def test_angry_words_give_it_priority(self, session: Session, shop: Shop) -> None:
        assert opened(session, shop, "气死我了，又起球").priority is Priority.HIGH

    def test_a_type_that_was_named_is_believed(self, session: Session, shop: Shop) -> None:
        case = Case("起球", type=ComplaintType.PRICE)
        us = themselves(shop.customer)
        ticket = tickets.open_(session, us, shop.customer.id, case, ref="r1")
        assert ticket.type is ComplaintType.PRICE

    def test_a_repeated_ref_opens_one(self, session: Session, shop: Shop) -> None:
        assert opened(session, shop).id == opened(session, shop).id

    def test_is_about_the_order_that_was_named(self, session: Session, shop: Shop) -> None:
        named = an_order(session, shop.customer, "DD1", hours_ago=48)
        an_order(session, shop.customer, "DD2")
        case = Case("起球", order_no="DD1")
        us = themselves(shop.customer)
        assert tickets.open_(session, us, shop.customer.id, case, ref="r1").order_id == named.id

    def test_is_else_about_the_latest_order_returned_or_not(
        self, session: Session, shop: Shop
    ) -> None:
        latest = an_order(session, shop.customer, "DD2", served_by=shop.assistant)
        an_order(session, shop.customer, "DD1", hours_ago=48)
        sales.record_return(session, system("test"), NewReturn("DD2"), ref="back")
        ticket = opened(session, shop)
        assert (ticket.order_id, ticket.store_id) == (latest.id, shop.store.id)

    def test_somebody_elses_order_is_not_linked(self, session: Session, shop: Shop) -> None:
        an_order(session, a_customer(session, "赵敏"), "DD9")
        case = Case("起球", order_no="DD9")
        us = themselves(shop.customer)
        assert tickets.open_(session, us, shop.customer.id, case, ref="r1").order_id is None

    def test_an_order_of_long_ago_is_not_linked(self, session: Session, shop: Shop) -> None:
        an_order(session, shop.customer, "DD1", hours_ago=91 * 24)
        assert opened(session, shop).order_id is None

    def test_a_long_story_is_cut(self, session: Session, shop: Shop) -> None:
        assert len(opened(session, shop, "很长" * 400).description) == 500

    def test_needs_words(self, session: Session, shop: Shop) -> None:
        with pytest.raises(ValueError, match="words"):
            opened(session, shop, "  ")

    def test_only_for_themselves(self, session: Session, shop: Shop) -> None:
        other = themselves(a_customer(session, "赵敏"))
        with pytest.raises(Forbidden):
            tickets.open_(session, other, shop.customer.id, Case("起球"), ref="r1")

    def test_an_assistant_opens_one_for_a_customer_of_theirs_only(
        self, session: Session, shop: Shop
    ) -> None:
        us = acting(shop.assistant)
        assert tickets.open_(session, us, shop.customer.id, Case("起球"), ref="r1").opened_by
        with pytest.raises(Forbidden):
            tickets.open_(session, us, a_customer(session, "赵敏").id, Case("起球"), ref="r2")

    def test_tells_the_manager_by_card(self, session: Session, shop: Shop) -> None:
        phones = plugged()
        an_order(session, shop.customer, "DD1", served_by=shop.assistant)
        ticket = opened(session, shop, "气死我了，毛衣起球")
        phones.deliver(session)
        (card,) = phones.cards(shop.manager)
        rows = {row["keyname"]: row["value"] for row in card["horizontal_content_list"]}
        assert card["main_title"] == {"title": "顾客投诉", "desc": "万达店"}
        assert card["sub_title_text"] == "质量（加急）：气死我了，毛衣起球"
        assert rows == {
            "顾客": "林**", "单号": ticket.number, "订单": "DD1", "导购": "陈静",
        }  # fmt: skip

    @pytest.mark.every_database
    def test_the_same_message_at_once_opens_one(self, session: Session) -> None:
        customer = a_customer(session)

        def open_it(_: int) -> int:
            with unit_of_work() as work:
                us = themselves(customer)
                return tickets.open_(work, us, customer.id, Case("起球"), ref="r1").id

        with ThreadPoolExecutor(8) as threads:
            assert len(set(threads.map(open_it, range(8)))) == 1
        assert session.exec(select(func.count()).select_from(Alert)).one() == 1


class TestHandling:
    def test_goes_from_accepted_to_closed(self, session: Session, shop: Shop) -> None:
        ticket, manager = opened(session, shop), acting(shop.manager)
        seen = [
            step(session, manager, ticket, action).state
            for action in (Step.ACCEPT, Step.RECTIFY, Step.VERIFY, Step.CLOSE)
        ]
        assert [state.value for state in seen] == ["处理中", "已整改", "已验证", "已关闭"]
        assert ticket.owner_id == shop.manager.id
        assert ticket.closed_at is not None

    def test_takes_its_alert_along(self, session: Session, shop: Shop) -> None:
        step(session, acting(shop.manager), opened(session, shop), Step.ACCEPT)
        assert session.exec(select(Alert)).one().state is AlertState.ACCEPTED

    def test_a_repeated_ref_moves_it_once(self, session: Session, shop: Shop) -> None:
        ticket, manager = opened(session, shop), acting(shop.manager)
        for _ in range(2):
            tickets.handle(session, manager, ticket.id, Step.ACCEPT, ref="a")
        assert ticket.state is TicketState.ACCEPTED

    @pytest.mark.parametrize("action", [Step.RECTIFY, Step.VERIFY, Step.CLOSE])
    def test_no_step_is_skipped(self, session: Session, shop: Shop, action: Step) -> None:
        with pytest.raises(InvalidStep) as refused:
            step(session, acting(shop.manager), opened(session, shop), action)
        assert refused.value.values == {
            "step": action.value, "state": "待受理", "steps": "受理、转交",
        }  # fmt: skip

    def test_is_transferred_to_a_colleague_who_is_told(self, session: Session, shop: Shop) -> None:
        phones = plugged()
        ticket = opened(session, shop)
        step(session, acting(shop.manager), ticket, Step.TRANSFER, to_staff=shop.assistant)
        phones.deliver(session)
        assert (ticket.state, ticket.owner_id) == (TicketState.ACCEPTED, shop.assistant.id)
        assert "林**" in phones.texts(shop.assistant)[0]

    def test_is_not_transferred_to_another_shop(self, session: Session, shop: Shop) -> None:
        stranger = a_staff(session, "李娜", store=a_store(session, "人民路店"))
        with pytest.raises(StaffNotFound):
            step(
                session, acting(shop.manager), opened(session, shop), Step.TRANSFER,
                to_staff=stranger,
            )  # fmt: skip

    def test_a_transfer_needs_somebody(self, session: Session, shop: Shop) -> None:
        with pytest.raises(ValueError, match="somebody"):
            step(session, acting(shop.manager), opened(session, shop), Step.TRANSFER)

    def test_another_shops_manager_finds_none(self, session: Session, shop: Shop) -> None:
        other = a_staff(session, role=Role.MANAGER, store=a_store(session, "人民路店"))
        ticket = opened(session, shop)
        with pytest.raises(TicketNotFound):
            step(session, acting(other), ticket, Step.ACCEPT)

    def test_customer_service_handles_any_shops(self, session: Session, shop: Shop) -> None:
        service = acting(a_staff(session, role=Role.SERVICE))
        ticket = opened(session, shop)
        assert step(session, service, ticket, Step.ACCEPT).state is TicketState.ACCEPTED

    def test_an_assistant_handles_none(self, session: Session, shop: Shop) -> None:
        with pytest.raises(Forbidden):
            step(session, acting(shop.assistant), opened(session, shop), Step.ACCEPT)

    def test_one_that_came_in_otherwise_goes_on_from_its_state(
        self, session: Session, shop: Shop
    ) -> None:
        ticket = Ticket(
            customer_id=shop.customer.id, type=ComplaintType.QUALITY, description="起球",
            state=TicketState.ACCEPTED, store_id=shop.store.id, owner_id=shop.manager.id,
            opened_by="import", ref="import:1",
        )  # fmt: skip
        session.add(ticket)
        session.flush()
        done = step(session, acting(shop.manager), ticket, Step.RECTIFY)
        assert done.state is TicketState.RECTIFIED


class TestMoreWords:
    def test_are_kept_once_and_passed_on(self, session: Session, shop: Shop) -> None:
        phones, us = plugged(), themselves(shop.customer)
        ticket = opened(session, shop, "气死我了")
        for _ in range(2):
            tickets.add_words(session, us, ticket.id, " 毛衣起球 ", ref="more")
        phones.deliver(session)
        assert ticket.description == "气死我了；毛衣起球"
        assert phones.texts(shop.manager) == ["林** 补充说：毛衣起球"]

    def test_tell_the_type_of_one_that_had_none(self, session: Session, shop: Shop) -> None:
        us = themselves(shop.customer)
        ticket = opened(session, shop, "气死我了")
        tickets.add_words(session, us, ticket.id, "毛衣起球", ref="more")
        tickets.add_words(session, us, ticket.id, "店员爱答不理", ref="still more")
        assert ticket.type is ComplaintType.QUALITY
        assert session.exec(select(Alert)).one().facts["headline"] == "质量（加急）"

    def test_of_somebody_elses_complaint_are_refused(self, session: Session, shop: Shop) -> None:
        other = themselves(a_customer(session, "赵敏"))
        ticket = opened(session, shop)
        with pytest.raises(TicketNotFound):
            tickets.add_words(session, other, ticket.id, "…", ref="more")


class TestStanding:
    def test_says_who_has_it_since_when(self, session: Session, shop: Shop) -> None:
        ticket = opened(session, shop)
        step(session, acting(shop.manager), ticket, Step.ACCEPT)
        (standing,) = tickets.of_customer(session, themselves(shop.customer), shop.customer.id)
        assert (standing.owner, standing.ticket.state.value) == ("周敏", "处理中")
        assert standing.since > ticket.opened_at

    def test_open_ones_come_first(self, session: Session, shop: Shop) -> None:
        older, newer = opened(session, shop), opened(session, shop, ref="r2")
        for action in (Step.ACCEPT, Step.RECTIFY, Step.VERIFY, Step.CLOSE):
            step(session, acting(shop.manager), newer, action)
        us = themselves(shop.customer)
        found = tickets.of_customer(session, us, shop.customer.id)
        assert [one.ticket.id for one in found] == [older.id, newer.id]

    @pytest.mark.parametrize("written", ["{}", " {} ", "ts{digits}", "{digits}"])
    def test_is_found_by_its_number(self, session: Session, shop: Shop, written: str) -> None:
        ticket = opened(session, shop)
        number = written.format(ticket.number, digits=ticket.number[2:])
        assert tickets.find(session, themselves(shop.customer), number).ticket.id == ticket.id

    @pytest.mark.parametrize("number", ["TS9999", "TS1", "……"])
    def test_none_is_the_same_as_somebody_elses(
        self, session: Session, shop: Shop, number: str
    ) -> None:
        with pytest.raises(TicketNotFound):
            tickets.find(session, themselves(shop.customer), number)
        other = themselves(a_customer(session, "赵敏"))
        with pytest.raises(TicketNotFound):
            tickets.find(session, other, opened(session, shop).number)
