from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlmodel import Session, select

from crm_core import clock
from crm_core.authz import Forbidden
from crm_core.customers import claims, verification
from crm_core.customers import service as customers
from crm_core.customers.claims import Claim, InvalidCard
from crm_core.customers.models import Customer, Identity, IdentityKind, Verification
from crm_core.customers.phones import InvalidPhone
from crm_core.customers.verification import TooManyCodes, Verdict
from crm_core.db import unit_of_work
from crm_core.merging import binding
from crm_core.merging.binding import Unproven, Way
from crm_core.outbox.models import Outbound
from tests.factories import a_customer, a_staff, acting, themselves

PHONE = claims.phone("13812345678")
CARD = claims.card("VIP0012345")


def from_the_till(session: Session, *, phone: str | None = PHONE.value) -> Customer:
    """A record with a card, as an import makes it."""
    customer = a_customer(session, "王晓梅", phone=phone)
    customers.identify(session, customer, CARD.kind, CARD.value, source="import")
    session.commit()
    return customer


def a_visitor(session: Session, openid: str = "o-visitor") -> Customer:
    return a_customer(session, None, openid=openid)


def bind(session: Session, customer: Customer, claim: Claim, ref: str = "b1") -> Customer:
    return binding.bind(session, themselves(customer), customer.id, claim, ref=ref)


def ask_for_code(session: Session, customer: Customer, claim: Claim, ref: str = "s1") -> str:
    """Have a code sent; the code."""
    binding.send_code(session, themselves(customer), customer.id, claim, ref=ref)
    return str(session.exec(select(Outbound)).all()[-1].payload["code"])


def type_code(session: Session, customer: Customer, code: str, ref: str = "c1") -> Verdict:
    return verification.check(session, themselves(customer), customer.id, code, ref=ref)


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"


def a_way(session: Session, customer: Customer, claim: Claim) -> Way:
    return binding.way(session, themselves(customer), customer.id, claim)


class TestClaims:
    def test_are_written_in_one_way(self) -> None:
        assert claims.card("ｖｉｐ 0012-345") == CARD
        assert claims.phone("138 1234 5678") == PHONE

    def test_are_masked(self) -> None:
        assert (PHONE.masked, CARD.masked) == ("138****5678", "VIP****345")

    @pytest.mark.parametrize("said", ["", "VIP", "12", "VIP00!2345"])
    def test_no_card_looks_like_this(self, said: str) -> None:
        with pytest.raises(InvalidCard):
            claims.card(said)

    def test_no_phone_has_this_number(self) -> None:
        with pytest.raises(InvalidPhone):
            claims.phone("12345678901")


class TestWay:
    def test_unknown_ones_are_free(self, session: Session) -> None:
        visitor = a_visitor(session)
        assert a_way(session, visitor, PHONE) is a_way(session, visitor, CARD) is Way.FREE

    def test_somebody_elses_takes_a_code(self, session: Session) -> None:
        from_the_till(session)
        visitor = a_visitor(session)
        assert a_way(session, visitor, PHONE) is a_way(session, visitor, CARD) is Way.CODE

    def test_a_card_without_a_phone_is_for_the_counter(self, session: Session) -> None:
        from_the_till(session, phone=None)
        assert a_way(session, a_visitor(session), CARD) is Way.COUNTER

    def test_a_card_that_somebody_only_typed_is_for_the_counter(self, session: Session) -> None:
        typist = a_visitor(session, "o-typist")
        bind(session, typist, CARD, "b1")
        bind(session, typist, PHONE, "b2")
        assert a_way(session, a_visitor(session), CARD) is Way.COUNTER

    def test_nobody_asks_for_another(self, session: Session) -> None:
        visitor, other = a_visitor(session), a_customer(session)
        with pytest.raises(Forbidden):
            binding.way(session, themselves(other), visitor.id, PHONE)


