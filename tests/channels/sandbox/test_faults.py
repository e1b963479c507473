"""Faults of the APIs on demand."""

from typing import Any

import httpx
import pytest

from tests.channels.sandbox.platform import CUSTOMER, STAFF, Platform


@pytest.fixture
def talking(platform: Platform) -> Platform:
    """A stand-in whose customer just wrote, with both tokens fetched."""
    platform.say(CUSTOMER)
    platform.oa_token()
    platform.wecom_token()
    return platform


@pytest.mark.parametrize(
    ("kind", "code"), [("busy", -1), ("quota", 45009), ("token_expired", 42001)]
)
def test_the_next_calls_get_the_code(talking: Platform, kind: str, code: int) -> None:
    talking.post("/faults", {"kind": kind, "times": 2, "where": "message/"})
    assert [talking.custom()["errcode"] for _ in range(3)] == [code, code, 0]
    assert len(talking.received(CUSTOMER)) == 1


def test_wecom_fails_alike(talking: Platform) -> None:
    talking.post("/faults", {"kind": "busy", "where": "/wecom/cgi-bin/message/send"})
    assert [talking.app_text()["errcode"] for _ in range(2)] == [-1, 0]
    assert len(talking.received(STAFF)) == 1


def test_a_server_error_is_no_json_code(talking: Platform) -> None:
    talking.post("/faults", {"kind": "server_error", "where": "/oa/cgi-bin/token"})
    assert talking.http.get("/oa/cgi-bin/token").status_code == 502
    assert talking.http.get("/oa/cgi-bin/token").status_code == 200


def test_a_timeout_leaves_the_caller_waiting(talking: Platform) -> None:
    talking.post("/faults", {"kind": "timeout", "where": "custom/send"})
    with pytest.raises(httpx.ReadTimeout):
        impatient(talking)
    assert talking.received(CUSTOMER) == []


def test_a_timeout_after_the_fact_did_send(talking: Platform) -> None:
    talking.post("/faults", {"kind": "timeout", "where": "custom/send", "after": True})
    with pytest.raises(httpx.ReadTimeout):
        impatient(talking)
    assert len(talking.received(CUSTOMER)) == 1


def test_a_timeout_ends_by_itself(talking: Platform) -> None:
    talking.post("/faults", {"kind": "timeout", "where": "custom/send", "seconds": 0.05})
    assert impatient(talking).status_code == 504


@pytest.mark.parametrize(
    ("kind", "code"), [("busy", "isp.SYSTEM_ERROR"), ("quota", "isv.BUSINESS_LIMIT_CONTROL")]
)
def test_sms_has_codes_of_its_own(talking: Platform, kind: str, code: str) -> None:
    talking.post("/faults", {"kind": kind, "where": "/sms"})
    assert talking.http.get("/sms").json()["Code"] == code


def test_faults_can_be_listed_and_cleared(talking: Platform) -> None:
    busy = {"kind": "busy", "times": 3, "where": "custom/send"}
    talking.post("/faults", [busy, {"kind": "quota", "where": "mass/send"}])
    talking.custom()
    listed = talking.get("/faults")
    assert [(fault["kind"], fault["times"]) for fault in listed] == [("busy", 2), ("quota", 1)]
    talking.http.delete("/control/faults")
    assert talking.custom()["errcode"] == 0


@pytest.mark.parametrize("body", [{"kind": "gremlins"}, {"kind": "busy", "times": 0}])
def test_unknown_faults_are_refused(talking: Platform, body: dict[str, Any]) -> None:
    assert talking.http.post("/control/faults", json=body).status_code == 422


def impatient(platform: Platform) -> httpx.Response:
    query = {"access_token": platform.oa_token()}
    body = {"touser": CUSTOMER["openid"], "msgtype": "text", "text": {"content": "在"}}
    return platform.http.post(
        "/oa/cgi-bin/message/custom/send", params=query, json=body, timeout=0.3
    )
