from collections.abc import Iterator

import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from crm_core.authz import Role
from tests.channels.stage import Stage, stage
from tests.factories import a_staff, a_store

CHEN = "assistant:陈静"
BOSS = "manager:赵敏"


@pytest.fixture
def on_stage(monkeypatch: pytest.MonkeyPatch, engine: Engine, session: Session) -> Iterator[Stage]:
    store = a_store(session)
    chen = a_staff(session, "陈静", store=store)
    boss = a_staff(session, "赵敏", role=Role.MANAGER, store=store)
    with stage(monkeypatch) as made:
        made.register(id=CHEN, name="陈静", role="assistant", userid=chen.wecom_userid)
        made.register(id=BOSS, name="赵敏", role="manager", userid=boss.wecom_userid)
        yield made
