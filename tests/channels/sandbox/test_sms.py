"""Texts by an API shaped like Aliyun's SendSms: signatures, forms and limits."""

import hashlib
import hmac
import json
import uuid
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from channels.sandbox.sms.signature import Asked, is_signed, v1
from tests.channels.sandbox.platform import CUSTOMER, NUMBER, OTHER, Platform
from tests.channels.sandbox.recorded import calls, shape

RECORDED = calls("sms")
# The example of the vendor's page on signature V3; its key, nonce and date are public.
V3_EXAMPLE = Asked(
    "POST",
    "/",
    {"ImageId": "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd", "RegionId": "cn-shanghai"},
    {},
    {
        "host": "ecs.cn-shanghai.aliyuncs.com",
        "x-acs-action": "RunInstances",
        "x-acs-content-sha256": hashlib.sha256(b"").hexdigest(),
        "x-acs-date": "2023-10-26T10:22:32Z",
        "x-acs-signature-nonce": "3156853299f313e23d1673dc12e1703d",
        "x-acs-version": "2014-05-26",
        "authorization": (
            "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;"
            "x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version,"
            "Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
        ),
    },
    b"",
)
V1_EXAMPLE = {
    "Format": "XML",
    "AccessKeyId": "testid",
    "Action": "DescribeRegions",
    "SignatureMethod": "HMAC-SHA1",
    "SignatureNonce": "3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf",
    "SignatureVersion": "1.0",
    "Timestamp": "2016-02-23T12:46:24Z",
    "Version": "2014-05-26",
}


def rpc(platform: Platform, **changes: str) -> Any:
    """Send with the signature as a parameter, by GET."""
    query = RECORDED["SendSms"]["parameters"] | {
        "Action": "SendSms", "Version": "2017-05-25", "Format": "JSON",
        "AccessKeyId": platform.accounts.sms_access_key_id, "SignatureMethod": "HMAC-SHA1",
        "SignatureVersion": "1.0", "SignatureNonce": str(uuid.uuid4()),
        "Timestamp": "2026-03-12T06:00:00Z",
    }  # fmt: skip
    query |= changes
    asked = Asked("GET", "/sms", query, {}, {}, b"")
    query = {"Signature": v1(asked, platform.accounts.sms_access_key_secret)} | query
    return platform.http.get("/sms", params=query)


def code(platform: Platform, **changes: str) -> str:
    answer = rpc(platform, **changes)
    assert answer.status_code == 200
    text: str = answer.json()["Code"]
    return text


def acs3(platform: Platform, form: dict[str, str], secret: str) -> Any:
    """Send with the signature in the headers, as a form."""
    body = urlencode(form).encode()
    headers = {
        "host": "sms.example",
        "x-acs-action": "SendSms",
        "x-acs-content-sha256": hashlib.sha256(body).hexdigest(),
        "x-acs-date": "2026-03-12T06:00:00Z",
        "x-acs-signature-nonce": uuid.uuid4().hex,
        "x-acs-version": "2017-05-25",
    }
    names = ";".join(headers)
    lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
    canonical = f"POST\n/\n\n{lines}\n{names}\n{headers['x-acs-content-sha256']}"
    text = f"ACS3-HMAC-SHA256\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signature = hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
    headers["authorization"] = (
        f"ACS3-HMAC-SHA256 Credential={platform.accounts.sms_access_key_id},"
        f"SignedHeaders={names},Signature={signature}"
    )
    headers["content-type"] = "application/x-www-form-urlencoded"
    return platform.http.post("/sms", content=body, headers=headers)


def test_the_vendors_examples_verify() -> None:
    assert is_signed(V3_EXAMPLE, "YourAccessKeySecret")
    assert not is_signed(V3_EXAMPLE, "another")
    v1_example = Asked("GET", "/", V1_EXAMPLE, {}, {}, b"")
    assert quote(v1(v1_example, "testsecret")) == "OLeaidS1JvxuMvnyHOwuJ%2BuX5qY%3D"


def test_a_text_is_answered_and_shown(platform: Platform) -> None:
    answer = rpc(platform)
    assert shape(answer.json()) == shape(RECORDED["SendSms"]["answer"])
    item = platform.received(CUSTOMER)[0]
    assert (item["text"], item["via"], item["channel"]) == ("【店语】春季新品到店", "sms", "sms")


def test_headers_may_carry_the_signature(platform: Platform) -> None:
    form = RECORDED["SendSms"]["parameters"]
    answer = acs3(platform, form, platform.accounts.sms_access_key_secret)
    assert answer.json()["Code"] == "OK"
    assert acs3(platform, form, "wrong").json()["Code"] == "SignatureDoesNotMatch"
    assert len(platform.received(CUSTOMER)) == 1


