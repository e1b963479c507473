"""Aliyun's SendSms (dysmsapi, 2017-05-25): `GET` or `POST /sms`."""

import json
import re
import uuid
from typing import Any
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from channels.sandbox.calls import TheWorld
from channels.sandbox.phones import Item, bare_number
from channels.sandbox.sms import signature
from channels.sandbox.sms.ledger import Text
from channels.sandbox.sms.signature import Asked
from channels.sandbox.world import World

_VERSION = "2017-05-25"
_MOBILE = re.compile(r"1[3-9]\d{9}")
_PLACE = re.compile(r"\$\{(\w+)\}")

router = APIRouter(tags=["SMS"])


class Denied(Exception):
    """The request does not reach the API; `status` is an HTTP status."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(code)
        self.status, self.code, self.message = status, code, message


class NotSent(Exception):
    """The API refuses: an error code with status 200."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code)
        self.code, self.message = code, message


@router.api_route("/sms", methods=["GET", "POST"])
@router.api_route("/sms/", methods=["GET", "POST"])
async def call(world: TheWorld, request: Request) -> JSONResponse:
    asked = await _read(request)
    try:
        _authenticate(world, asked)
        sent = _send(world, asked.parameters)
    except Denied as error:
        world.count("api_errors", error.code)
        host = asked.headers.get("host", "")
        return _answer(error.status, error.code, error.message, HostId=host)
    except NotSent as error:
        world.count("api_errors", error.code)
        return _answer(200, error.code, error.message)
    return _answer(200, "OK", "OK", BizId=sent)


async def _read(request: Request) -> Asked:
    body = await request.body()
    is_form = "form-urlencoded" in request.headers.get("content-type", "")
    form = dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True)) if is_form else {}
    headers = {name.lower(): value for name, value in request.headers.items()}
    query = dict(request.query_params)
    return Asked(request.method, request.url.path, query, form, headers, body)


def _authenticate(world: World, asked: Asked) -> None:
    action = asked.headers.get("x-acs-action") or asked.parameters.get("Action", "")
    version = asked.headers.get("x-acs-version") or asked.parameters.get("Version", "")
    if (action, version) != ("SendSms", _VERSION):
        raise Denied(404, "InvalidAction.NotFound", "Specified api is not found.")
    if signature.key_id(asked) != world.accounts.sms_access_key_id:
        raise Denied(404, "InvalidAccessKeyId.NotFound", "Specified access key is not found.")
    if not signature.is_signed(asked, world.accounts.sms_access_key_secret):
        raise Denied(400, "SignatureDoesNotMatch", "Specified signature is not matched.")
    nonce = signature.nonce(asked)
    if not nonce or nonce in world.sms_nonces:
        raise Denied(400, "SignatureNonceUsed", "Specified signature nonce was used already.")
    world.sms_nonces.add(nonce)


def _send(world: World, parameters: dict[str, str]) -> str:
    """Put the text on the phones and return the BizId of the receipt."""
    numbers = _numbers(world, parameters)
    text = _text(world, parameters)
    words = _filled(text.template.text, parameters.get("TemplateParam", ""))
    now = world.clock.now()
    if not all(world.sms.may_get(number, text, now) for number in numbers):
        raise NotSent("isv.BUSINESS_LIMIT_CONTROL", "触发业务流控")
    for number in numbers:
        world.sms.add(number, text, now)
        if phone := world.phones.number(number):
            world.show(phone, Item(kind="text", text=f"【{text.sign}】{words}"), "sms", "sms")
        else:
            world.count("dropped", "sms_unknown_number")
    return f"{world.next_id()}^0"


def _numbers(world: World, parameters: dict[str, str]) -> list[str]:
    if not parameters.get("PhoneNumbers"):
        raise Denied(400, "MissingPhoneNumbers", "PhoneNumbers is mandatory for this action.")
    numbers = [bare_number(each) for each in parameters["PhoneNumbers"].split(",")]
    if len(numbers) > world.limits.sms_receivers:
        raise NotSent("isv.MOBILE_COUNT_OVER_LIMIT", "手机号码数量超过限制")
    if not all(_MOBILE.fullmatch(number) for number in numbers):
        raise NotSent("isv.MOBILE_NUMBER_ILLEGAL", "非法手机号")
    return numbers


def _text(world: World, parameters: dict[str, str]) -> Text:
    sign, code = parameters.get("SignName", ""), parameters.get("TemplateCode", "")
    if sign not in world.accounts.sms_sign_names:
        raise NotSent("isv.SMS_SIGNATURE_ILLEGAL", "短信签名不合法")
    template = world.sms_templates.get(code)
    if template is None:
        raise NotSent("isv.SMS_TEMPLATE_ILLEGAL", "短信模板不合法")
    return Text(sign, code, template)


def _filled(template: str, raw: str) -> str:
    try:
        values = json.loads(raw or "{}")
    except ValueError:
        values = None
    if not isinstance(values, dict):
        raise NotSent("isv.INVALID_JSON_PARAM", "JSON参数不合法，只接受字符串值")
    if missing := set(_PLACE.findall(template)) - values.keys():
        raise NotSent("isv.TEMPLATE_MISSING_PARAMETERS", f"模板变量缺少对应参数值：{min(missing)}")
    if not all(isinstance(value, str) for value in values.values()):
        raise NotSent("isv.INVALID_JSON_PARAM", "JSON参数不合法，只接受字符串值")
    return _PLACE.sub(lambda place: str(values[place[1]]), template)


def _answer(status: int, code: str, message: str, **extra: Any) -> JSONResponse:
    body = {"RequestId": str(uuid.uuid4()).upper(), "Code": code, "Message": message, **extra}
    return JSONResponse(body, status)
