"""Callbacks sealed as a platform would, or as somebody would who knows a part of its secrets."""

import hashlib
import secrets
import time
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import httpx
import xmltodict
from wechatpy.crypto import PrpCrypto, WeChatCrypto

from channels import metrics
from crm_core.settings import Settings, settings

# The other's key: 43 characters, as in the platforms' own documentation.
OTHER_KEY = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"


@dataclass(frozen=True)
class Account:
    """What a platform knows of one of our channels."""

    channel: str
    token: str
    key: str
    receiver: str

    @classmethod
    def of(cls, channel: str, given: Settings | None = None) -> "Account":
        config = given or settings()
        if channel == "oa":
            token, key, receiver = config.oa_token, config.oa_aes_key, config.oa_appid
        else:
            token, key, receiver = config.wecom_token, config.wecom_aes_key, config.wecom_corpid
        return cls(channel, token.get_secret_value(), key.get_secret_value(), receiver)

    def sealed(self, clear: str | bytes, *, at: float | None = None) -> tuple[dict[str, str], str]:
        """The query and the body of a callback."""
        crypto = PrpCrypto(WeChatCrypto(self.token, self.key, self.receiver).key)
        encrypted = crypto.encrypt(clear, self.receiver).decode()
        timestamp, nonce = str(int(at or time.time())), secrets.token_hex(8)
        query = {
            "timestamp": timestamp,
            "nonce": nonce,
            "encrypt_type": "aes",
            "signature": self.sign(timestamp, nonce),
            "msg_signature": self.sign(timestamp, nonce, encrypted),
        }
        return query, f"<xml><Encrypt>{encrypted}</Encrypt></xml>"

    def sign(self, *parts: str) -> str:
        return hashlib.sha1("".join(sorted([self.token, *parts])).encode()).hexdigest()  # noqa: S324

    def opened(self, reply: str) -> str:
        """The clear text of an encrypted answer; fails where it is under another key."""
        crypto = WeChatCrypto(self.token, self.key, self.receiver)
        values = xmltodict.parse(reply)["xml"]
        text: str = crypto.decrypt_message(
            {"Encrypt": values["Encrypt"]},
            values["MsgSignature"],
            values["TimeStamp"],
            values["Nonce"],
        )
        return text


def post(url: str, channel: str, query: dict[str, str], body: str | bytes) -> httpx.Response:
    callback = f"{url}/channels/{channel}/callback"
    content = body.encode() if isinstance(body, str) else body
    return httpx.post(callback, params=query, content=content, trust_env=False, timeout=30)


def a_text(sender: str = "oLin", *, without: str = "", **changes: Any) -> str:
    """A text message in clear; a field changed to None is left out."""
    fields = {
        "ToUserName": "gh_1",
        "FromUserName": sender,
        "CreateTime": str(int(time.time())),
        "MsgType": "text",
        "Content": "你好",
        "MsgId": secrets.randbelow(10**15),
    } | changes
    kept = {k: v for k, v in fields.items() if v is not None and k != without}
    inner = "".join(f"<{k}>{v}</{k}>" for k, v in kept.items())
    return f"<xml>{inner}</xml>"


def refused(channel: str) -> dict[str, float]:
    """How often a channel has refused something, by reason."""
    samples = [sample for family in metrics.REFUSED.collect() for sample in family.samples]
    return {
        sample.labels["reason"]: sample.value
        for sample in samples
        if sample.name.endswith("_total") and sample.labels["channel"] == channel
    }


def is_refusal(answer: httpx.Response) -> bool:
    """Whether it says no, and nothing more."""
    status = answer.status_code
    return (
        HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR and not answer.content
    )
