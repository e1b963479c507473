import hashlib

import pytest
from sqlmodel import Session, select

from crm_core.apikeys import service as apikeys
from crm_core.apikeys.models import ApiKey
from crm_core.audit.models import AuditEntry
from crm_core.authz import Forbidden, Permission, system
from tests.factories import a_staff, acting

US = system("test")


def test_only_a_digest_of_the_key_is_kept(session: Session) -> None:
    text = apikeys.issue(session, US, "收银机", ["order:write"]).text
    row = session.exec(select(ApiKey)).one()
    assert row.digest == hashlib.sha256(text.encode()).hexdigest()
    secret = text.removeprefix(row.prefix)
    kept = [str(value) for value in row.model_dump().values()]
    audited = [str(entry.detail) for entry in session.exec(select(AuditEntry))]
    assert not any(secret in value for value in kept + audited)


def test_opens_its_scopes_alone(session: Session) -> None:
    text = apikeys.issue(session, US, "收银机", ["order:write", "order:read"]).text
    actor = apikeys.holder(session, text)
    assert actor is not None
    assert actor.may(Permission.ORDER_WRITE)
    assert not actor.may(Permission.CUSTOMER_READ)


@pytest.mark.parametrize("spoil", [lambda t: t[:-1], lambda t: t + "x", lambda t: "", str.upper])
def test_anything_else_opens_nothing(session: Session, spoil: object) -> None:
    text = apikeys.issue(session, US, "收银机", ["order:read"]).text
    assert callable(spoil)
    assert apikeys.holder(session, spoil(text)) is None


def test_a_revoked_key_opens_nothing(session: Session) -> None:
    issued = apikeys.issue(session, US, "收银机", ["order:read"])
    first = apikeys.revoke(session, US, issued.row.prefix).revoked_at
    assert apikeys.revoke(session, US, issued.row.prefix).revoked_at == first
    assert apikeys.holder(session, issued.text) is None


@pytest.mark.parametrize("scopes", [[], ["order:write", "order:burn"]])
def test_a_scope_has_to_exist(session: Session, scopes: list[str]) -> None:
    with pytest.raises(apikeys.UnknownScope):
        apikeys.issue(session, US, "收银机", scopes)


def test_only_who_sets_up_the_shop_has_to_do_with_keys(session: Session) -> None:
    assistant = acting(a_staff(session))
    with pytest.raises(Forbidden):
        apikeys.issue(session, assistant, "我的", ["order:read"])
    with pytest.raises(Forbidden):
        apikeys.everything(session, assistant)
    with pytest.raises(Forbidden):
        apikeys.revoke(session, assistant, "dy_1")


def test_an_unknown_key_cannot_be_revoked(session: Session) -> None:
    with pytest.raises(apikeys.KeyNotFound):
        apikeys.revoke(session, US, "dy_none")
