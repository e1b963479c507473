"""A tiny receiving side, built on wechatpy alone: it verifies, decrypts, records and answers."""

import asyncio
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from xml.etree import ElementTree as ET

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from wechatpy.crypto import WeChatCrypto
from wechatpy.enterprise.crypto import WeChatCrypto as WecomCrypto
from wechatpy.exceptions import InvalidSignatureException
from wechatpy.utils import check_signature

from channels.sandbox.config import Accounts

OA = "/channels/oa/callback"
WECOM = "/channels/wecom/callback"


@dataclass(frozen=True)
class Received:
    """One callback: its query, its body as it came, and the message in the clear."""

    path: str
    query: Mapping[str, str]
    body: str
    xml: str

    @property
    def message(self) -> dict[str, str]:
        root = ET.fromstring(self.xml)  # noqa: S314 - made by the stand-in
        return {child.tag: child.text or "" for child in root}


@dataclass(frozen=True)
class Answer:
    """What to answer with: a message to seal, or `raw` bytes as they are."""

    message: str = ""
    raw: bytes | None = None
    status: int = 200
    delay_seconds: float = 0


@dataclass
class Gateway:
    """Records callbacks; `answers` are used up in order, `always` after that."""

    accounts: Accounts
    received: list[Received] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    always: Callable[[Received], Answer] = lambda _: Answer(raw=b"success")
    _more: threading.Condition = field(default_factory=threading.Condition)

    def reset(self, accounts: Accounts) -> None:
        self.accounts = accounts
        self.received.clear()
        self.answers.clear()
        self.always = lambda _: Answer(raw=b"success")

    def wait_for(self, count: int) -> Received:
        """The callback with this number (from 1), once it has come."""
        with self._more:
            assert self._more.wait_for(lambda: len(self.received) >= count, timeout=10)
            return self.received[count - 1]

    def app(self) -> Starlette:
        routes = [Route(path, self._called, methods=["GET", "POST"]) for path in (OA, WECOM)]
        return Starlette(routes=routes)

    async def _called(self, request: Request) -> Response:
        query, body = dict(request.query_params), (await request.body()).decode()
        if request.method == "GET":
            try:
                return PlainTextResponse(self._echo(request.url.path, query))
            except InvalidSignatureException:
                return Response(status_code=403)
        got = Received(request.url.path, query, body, self._clear(request.url.path, query, body))
        with self._more:
            self.received.append(got)
            self._more.notify_all()
        answer = self.answers.pop(0) if self.answers else self.always(got)
        await asyncio.sleep(answer.delay_seconds)
        raw = self._seal(got.path, answer.message) if answer.raw is None else answer.raw
        return Response(raw, answer.status)

    def _echo(self, path: str, query: dict[str, str]) -> str:
        timestamp, nonce = query["timestamp"], query["nonce"]
        if path == OA:
            check_signature(self.accounts.oa_token, query["signature"], timestamp, nonce)
            return query["echostr"]
        signature = query["msg_signature"]
        echo: str = self._wecom().check_signature(signature, timestamp, nonce, query["echostr"])
        return echo

    def _clear(self, path: str, query: dict[str, str], body: str) -> str:
        timestamp, nonce = query["timestamp"], query["nonce"]
        if path == OA:
            check_signature(self.accounts.oa_token, query["signature"], timestamp, nonce)
            if self.accounts.oa_mode == "plain":
                return body
        crypto = self._oa() if path == OA else self._wecom()
        signature = query["msg_signature"]
        clear: str = crypto.decrypt_message(body, signature, timestamp, nonce)
        return clear

    def _seal(self, path: str, message: str) -> bytes:
        if path == OA and self.accounts.oa_mode == "plain":
            return message.encode()
        crypto = self._oa() if path == OA else self._wecom()
        sealed: str = crypto.encrypt_message(message, "n0nce", str(int(time.time())))
        return sealed.encode()

    def _oa(self) -> WeChatCrypto:
        known = self.accounts
        return WeChatCrypto(known.oa_token, known.oa_aes_key, known.oa_appid)

    def _wecom(self) -> WecomCrypto:
        known = self.accounts
        return WecomCrypto(known.wecom_token, known.wecom_aes_key, known.wecom_corpid)


def a_reply(to: str, sender: str, content: str, kind: str = "text", *, body: str = "") -> str:
    """A passive reply as a gateway writes it."""
    inside = body or f"<Content><![CDATA[{content}]]></Content>"
    return (
        f"<xml><ToUserName><![CDATA[{to}]]></ToUserName>"
        f"<FromUserName><![CDATA[{sender}]]></FromUserName><CreateTime>1772000000</CreateTime>"
        f"<MsgType><![CDATA[{kind}]]></MsgType>{inside}</xml>"
    )
