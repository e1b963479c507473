"""What the platform does to a gateway: encrypted messages in, encrypted replies out."""

import secrets
import time
from urllib.parse import urlencode

import xmltodict
from wechatpy.crypto import WeChatCrypto
from wechatpy.utils import WeChatSigner

from benchmarks.chat_load import Connection, Failed
from crm_core.settings import Settings

PATH = "/channels/oa/callback"


class Platform:
    """The official account's side of the callback, under the account's key."""

    def __init__(self, config: Settings) -> None:
        self._token = config.oa_token.get_secret_value()
        self._crypto = WeChatCrypto(
            self._token, config.oa_aes_key.get_secret_value(), config.oa_appid
        )

    def message(self, follower: str, text: str) -> tuple[str, bytes]:
        """The path with its signed query, and the body, of one text message."""
        xml = (
            f"<xml><ToUserName>gh_1</ToUserName><FromUserName>{follower}</FromUserName>"
            f"<CreateTime>{int(time.time())}</CreateTime><MsgType>text</MsgType>"
            f"<Content><![CDATA[{text}]]></Content><MsgId>{secrets.randbits(62)}</MsgId></xml>"
        )
        timestamp, nonce = str(int(time.time())), secrets.token_hex(4)
        body = self._crypto.encrypt_message(xml, nonce, timestamp)
        query = {
            "timestamp": timestamp,
            "nonce": nonce,
            "signature": self._signature(timestamp, nonce),
            "encrypt_type": "aes",
            "msg_signature": xmltodict.parse(body)["xml"]["MsgSignature"],
        }
        return f"{PATH}?{urlencode(query)}", body.encode()

    def reply(self, answer: bytes) -> str:
        """The text that the follower sees; empty where the gateway only acknowledged."""
        if b"<Encrypt>" not in answer:
            return ""
        outer = xmltodict.parse(answer)["xml"]
        clear = self._crypto.decrypt_message(
            {"Encrypt": outer["Encrypt"]}, outer["MsgSignature"], outer["TimeStamp"], outer["Nonce"]
        )
        return str(xmltodict.parse(clear)["xml"].get("Content") or "")

    def _signature(self, *parts: str) -> str:
        signer = WeChatSigner()
        signer.add_data(self._token, *parts)
        return str(signer.signature)


class Follower:
    """One person's messages, from encrypted callback to decrypted reply."""

    def __init__(self, platform: Platform, name: str) -> None:
        self.name = name
        self._platform = platform

    async def say(self, connection: Connection, text: str, _: int) -> list[str]:
        path, body = self._platform.message(self.name, text)
        reply = self._platform.reply(await connection.send(path, body, "text/xml"))
        if not reply:
            raise Failed(f"no reply to {text}")
        return [reply]