@pytest.mark.parametrize("number", [f"+86{NUMBER}", f"0086{NUMBER}", f"86{NUMBER}"])
def test_country_prefixes(platform: Platform, number: str) -> None:
    assert code(platform, PhoneNumbers=number) == "OK"
    assert len(platform.received(CUSTOMER)) == 1


@pytest.mark.parametrize(
    ("changes", "status", "expected"),
    [
        ({"Signature": "wrong"}, 400, "SignatureDoesNotMatch"),
        ({"AccessKeyId": "nobody"}, 404, "InvalidAccessKeyId.NotFound"),
        ({"Action": "SendFax"}, 404, "InvalidAction.NotFound"),
        ({"Version": "2001-01-01"}, 404, "InvalidAction.NotFound"),
        ({"SignatureNonce": ""}, 400, "SignatureNonceUsed"),
        ({"PhoneNumbers": ""}, 400, "MissingPhoneNumbers"),
    ],
)
def test_requests_that_do_not_reach_the_api(
    platform: Platform, changes: dict[str, str], status: int, expected: str
) -> None:
    answer = rpc(platform, **changes)
    assert (answer.status_code, answer.json()["Code"]) == (status, expected)
    assert shape(answer.json()) == shape(RECORDED["denied"])


def test_a_nonce_is_used_once(platform: Platform) -> None:
    assert code(platform, SignatureNonce="n-1") == "OK"
    assert rpc(platform, SignatureNonce="n-1").json()["Code"] == "SignatureNonceUsed"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"SignName": "别家"}, "isv.SMS_SIGNATURE_ILLEGAL"),
        ({"TemplateCode": "SMS_9"}, "isv.SMS_TEMPLATE_ILLEGAL"),
        ({"TemplateParam": "{"}, "isv.INVALID_JSON_PARAM"),
        ({"TemplateParam": '{"content": 5}'}, "isv.INVALID_JSON_PARAM"),
        ({"TemplateParam": "{}"}, "isv.TEMPLATE_MISSING_PARAMETERS"),
        ({"PhoneNumbers": "12345"}, "isv.MOBILE_NUMBER_ILLEGAL"),
        ({"PhoneNumbers": ",".join([NUMBER] * 1001)}, "isv.MOBILE_COUNT_OVER_LIMIT"),
    ],
)
def test_refusals(platform: Platform, changes: dict[str, str], expected: str) -> None:
    assert code(platform, **changes) == expected
    assert platform.received(CUSTOMER) == []


def test_a_repeated_call_sends_twice(platform: Platform) -> None:
    for _ in range(2):
        code(platform, OutId="push-9")
    assert len(platform.received(CUSTOMER)) == 2


def test_fifty_a_day_of_one_template(platform: Platform) -> None:
    assert {code(platform) for _ in range(50)} == {"OK"}
    assert code(platform) == "isv.BUSINESS_LIMIT_CONTROL"
    platform.later(24 * 3600 + 1)
    assert code(platform) == "OK"


def send_code(platform: Platform) -> str:
    return code(platform, TemplateCode="SMS_CODE", TemplateParam=json.dumps({"code": "1234"}))


def test_codes_are_limited_by_minute_hour_and_day(platform: Platform) -> None:
    assert [send_code(platform) for _ in range(2)] == ["OK", "isv.BUSINESS_LIMIT_CONTROL"]
    for _ in range(4):
        platform.later(61)
        assert send_code(platform) == "OK"
    platform.later(61)
    assert send_code(platform) == "isv.BUSINESS_LIMIT_CONTROL"
    for _ in range(5):
        platform.later(3601)
        assert send_code(platform) == "OK"
    platform.later(3601)
    assert send_code(platform) == "isv.BUSINESS_LIMIT_CONTROL"


def test_numbers_of_nobody_are_taken_and_counted(platform: Platform) -> None:
    platform.post("/personas", OTHER | {"phone": "13900000001"})
    assert code(platform, PhoneNumbers="13900000001,13900000002") == "OK"
    assert len(platform.received(OTHER)) == 1
    assert platform.counter("dropped", "sms_unknown_number") == 1


def test_new_templates_can_be_registered(platform: Platform) -> None:
    platform.post("/templates", {"sms": {"SMS_7": {"text": "生日快乐", "kind": "marketing"}}})
    assert code(platform, TemplateCode="SMS_7") == "OK"
    assert platform.received(CUSTOMER)[0]["text"] == "【店语】生日快乐"
