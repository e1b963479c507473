from sqlalchemy import Engine

import app.cli.apikey
import app.cli.webhook
from crm_core.apikeys import service as apikeys
from crm_core.authz import system
from crm_core.db import reading, unit_of_work
from crm_core.webhooks import service as webhooks
from tests.app.commands import dianyu

assert app.cli.apikey
assert app.cli.webhook
PREFIX = len("dy_00000000")


def test_a_key_is_shown_once_and_opens_until_it_is_revoked(engine: Engine) -> None:
    text = dianyu("apikey", "add", "收银机3号", "--scope", "order:write").stdout.strip()
    listed = dianyu("apikey", "list").output
    assert text[:PREFIX] in listed
    assert text[PREFIX:] not in listed
    with reading() as session:
        assert apikeys.holder(session, text) is not None
    assert "已吊销" in dianyu("apikey", "revoke", text[:PREFIX]).output
    with reading() as session:
        assert apikeys.holder(session, text) is None


def test_an_unknown_scope_is_named(engine: Engine) -> None:
    refused = dianyu("apikey", "add", "x", "--scope", "order:burn", fails=True)
    assert "order:burn" in refused.output
    assert "order:write" in dianyu("apikey", "scopes").output


def test_a_delivery_is_seen_and_made_again(engine: Engine) -> None:
    added = dianyu("webhook", "add", "https://partner.example.com/x", "--event", "order.taken")
    assert added.stdout.startswith("whsec_")
    with unit_of_work() as session:
        webhooks.emit(session, "order.taken", {"order_no": "DD1"}, ref="r1")
    assert "order.taken" in dianyu("webhook", "deliveries", "--state", "pending").output
    assert "已排队" in dianyu("webhook", "replay", "1").output
    dianyu("webhook", "remove", "1")
    with reading() as session:
        assert webhooks.everything(session, system("test")) == []
    assert "partner.example.com" not in dianyu("webhook", "list").output
