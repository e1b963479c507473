"""Aliyun's SMS API: SendSms of dysmsapi 2017-05-25, with its RPC signature (version 1.0)."""

import base64
import hashlib
import hmac
import secrets
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import httpx
import orjson

from channels import metrics
from crm_core.outbox.ports import SendError, Unanswered
from crm_core.settings import Settings

_TIMEOUT = httpx.Timeout(6.0, connect=2.0)  # the API asks for at least 1 s
# A flow-control refusal may pass; all others need a person (help.aliyun.com 55284).
_PASSING = frozenset({"isv.BUSINESS_LIMIT_CONTROL", "isp.SYSTEM_ERROR", "Throttling"})


class Client:
    """Sends one template message to one number."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._http = httpx.Client(timeout=_TIMEOUT)

    def send(self, phone: str, text: str, out_id: str) -> str:
        """Send the configured template with `content`; returns the platform's id.

        The API is not idempotent: a call that was cut off must not be repeated.

        Raises:
            SendError: refused, or not reached.
            Unanswered: cut off.
        """
        query = self._signed(phone.removeprefix("+86"), text, out_id)
        try:
            answer = self._http.post(f"{self._settings.sms_api_base}/", data=query)
            given: dict[str, Any] = answer.json()
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise SendError("not reached", permanent=False) from error
        except (httpx.HTTPError, ValueError) as error:
            metrics.API_CALLS.labels("sms", "cut_off").inc()
            raise Unanswered(type(error).__name__) from error
        code = str(given.get("Code"))
        metrics.API_CALLS.labels("sms", code).inc()
        if code != "OK":
            raise SendError(code, permanent=code not in _PASSING)
        return str(given.get("BizId", ""))

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _signed(self, phone: str, text: str, out_id: str) -> dict[str, str]:
        settings = self._settings
        query = {
            "AccessKeyId": settings.sms_access_key_id,
            "Action": "SendSms",
            "Format": "JSON",
            "OutId": out_id,
            "PhoneNumbers": phone,
            "SignName": settings.sms_sign_name,
            "SignatureMethod": "HMAC-SHA1",
            "SignatureNonce": secrets.token_hex(16),
            "SignatureVersion": "1.0",
            "TemplateCode": settings.sms_template_code,
            "TemplateParam": orjson.dumps({"content": text}).decode(),
            "Timestamp": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "Version": "2017-05-25",
        }
        secret = settings.sms_access_key_secret.get_secret_value()
        return query | {"Signature": signature(query, secret)}


def signature(query: dict[str, str], secret: str) -> str:
    """Aliyun's RPC signature, version 1.0, of a POST with these parameters."""
    sorted_query = "&".join(f"{_encode(name)}={_encode(query[name])}" for name in sorted(query))
    to_sign = f"POST&{_encode('/')}&{_encode(sorted_query)}"
    made = hmac.new(f"{secret}&".encode(), to_sign.encode(), hashlib.sha1)
    return base64.b64encode(made.digest()).decode()


def _encode(text: str) -> str:
    return quote(text, safe="-_.~")
