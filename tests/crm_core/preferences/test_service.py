import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session, col, select

from crm_core.authz import Forbidden, system
from crm_core.customers.models import Customer
from crm_core.preferences import service as preferences
from crm_core.preferences.models import Preference, PreferenceKind
from crm_core.preferences.service import Change, Key, Known
from crm_core.timeline import service as timeline
from crm_core.timeline.models import EventKind
from tests.databases import fresh
from tests.factories import a_customer, a_staff, acting, themselves

SIZE, STYLE = PreferenceKind.SIZE, PreferenceKind.STYLE


def wear(session: Session, customer: Customer, size: str, ref: str) -> list[Change]:
    wanted: dict[Key, str | None] = {(SIZE, ""): size}
    return preferences.change(session, themselves(customer), customer.id, wanted, ref=ref)


def known(session: Session, customer: Customer) -> Known:
    return preferences.current(session, themselves(customer), customer.id)


class TestChange:
    @pytest.mark.every_database
    def test_several_values_at_once(self, session: Session) -> None:
        customer = a_customer(session)
        wanted: dict[Key, str | None] = {
            (SIZE, ""): "M", (SIZE, "牛仔裤"): "29", (STYLE, "法式"): "法式",
            (STYLE, "通勤"): "通勤", (PreferenceKind.BODY, "height"): "168cm",
            (PreferenceKind.TAG, "怕冷"): "怕冷", (PreferenceKind.NOTE, "r1"): "周末来",
        }  # fmt: skip
        preferences.change(session, themselves(customer), customer.id, wanted, ref="r1")
        assert known(session, customer) == Known(
            {"": "M", "牛仔裤": "29"}, ["法式", "通勤"], ["怕冷"], {"height": "168cm"}, ["周末来"]
        )

    def test_keeps_the_history(self, session: Session) -> None:
        customer = a_customer(session)
        wear(session, customer, "M", "r1")
        assert wear(session, customer, "L", "r2") == [Change(SIZE, "", "M", "L")]
        rows = session.exec(select(Preference).order_by(col(Preference.id))).all()
        assert [(row.value, row.ended_by) for row in rows] == [("M", "r2"), ("L", None)]

    def test_the_same_again_changes_nothing(self, session: Session) -> None:
        customer = a_customer(session)
        wear(session, customer, "M", "r1")
        assert wear(session, customer, "M", "r2") == []
        assert len(timeline.latest(session, customer.id, EventKind.PROFILE)) == 1

    def test_a_repeated_ref_changes_once(self, session: Session) -> None:
        customer = a_customer(session)
        wear(session, customer, "M", "r1")
        first = wear(session, customer, "L", "r2")
        assert wear(session, customer, "L", "r2") == first
        assert len(session.exec(select(Preference)).all()) == 2

    def test_who_said_it_is_kept(self, session: Session) -> None:
        assistant = a_staff(session)
        customer = a_customer(session, assistant=assistant)
        actors = themselves(customer), acting(assistant), system("import")
        for number, actor in enumerate(actors):
            wanted: dict[Key, str | None] = {(STYLE, str(number)): "法式"}
            preferences.change(session, actor, customer.id, wanted, ref=f"r{number}")
        sources = session.exec(select(Preference.source).order_by(col(Preference.id))).all()
        assert sources == ["chat", "assistant", "import"]

    def test_an_assistant_changes_only_assigned_customers(self, session: Session) -> None:
        customer = a_customer(session)
        with pytest.raises(Forbidden):
            preferences.change(session, acting(a_staff(session)), customer.id, {}, ref="r1")

    def test_only_their_own_is_read(self, session: Session) -> None:
        customer, other = a_customer(session), a_customer(session)
        with pytest.raises(Forbidden):
            preferences.current(session, themselves(other), customer.id)


