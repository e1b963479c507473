"""Both callbacks under real encryption: which keys are accepted, and what is refused unharmed."""

import time
from collections.abc import Iterator
from dataclasses import replace
from http import HTTPStatus

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import Engine
from sqlmodel import Session, SQLModel, func, select

from channels.callback import STALE_SECONDS
from crm_core.customers.models import Customer
from crm_core.inbound.models import Inbound
from tests.channels.sealed import OTHER_KEY, Account, a_text, is_refusal, post, refused
from tests.channels.stage import Stage, stage
from tests.factories import a_staff

CHANNELS = ["oa", "wecom"]


@pytest.fixture
def on_stage(monkeypatch: pytest.MonkeyPatch, engine: Engine, session: Session) -> Iterator[Stage]:
    chen = a_staff(session, "陈静")
    chen.wecom_userid = "oLin"  # one sender for both channels
    session.add(chen)
    session.commit()
    with stage(monkeypatch) as made:
        yield made


def rows(session: Session, kind: type[SQLModel]) -> int:
    session.rollback()
    return session.exec(select(func.count()).select_from(kind)).one()


@pytest.mark.parametrize("channel", CHANNELS)
class TestKeys:
    def test_an_answer_is_under_the_key_of_the_question(
        self, on_stage: Stage, channel: str
    ) -> None:
        account = Account.of(channel)
        answer = post(on_stage.url, channel, *account.sealed(a_text()))
        assert "收到：你好" in account.opened(answer.text)

    def test_the_key_before_still_opens_and_answers(
        self, monkeypatch: pytest.MonkeyPatch, engine: Engine, session: Session, channel: str
    ) -> None:
        a_staff(session, "陈静").wecom_userid = "oLin"
        session.commit()
        monkeypatch.setenv(f"DIANYU_{channel.upper()}_AES_KEY_PREVIOUS", OTHER_KEY)
        with stage(monkeypatch) as made:
            before = replace(Account.of(channel), key=OTHER_KEY)
            answer = post(made.url, channel, *before.sealed(a_text()))
            assert "收到：你好" in before.opened(answer.text)
            now = Account.of(channel)
            assert "收到：你好" in now.opened(post(made.url, channel, *now.sealed(a_text())).text)

    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"key": OTHER_KEY}, "undecryptable"),
            ({"receiver": "wx0000000000000000"}, "undecryptable"),
            ({"token": "another"}, "signature"),
        ],
    )
    def test_anybody_elses_message_is_refused(
        self, on_stage: Stage, session: Session, channel: str, changes: dict[str, str], reason: str
    ) -> None:
        before = refused(channel).get(reason, 0)
        account = replace(Account.of(channel), **changes)
        assert is_refusal(post(on_stage.url, channel, *account.sealed(a_text())))
        assert refused(channel)[reason] == before + 1
        assert rows(session, Inbound) == 0

    @pytest.mark.parametrize("late_by", [STALE_SECONDS + 60, -STALE_SECONDS - 60])
    def test_more_than_an_hour_away_is_stale(
        self, on_stage: Stage, session: Session, channel: str, late_by: int
    ) -> None:
        sealed = Account.of(channel).sealed(a_text(), at=time.time() - late_by)
        assert is_refusal(post(on_stage.url, channel, *sealed))
        assert rows(session, Inbound) == 0

    def test_within_the_hour_it_is_taken(self, on_stage: Stage, channel: str) -> None:
        sealed = Account.of(channel).sealed(a_text(), at=time.time() - STALE_SECONDS + 60)
        assert post(on_stage.url, channel, *sealed).is_success


