"""Signing and sealing, by wechatpy; the same for the official account and for WeCom."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from wechatpy.crypto import PrpCrypto, WeChatCrypto
from wechatpy.utils import WeChatSigner

from channels.sandbox import xml
from channels.sandbox.clock import Clock


class BadAnswer(Exception):
    """The gateway answered something that the platform does not understand."""


@dataclass(frozen=True)
class Sealed:
    """A callback ready to be sent."""

    params: Mapping[str, str]
    body: str


class Envelope:
    """The crypto of one account; `receiver` is its appid or CorpID."""

    def __init__(self, token: str, aes_key: str, receiver: str, clock: Clock) -> None:
        self._token = token
        self._receiver = receiver
        self._clock = clock
        self._crypto = WeChatCrypto(token, aes_key, receiver)

    def stamp(self) -> tuple[str, str]:
        """A timestamp and a nonce, new for every request."""
        return str(int(self._clock.now())), str(secrets.randbelow(9 * 10**9) + 10**9)

    def sign(self, *parts: str) -> str:
        signer = WeChatSigner()
        signer.add_data(self._token, *parts)
        signature: str = signer.signature
        return signature

    def encrypt(self, text: str) -> str:
        sealed: bytes = PrpCrypto(self._crypto.key).encrypt(text, self._receiver)
        return sealed.decode()

    def open(self, reply: ET.Element) -> str:
        """Check and decrypt a passive reply.

        Raises:
            BadAnswer: the signature, the receiver or the ciphertext is wrong.
        """
        sealed = {"Encrypt": xml.text_of(reply, "Encrypt")}
        parts = (xml.text_of(reply, tag) for tag in ("MsgSignature", "TimeStamp", "Nonce"))
        try:
            text: str = self._crypto.decrypt_message(sealed, *parts)
        except Exception as error:  # wechatpy fails on bad input in many ways, none its own
            raise BadAnswer("the reply cannot be decrypted") from error
        return text
