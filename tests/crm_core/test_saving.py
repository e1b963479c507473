import pytest
from sqlmodel import Session, select

from crm_core.audit.models import AuditEntry
from crm_core.authz import Forbidden, Role, system
from crm_core.saving import Change, Taken
from crm_core.staff import service as staff
from crm_core.staff.models import Staff
from crm_core.stores import service as stores
from crm_core.stores.models import Store
from tests.factories import a_staff, acting

SHOP = system("test")


def test_a_shop_is_added_once_and_changed_after(session: Session) -> None:
    def save(name: str) -> Change:
        return stores.save(session, SHOP, Store(code="S1", name=name))[1]

    assert [save("万达店"), save("万达店"), save("万达广场店")] == [
        Change.ADDED, Change.SAME, Change.CHANGED,
    ]  # fmt: skip
    assert [store.name for store in stores.everyone(session)] == ["万达广场店"]


def test_only_what_changed_is_written_down(session: Session) -> None:
    for role in (Role.ASSISTANT, Role.MANAGER):
        staff.save(session, SHOP, Staff(wecom_userid="chen", name="陈静", role=role))
    kept = session.exec(select(AuditEntry).order_by(AuditEntry.id)).all()  # type: ignore[arg-type]
    assert [entry.action for entry in kept] == ["staff:save", "staff:save"]
    assert kept[1].detail == {"fields": ["role"]}


def test_two_shops_cannot_share_a_name(session: Session) -> None:
    stores.save(session, SHOP, Store(code="S1", name="万达店"))
    with pytest.raises(Taken):
        stores.save(session, SHOP, Store(code="S2", name="万达店"))
    assert [store.code for store in stores.everyone(session)] == ["S1"]


def test_a_manager_sets_up_nothing(session: Session) -> None:
    manager = acting(a_staff(session, role=Role.MANAGER))
    with pytest.raises(Forbidden):
        stores.save(session, manager, Store(code="S1", name="万达店"))
