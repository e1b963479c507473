import threading

import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session, select

from crm_core import crypto
from crm_core.authz import Forbidden, system
from crm_core.customers import service as customers
from crm_core.customers.models import Customer, Identity, IdentityKind
from crm_core.db import reading, unit_of_work
from crm_core.lineage import service as lineage
from crm_core.preferences import service as preferences
from crm_core.preferences.models import PreferenceKind
from crm_core.rotation import rewriting, service
from crm_core.rotation.models import KeyRotation
from crm_core.settings import settings
from tests.factories import OA_APPID, a_customer, themselves

OPERATOR = system("test")
OLD, NEW = "the tests' own key", "the key after it"


def change_key(monkeypatch: pytest.MonkeyPatch, key: str = NEW, previous: str = OLD) -> None:
    monkeypatch.setenv("DIANYU_SECRET_KEY", key)
    monkeypatch.setenv("DIANYU_SECRET_KEY_PREVIOUS", previous)
    settings.cache_clear()
    crypto.forget()


def people(session: Session, count: int = 3) -> list[Customer]:
    made = [
        a_customer(session, f"林晓{number}", phone=f"+861381234{number:04}", openid=f"o{number}")
        for number in range(count)
    ]
    for customer in made:
        wanted: dict[preferences.Key, str | None] = {(PreferenceKind.SIZE, ""): "M"}
        preferences.change(session, themselves(customer), customer.id, wanted, ref="r1")
    session.commit()
    return made


def found(name: str) -> list[str | None]:
    with reading() as session:
        return [each.name for each in customers.find(session, OPERATOR, name=name)]


@pytest.mark.every_database
def test_everything_is_under_the_new_key_and_reads_as_before(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    people(session)
    change_key(monkeypatch)
    with reading() as other:
        assert service.left(other)
    service.rotate(OPERATOR)
    change_key(monkeypatch, previous="")
    with reading() as other:
        assert service.left(other) == []
        assert sorted(str(name) for name in other.exec(select(Customer.name))) == [
            "林晓0", "林晓1", "林晓2",
        ]  # fmt: skip
        values = set(other.exec(select(Identity.value)))
    assert values == {"o0", "o1", "o2"}


@pytest.mark.every_database
def test_people_are_found_before_during_and_after(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    people(session)
    for previous in (OLD, ""):
        change_key(monkeypatch, previous=OLD)
        if not previous:
            service.rotate(OPERATOR)
            change_key(monkeypatch, previous="")
        assert found("林晓1") == ["林晓1"]
        with reading() as other:
            kind = IdentityKind.OA_OPENID
            assert customers.by_identity(other, kind, "o1", OA_APPID) is not None


def test_a_newcomer_during_the_change_is_not_made_twice(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    [customer] = people(session, 1)
    change_key(monkeypatch)
    with unit_of_work() as other:
        arrived, is_new = customers.arrive(
            other, IdentityKind.OA_OPENID, "o0", account=OA_APPID, source="oa"
        )
    assert (arrived.id, is_new) == (customer.id, False)


def test_a_run_that_was_cut_off_is_gone_on_with(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    people(session, 5)
    change_key(monkeypatch)
    monkeypatch.setattr(rewriting, "AT_ONCE", 2)
    seen: list[str] = []

    def cut_off(table: str, rows: int) -> None:
        seen.append(table)
        if seen.count("customer") == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        service.rotate(OPERATOR, progress=cut_off)
    with reading() as other:
        [half] = other.exec(select(KeyRotation).where(KeyRotation.table_name == "customer")).all()
        assert (half.rewritten, half.done_at) == (4, None)
    steps: list[tuple[str, int]] = []
    service.rotate(OPERATOR, progress=lambda table, rows: steps.append((table, rows)))
    assert [rows for table, rows in steps if table == "customer"] == [1, 0]
    with reading() as other:
        assert service.left(other) == []


def test_repeated_changes_nothing(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    people(session)
    change_key(monkeypatch)
    assert service.rotate(OPERATOR) > 0
    assert service.rotate(OPERATOR) == 0


def test_what_an_old_process_still_wrote_is_found_by_the_next_run(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    people(session)
    change_key(monkeypatch)
    service.rotate(OPERATOR)
    change_key(monkeypatch, key=OLD, previous=NEW)
    a_customer(session, "后来的人")
    change_key(monkeypatch)
    with reading() as other:
        assert service.left(other)
    assert service.rotate(OPERATOR) > 0
    with reading() as other:
        assert service.left(other) == []


def test_two_sources_still_agree_afterwards(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    [customer] = people(session, 1)
    change_key(monkeypatch)
    service.rotate(OPERATOR)
    with reading() as other:
        [entry] = lineage.of(other, customer.id, "size:")
    assert entry.digest == lineage.digest("size:", "M")


def test_a_value_under_a_lost_key_is_said(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    people(session, 1)
    change_key(monkeypatch, previous="")
    with pytest.raises(crypto.Undecryptable):
        service.rotate(OPERATOR)


def test_only_who_sets_up_the_shop_rotates(session: Session) -> None:
    with pytest.raises(Forbidden):
        service.rotate(themselves(a_customer(session)))


@pytest.mark.every_database
def test_writers_go_on_meanwhile_and_nothing_of_theirs_is_lost(
    session: Session, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = people(session, 4)
    change_key(monkeypatch)
    monkeypatch.setattr(rewriting, "AT_ONCE", 1)
    failed: list[Exception] = []

    def write(customer: Customer) -> None:
        try:
            for number in range(5):
                wanted: dict[preferences.Key, str | None] = {(PreferenceKind.STYLE, "法式"): None}
                if number % 2 == 0:
                    wanted = {(PreferenceKind.STYLE, "法式"): "法式"}
                with unit_of_work() as other:
                    actor = themselves(customer)
                    preferences.change(other, actor, customer.id, wanted, ref=f"w{number}")
        except Exception as error:  # noqa: BLE001  whatever it is fails the test below
            failed.append(error)

    writers = [threading.Thread(target=write, args=(customer,)) for customer in made]
    for writer in writers:
        writer.start()
    service.rotate(OPERATOR)
    for writer in writers:
        writer.join()
    assert failed == []
    change_key(monkeypatch, previous="")
    with reading() as other:
        assert service.left(other) == []
        for customer in made:
            known = preferences.current(other, themselves(customer), customer.id)
            assert (known.sizes, known.styles) == ({"": "M"}, ["法式"])


def test_no_table_with_personal_data_is_left_out(session: Session) -> None:
    tables = {table.name for table in rewriting.encrypted_tables()}
    assert {"customer", "identity", "preference", "timeline_event", "custom_value"} <= tables
    for name in sorted(tables):
        session.execute(text(f"SELECT id FROM {name} WHERE 1 = 0"))
