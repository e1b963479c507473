"""Documented calls are taken, and answered with the documented names and types."""

from typing import Any

import pytest

from tests.channels.sandbox.platform import (
    CUSTOMER,
    NUMBER,
    OPENID,
    OPENID2,
    STAFF,
    USERID,
    Platform,
)
from tests.channels.sandbox.recorded import calls, fill_in, shape

OA, WECOM = calls("oa"), calls("wecom")


def call(platform: Platform, root: str, name: str, recorded: Any, token: str) -> Any:
    known = platform.accounts
    secret = known.oa_secret if root == "/oa" else known.wecom_secret
    values = {
        "APPID": known.oa_appid, "CORPID": known.wecom_corpid, "SECRET": secret,
        "OPENID": OPENID, "OPENID2": OPENID2, "USERID": USERID,
    }  # fmt: skip
    method, path = name.split(" ")
    query = {"access_token": token} | fill_in(recorded.get("query", {}), values)
    body = fill_in(recorded.get("body"), values)
    answer = platform.http.request(method, root + path, params=query, json=body)
    assert answer.status_code == 200
    return answer.json()


@pytest.mark.parametrize("name", OA)
def test_official_account(platform: Platform, name: str) -> None:
    platform.post("/personas", CUSTOMER | {"unionid": "oUnion1"})
    platform.say(CUSTOMER)
    answer = call(platform, "/oa", name, OA[name], platform.oa_token())
    assert shape(answer) == shape(OA[name]["answer"])
    assert answer.get("errcode", 0) == 0


@pytest.mark.parametrize("name", WECOM)
def test_wecom(platform: Platform, name: str) -> None:
    answer = call(platform, "/wecom", name, WECOM[name], platform.wecom_token())
    assert shape(answer) == shape(WECOM[name]["answer"])
    assert answer["errcode"] == 0


def test_people_have_the_identities_that_tests_use(platform: Platform) -> None:
    known = {phone["persona"]["id"]: phone["persona"] for phone in platform.get("/phones")}
    assert known[CUSTOMER["id"]]["phone"] == NUMBER
    assert known[STAFF["id"]]["userid"] == USERID
