from http import HTTPStatus

import httpx
import pytest
from sqlmodel import Session, func, select

from app import wiring
from channels import metrics
from channels.wecom.callback import STRANGER
from crm_core.alerts import service as alerts
from crm_core.alerts.models import Alert, AlertKind, AlertState
from crm_core.authz import system
from crm_core.inbound.models import Inbound
from crm_core.outbox import jobs as outbox
from crm_core.outbox.models import Outbound, OutboundState
from crm_core.settings import settings
from crm_core.staff.models import Staff
from tests.channels.oa.test_callback import signed
from tests.channels.stage import Stage
from tests.channels.wecom.conftest import BOSS, CHEN
from tests.factories import a_customer


class TestAnswers:
    def test_staff_are_answered_in_their_role(self, on_stage: Stage) -> None:
        assert on_stage.shown(CHEN, "今天要回访谁") == ["收到：今天要回访谁"]
        assert on_stage.shown(BOSS, "今天卖得怎么样") == ["收到：今天卖得怎么样"]
        assert [turn["role"] for turn in on_stage.rasa.turns] == ["assistant", "manager"]

    def test_a_repeat_gets_the_same_answer_and_changes_nothing(self, on_stage: Stage) -> None:
        answers = [on_stage.shown(CHEN, "你好", message_id="m1") for _ in range(3)]
        assert answers == [["收到：你好"]] * 3
        assert len(on_stage.rasa.turns) == 1

    def test_a_stranger_gets_one_polite_text_and_is_counted(
        self, on_stage: Stage, session: Session
    ) -> None:
        on_stage.register(id="nobody", name="路人", role="assistant", userid="Nobody")
        before = metrics.STRANGERS._value.get()  # noqa: SLF001
        assert on_stage.shown("nobody", "王女士积分多少") == [STRANGER]
        assert metrics.STRANGERS._value.get() == before + 1  # noqa: SLF001
        assert session.exec(select(func.count()).select_from(Inbound)).one() == 0

    def test_somebody_who_has_left_is_a_stranger(self, on_stage: Stage, session: Session) -> None:
        chen = session.exec(select(Staff).where(Staff.name == "陈静")).one()
        chen.left = True
        session.commit()
        assert on_stage.shown(CHEN, "你好") == [STRANGER]

    def test_entering_the_app_says_nothing(self, on_stage: Stage) -> None:
        assert on_stage.say(CHEN, kind="enter_agent")["shown"] == []


class TestCards:
    def test_a_click_acts_once_and_changes_the_card(
        self, on_stage: Stage, session: Session
    ) -> None:
        alert = _an_alert(session)
        with wiring.plug_in(settings()):
            _deliver(session)
            card = on_stage.phone(BOSS)[-1]
            assert card["card"]["card_type"] == "button_interaction"
            accept = next(b["key"] for b in card["buttons"] if b["title"] == "受理")
            for _ in range(2):
                tap = {"persona": BOSS, "index": card["index"], "key": accept}
                on_stage.http.post("/control/clicks", json=tap, timeout=30)
            _deliver(session)
        session.refresh(alert)
        assert alert.state is AlertState.ACCEPTED
        assert "赵敏" in str(on_stage.phone(BOSS)[card["index"]]["card"])


def _an_alert(session: Session) -> Alert:
    chen = session.exec(select(Staff).where(Staff.name == "陈静")).one()
    customer = a_customer(session, "林晓月", assistant=chen)
    new = alerts.New(
        AlertKind.LOW_SCORE, customer.id, alerts.Facts("服务 1 分"), store_id=customer.store_id
    )
    made = alerts.raise_(session, system("test"), new, ref="rating:1")
    session.commit()
    return made


def _deliver(session: Session) -> None:
    """What the worker on the urgent queue does."""
    session.rollback()
    pending = select(Outbound.id).where(Outbound.state == OutboundState.PENDING)
    for outbound_id in session.exec(pending).all():
        outbox.deliver(outbound_id)
    session.rollback()


class TestBadInput:
    def test_a_url_check_is_answered_with_the_clear_text(self, on_stage: Stage) -> None:
        assert on_stage.http.post("/control/url-check/wecom").json() == {"ok": True}

    @pytest.mark.parametrize(
        "body", [b"", b"<xml/>", b"<xml><Encrypt>abc</Encrypt></xml>", b"\xff", b"<xml>&e;</xml>"]
    )
    def test_a_bad_body_is_refused(self, on_stage: Stage, session: Session, body: bytes) -> None:
        params = signed() | {"msg_signature": "0" * 40}
        answer = httpx.post(f"{on_stage.url}/channels/wecom/callback", params=params, content=body)
        assert HTTPStatus.BAD_REQUEST <= answer.status_code < HTTPStatus.INTERNAL_SERVER_ERROR
        assert session.exec(select(func.count()).select_from(Inbound)).one() == 0