@pytest.mark.parametrize("channel", CHANNELS)
class TestHostileContents:
    """Well sealed, so the platform (or who stole its key) wrote it; what is inside is bad."""

    @pytest.mark.parametrize("name", ["ToUserName", "FromUserName", "CreateTime", "MsgType"])
    def test_a_missing_field_is_refused_before_anything_is_done(
        self, on_stage: Stage, session: Session, channel: str, name: str
    ) -> None:
        sealed = Account.of(channel).sealed(a_text(without=name))
        assert is_refusal(post(on_stage.url, channel, *sealed))
        assert rows(session, Inbound) == 0
        assert on_stage.rasa.turns == []

    @pytest.mark.parametrize(
        "clear",
        [
            "",
            "你好",
            "<xml></xml>",
            "<xml><MsgType>text</xml>",
            "<other><MsgType>text</MsgType></other>",
            '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><xml><Content>&e;</Content></xml>',
            b"<xml><MsgType>text</MsgType><Content>\xff\xfe</Content></xml>",
            "<xml>" + "<a>" * 20_000 + "</a>" * 20_000 + "</xml>",
            a_text(FromUserName="<a>oLin</a>"),
            a_text(CreateTime="soon"),
            a_text(CreateTime="9" * 5000),
            a_text(CreateTime="-99999999999999"),
            a_text(MsgType="event"),
            a_text(FromUserName="a</FromUserName><FromUserName>b"),
        ],
    )
    def test_bad_contents_are_refused(
        self, on_stage: Stage, session: Session, channel: str, clear: str | bytes
    ) -> None:
        answer = post(on_stage.url, channel, *Account.of(channel).sealed(clear))
        assert is_refusal(answer)
        assert rows(session, Inbound) == 0

    def test_a_time_of_any_length_is_refused(self, on_stage: Stage, channel: str) -> None:
        query, body = Account.of(channel).sealed(a_text())
        assert is_refusal(post(on_stage.url, channel, query | {"timestamp": "9" * 5000}, body))

    def test_a_body_of_a_megabyte_is_refused(self, on_stage: Stage, channel: str) -> None:
        query, _ = Account.of(channel).sealed(a_text())
        before = refused(channel).get("too_long", 0)
        assert is_refusal(post(on_stage.url, channel, query, b"x" * 1_000_000))
        assert refused(channel)["too_long"] == before + 1

    def test_an_unknown_kind_is_accepted(self, on_stage: Stage, channel: str) -> None:
        sealed = Account.of(channel).sealed(a_text(MsgType="hologram", Content=None))
        assert post(on_stage.url, channel, *sealed).status_code == HTTPStatus.OK


@pytest.mark.parametrize("channel", CHANNELS)
@hypothesis_settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(clear=st.one_of(st.text(), st.binary(), st.dictionaries(
    st.sampled_from(["MsgType", "Event", "EventKey", "FromUserName", "ToUserName", "CreateTime",
                     "MsgId", "Content", "TaskId", "SelectedItems"]),
    st.one_of(st.just("event"), st.just("text"), st.just("template_card_event"), st.just("CLICK"),
              st.just("1760000000"), st.text(alphabet="<>&]!a1 /", max_size=12)),
).map(lambda fields: "<xml>" + "".join(f"<{k}>{v}</{k}>" for k, v in fields.items()) + "</xml>"),
))  # fmt: skip
def test_whatever_is_inside_nothing_breaks(
    on_stage: Stage, channel: str, clear: str | bytes
) -> None:
    account = Account.of(channel)
    answer = post(on_stage.url, channel, *account.sealed(clear))
    assert answer.is_success or is_refusal(answer)
    query, _ = account.sealed("")
    raw = clear.encode() if isinstance(clear, str) else clear
    assert is_refusal(post(on_stage.url, channel, query, raw))


class TestWords:
    def test_markup_that_somebody_wrote_is_their_words(self, on_stage: Stage) -> None:
        sealed = Account.of("oa").sealed(a_text(Content="<![CDATA[<!DOCTYPE 我> <b>&amp;]]>"))
        answer = post(on_stage.url, "oa", *sealed)
        assert "收到：<!DOCTYPE 我> <b>&amp;" in Account.of("oa").opened(answer.text)


@pytest.mark.parametrize("event", ["MASSSENDJOBFINISH", "VIEW", "LOCATION", "something_new"])
def test_a_notice_of_the_platform_is_accepted_and_makes_nobody_a_customer(
    on_stage: Stage, session: Session, event: str
) -> None:
    clear = a_text("mphelper", MsgType="event", Event=event, Content=None, MsgId=None)
    answer = post(on_stage.url, "oa", *Account.of("oa").sealed(clear))
    assert (answer.status_code, answer.text) == (HTTPStatus.OK, "success")
    assert (rows(session, Customer), rows(session, Inbound)) == (0, 0)


def test_a_strangers_event_is_not_answered(on_stage: Stage) -> None:
    clear = a_text("Nobody", MsgType="event", Event="enter_agent", Content=None, MsgId=None)
    answer = post(on_stage.url, "wecom", *Account.of("wecom").sealed(clear))
    assert (answer.status_code, answer.content) == (HTTPStatus.OK, b"")


def test_mode_both_takes_clear_and_encrypted(
    monkeypatch: pytest.MonkeyPatch, engine: Engine
) -> None:
    with stage(monkeypatch, OA_MODE="both") as made:
        account = Account.of("oa")
        query, body = account.sealed(a_text())
        assert "收到：你好" in account.opened(post(made.url, "oa", query, body).text)
        clear = {name: query[name] for name in ("timestamp", "nonce", "signature")}
        assert "收到：你好" in post(made.url, "oa", clear, a_text()).text
