from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError, StatementError
from sqlmodel import Session, select

from crm_core.authz import Role
from crm_core.customers.models import Customer, IdentityKind
from crm_core.customers.service import arrive
from crm_core.staff.models import Staff
from crm_core.stores.models import Store


@pytest.mark.every_database
class TestColumns:
    def test_moments_come_back_aware_to_the_microsecond(self, session: Session) -> None:
        at = datetime(2026, 3, 12, 14, 0, 0, 123456, tzinfo=timezone(timedelta(hours=8)))
        session.add(Store(code="S1", name="万达店", created_at=at))
        session.commit()
        session.expire_all()
        kept = session.exec(select(Store)).one().created_at
        assert (kept, kept.tzinfo) == (at, UTC)

    def test_a_moment_without_a_zone_is_refused(self, session: Session) -> None:
        session.add(Store(code="S1", name="万达店", created_at=datetime(2026, 3, 12)))  # noqa: DTZ001
        with pytest.raises(StatementError):
            session.commit()

    def test_openids_that_differ_in_case_are_two_people(self, session: Session) -> None:
        people = {
            arrive(session, IdentityKind.OA_OPENID, openid, source="test")[0].id
            for openid in ("oABC", "oabc", "oABC")
        }
        assert len(people) == 2

    def test_personal_data_are_not_readable_in_the_database(self, session: Session) -> None:
        session.add(Customer(name="林晓月", phone="+8613812345678"))
        session.commit()
        row = session.connection().execute(text("SELECT name, phone FROM customer")).one()
        assert all("林晓月".encode() not in bytes(v) and b"138" not in bytes(v) for v in row)
        session.expire_all()
        assert session.exec(select(Customer)).one().name == "林晓月"

    def test_an_enum_is_checked_by_the_database(self, session: Session) -> None:
        session.add(Staff(wecom_userid="chenjing", name="陈静", role=Role.ASSISTANT))
        session.commit()
        with pytest.raises(DatabaseError):
            session.connection().execute(text("UPDATE staff SET role = 'owner'"))