class TestBindingWhatIsFree:
    def test_is_kept_as_typed(self, session: Session) -> None:
        visitor = a_visitor(session)
        bind(session, visitor, PHONE)
        assert (visitor.phone, binding.bound(session, visitor)) == (PHONE.value, [PHONE])
        assert visitor.member_since is not None
        identity = session.exec(select(Identity).where(Identity.kind == IdentityKind.PHONE)).one()
        assert (identity.verified, identity.source) == (False, "chat")

    def test_a_repeated_ref_binds_once(self, session: Session) -> None:
        visitor = a_visitor(session)
        since = bind(session, visitor, PHONE).member_since
        assert bind(session, visitor, PHONE).member_since == since
        assert a_way(session, visitor, PHONE) is Way.OWN

    @pytest.mark.every_database
    def test_of_many_at_once_one_gets_it(self, session: Session) -> None:
        visitors = [a_visitor(session, f"o-{number}") for number in range(4)]

        def bind_it(visitor: Customer) -> bool:
            try:
                with unit_of_work() as work:
                    bind(work, visitor, PHONE)
            except Unproven:
                return False
            return True

        with ThreadPoolExecutor(len(visitors)) as threads:
            assert sorted(threads.map(bind_it, visitors)) == [False, False, False, True]

    def test_a_new_phone_replaces_the_old_one(self, session: Session) -> None:
        visitor = a_visitor(session)
        bind(session, visitor, PHONE, "b1")
        new = claims.phone("13900001234")
        bind(session, visitor, new, "b2")
        assert binding.bound(session, visitor) == [new]
        assert a_way(session, a_visitor(session, "o-next-owner"), PHONE) is Way.FREE

    def test_a_card_is_kept_beside_the_phone(self, session: Session) -> None:
        visitor = a_visitor(session)
        bind(session, visitor, PHONE, "b1")
        bind(session, visitor, CARD, "b2")
        assert binding.bound(session, visitor) == [PHONE, CARD]

    def test_staff_find_them_by_the_tail(self, session: Session) -> None:
        assistant = a_staff(session)
        customer = a_customer(session, assistant=assistant)
        bind(session, customer, PHONE)
        assert customers.find(session, acting(assistant), phone_tail="5678") == [customer]


class TestBindingWhatIsSomebodyElses:
    def test_takes_proof(self, session: Session) -> None:
        from_the_till(session)
        with pytest.raises(Unproven):
            bind(session, a_visitor(session), PHONE)

    @pytest.mark.parametrize("claim", [PHONE, CARD])
    def test_with_the_code_the_records_become_one(self, session: Session, claim: Claim) -> None:
        member, visitor = from_the_till(session), a_visitor(session)
        code = ask_for_code(session, visitor, claim)
        assert type_code(session, visitor, code) is Verdict.RIGHT
        assert bind(session, visitor, claim) == member
        assert visitor.joined_into == member.id
        found = customers.by_identity(session, IdentityKind.OA_OPENID, "o-visitor", "wx-tests")
        assert found == member

    def test_the_code_goes_to_the_phone_on_the_record(self, session: Session) -> None:
        member, visitor = from_the_till(session), a_visitor(session)
        binding.send_code(session, themselves(visitor), visitor.id, CARD, ref="s1")
        sent = session.exec(select(Outbound)).one()
        assert (sent.channel, sent.kind, sent.address) == ("sms", "code", member.phone)

    def test_no_code_where_there_is_nowhere_to_send_it(self, session: Session) -> None:
        from_the_till(session, phone=None)
        visitor = a_visitor(session)
        with pytest.raises(Unproven):
            binding.send_code(session, themselves(visitor), visitor.id, CARD, ref="s1")

    def test_who_only_typed_it_loses_it_to_who_proves_it(self, session: Session) -> None:
        typist, visitor = a_visitor(session, "o-typist"), a_visitor(session)
        bind(session, typist, PHONE, "b1")
        type_code(session, visitor, ask_for_code(session, visitor, PHONE))
        assert bind(session, visitor, PHONE, "b2") == visitor
        assert (typist.phone, typist.member_since, typist.joined_into) == (None, None, None)
        assert customers.by_identity(session, PHONE.kind, PHONE.value) == visitor

    def test_what_was_typed_and_then_confirmed_by_the_till_is_joined(
        self, session: Session
    ) -> None:
        typist, visitor = a_visitor(session, "o-old-account"), a_visitor(session)
        bind(session, typist, PHONE, "b1")
        customers.identify(session, typist, PHONE.kind, PHONE.value, source="import")
        type_code(session, visitor, ask_for_code(session, visitor, PHONE))
        assert bind(session, visitor, PHONE, "b2") == typist

    def test_a_proof_is_good_for_ten_minutes(self, session: Session) -> None:
        from_the_till(session)
        visitor = a_visitor(session)
        type_code(session, visitor, ask_for_code(session, visitor, PHONE))
        clock.set_to(clock.now() + timedelta(minutes=11))
        with pytest.raises(Unproven):
            bind(session, visitor, PHONE)

    def test_a_proof_is_good_for_one_record_only(self, session: Session) -> None:
        from_the_till(session)
        visitor, others = a_visitor(session), claims.phone("13900001234")
        a_customer(session, phone=others.value)
        type_code(session, visitor, ask_for_code(session, visitor, PHONE))
        with pytest.raises(Unproven):
            bind(session, visitor, others)