class TestUndo:
    def test_restores_what_was(self, session: Session) -> None:
        customer = a_customer(session)
        wear(session, customer, "M", "r1")
        wear(session, customer, "L", "r2")
        undone = preferences.undo(session, themselves(customer), customer.id, "r2")
        assert undone == [Change(SIZE, "", "L", "M")]
        assert known(session, customer).sizes == {"": "M"}

    def test_repeated_returns_the_same_and_changes_nothing(self, session: Session) -> None:
        customer = a_customer(session)
        wear(session, customer, "M", "r1")
        first = preferences.undo(session, themselves(customer), customer.id, "r1")
        wear(session, customer, "L", "r2")
        assert preferences.undo(session, themselves(customer), customer.id, "r1") == first
        assert known(session, customer).sizes == {"": "L"}

    def test_what_was_said_since_stays(self, session: Session) -> None:
        customer = a_customer(session)
        wear(session, customer, "M", "r1")
        wear(session, customer, "L", "r2")
        wear(session, customer, "XL", "r3")
        assert preferences.undo(session, themselves(customer), customer.id, "r2") == []
        assert known(session, customer).sizes == {"": "XL"}

    def test_what_was_dropped_since_stays_dropped(self, session: Session) -> None:
        customer = a_customer(session)
        wear(session, customer, "M", "r1")
        wear(session, customer, "L", "r2")
        nothing: dict[Key, str | None] = {(SIZE, ""): None}
        preferences.change(session, themselves(customer), customer.id, nothing, ref="r3")
        assert preferences.undo(session, themselves(customer), customer.id, "r2") == []
        assert known(session, customer).sizes == {}

    def test_one_after_the_other(self, session: Session) -> None:
        customer = a_customer(session)
        for number, size in enumerate("SML"):
            wear(session, customer, size, f"r{number}")
        for number, left in ((2, {"": "M"}), (1, {"": "S"}), (0, {})):
            preferences.undo(session, themselves(customer), customer.id, f"r{number}")
            assert known(session, customer).sizes == left


class TestSizeFor:
    KNOWN = Known({"": "M", "牛仔裤": "29", "上装": "L"}, [], [], {}, [])

    @pytest.mark.parametrize(
        ("garment", "size"), [("牛仔裤", "29"), ("西裤", "29"), ("T恤", "L"), ("大衣", "M")]
    )
    def test_its_own_then_a_like_one_then_the_general(self, garment: str, size: str) -> None:
        assert preferences.size_for(self.KNOWN, garment) == size

    def test_nothing_known(self) -> None:
        assert preferences.size_for(Known({}, [], [], {}, []), "大衣") is None


_changes = st.fixed_dictionaries(
    {},
    optional={
        (SIZE, ""): st.sampled_from([None, "S", "M"]),
        (SIZE, "裤装"): st.sampled_from([None, "28", "29"]),
        (STYLE, "法式"): st.sampled_from([None, "法式"]),
        (STYLE, "通勤"): st.sampled_from([None, "通勤"]),
    },
)


Wanted = dict[Key, str | None]


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(_changes, st.booleans()), max_size=5), _changes)
def test_undo_restores_exactly_what_was(before: list[tuple[Wanted, bool]], last: Wanted) -> None:
    with _a_session() as session:
        customer = a_customer(session, None)
        actor = themselves(customer)
        for number, (wanted, is_taken_back) in enumerate(before):
            preferences.change(session, actor, customer.id, wanted, ref=f"r{number}")
            if is_taken_back:
                preferences.undo(session, actor, customer.id, f"r{number}")
        was = known(session, customer)
        preferences.change(session, actor, customer.id, last, ref="last")
        expected = {key: value for key, value in (_flat(was) | last).items() if value}
        assert _flat(known(session, customer)) == expected
        preferences.undo(session, actor, customer.id, "last")
        assert known(session, customer) == was


def _flat(now: Known) -> Wanted:
    sizes: Wanted = {(SIZE, name): size for name, size in now.sizes.items()}
    return sizes | {(STYLE, style): style for style in now.styles}


@contextmanager
def _a_session() -> Iterator[Session]:
    """Hypothesis runs many examples in one test: each gets a database of its own."""
    with (
        tempfile.TemporaryDirectory() as folder,
        fresh("sqlite", Path(folder)) as made,
        Session(made.engine) as session,
    ):
        yield session