class TestVerification:
    def test_a_code_lives_five_minutes(self, session: Session) -> None:
        from_the_till(session)
        visitor = a_visitor(session)
        code = ask_for_code(session, visitor, PHONE)
        clock.set_to(clock.now() + timedelta(minutes=5))
        assert type_code(session, visitor, code) is Verdict.OVER

    def test_five_wrong_tries_void_the_code(self, session: Session) -> None:
        from_the_till(session)
        visitor = a_visitor(session)
        code = ask_for_code(session, visitor, PHONE)
        verdicts = [type_code(session, visitor, wrong(code), f"c{n}") for n in range(5)]
        assert verdicts == [Verdict.WRONG] * 4 + [Verdict.OVER]
        assert type_code(session, visitor, code, "c9") is Verdict.OVER

    def test_a_code_serves_once(self, session: Session) -> None:
        from_the_till(session)
        visitor = a_visitor(session)
        code = ask_for_code(session, visitor, PHONE)
        assert type_code(session, visitor, code, "c1") is Verdict.RIGHT
        assert type_code(session, visitor, code, "c1") is Verdict.RIGHT
        assert type_code(session, visitor, code, "c2") is Verdict.OVER

    def test_it_is_the_askers_own(self, session: Session) -> None:
        from_the_till(session)
        visitor, other = a_visitor(session), a_visitor(session, "o-other")
        code = ask_for_code(session, visitor, PHONE)
        assert type_code(session, other, code) is Verdict.OVER

    def test_it_is_not_readable_in_the_table(self, session: Session) -> None:
        from_the_till(session)
        visitor = a_visitor(session)
        code = ask_for_code(session, visitor, PHONE)
        kept = session.exec(select(Verification)).one()
        assert code not in kept.code

    def test_a_repeated_ref_sends_one(self, session: Session) -> None:
        from_the_till(session)
        visitor = a_visitor(session)
        ask_for_code(session, visitor, PHONE, "s1")
        ask_for_code(session, visitor, PHONE, "s1")
        assert len(session.exec(select(Outbound)).all()) == 1

    def test_another_has_to_wait_a_minute(self, session: Session) -> None:
        from_the_till(session)
        visitor = a_visitor(session)
        ask_for_code(session, visitor, PHONE, "s1")
        with pytest.raises(TooManyCodes):
            ask_for_code(session, visitor, PHONE, "s2")
        clock.set_to(clock.now() + timedelta(seconds=61))
        ask_for_code(session, visitor, PHONE, "s3")

    def test_five_a_day_for_a_phone_and_for_who_asks(self, session: Session) -> None:
        from_the_till(session)
        others = claims.phone("13900001234")
        a_customer(session, phone=others.value)
        visitor = a_visitor(session)
        for number in range(5):
            ask_for_code(session, visitor, PHONE, f"s{number}")
            clock.set_to(clock.now() + timedelta(minutes=2))
        for who, claim in ((a_visitor(session, "o-2"), PHONE), (visitor, others)):
            with pytest.raises(TooManyCodes):
                ask_for_code(session, who, claim, f"more of {claim.value}")
        clock.set_to(clock.now() + timedelta(days=1))
        ask_for_code(session, visitor, PHONE, "next day")


class TestUndo:
    def test_a_first_phone_is_forgotten(self, session: Session) -> None:
        visitor = a_visitor(session)
        bind(session, visitor, PHONE)
        for _ in range(2):
            assert binding.undo(session, themselves(visitor), visitor.id, "b1")
            assert (visitor.phone, visitor.member_since) == (None, None)
        assert a_way(session, a_customer(session), PHONE) is Way.FREE

    def test_the_phone_before_comes_back(self, session: Session) -> None:
        visitor = a_visitor(session)
        bind(session, visitor, PHONE, "b1")
        bind(session, visitor, claims.phone("13900001234"), "b2")
        assert binding.undo(session, themselves(visitor), visitor.id, "b2")
        assert binding.bound(session, visitor) == [PHONE]
        assert visitor.member_since is not None

    def test_a_card_is_forgotten(self, session: Session) -> None:
        visitor = a_visitor(session)
        bind(session, visitor, PHONE, "b1")
        bind(session, visitor, CARD, "b2")
        assert binding.undo(session, themselves(visitor), visitor.id, "b2")
        assert binding.bound(session, visitor) == [PHONE]

    def test_joined_records_are_not_parted(self, session: Session) -> None:
        member, visitor = from_the_till(session), a_visitor(session)
        type_code(session, visitor, ask_for_code(session, visitor, PHONE))
        bind(session, visitor, PHONE)
        assert not binding.undo(session, themselves(member), member.id, "b1")

    def test_nothing_was_bound(self, session: Session) -> None:
        visitor = a_visitor(session)
        assert not binding.undo(session, themselves(visitor), visitor.id, "b1")
