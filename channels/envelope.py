"""Opening and closing the platforms' encrypted messages, under the current or previous key."""

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import xmltodict
from wechatpy.crypto import BaseWeChatCrypto

from channels.callback import Query, Refused, check_signature
from crm_core.clock import now

_CDATA = re.compile(r"<!\[CDATA\[.*?\]\]>", re.DOTALL)


@dataclass(frozen=True)
class Opened:
    """A message in clear, and the crypto that answers it (none: in clear too)."""

    fields: dict[str, Any]
    crypto: BaseWeChatCrypto | None = None

    def text(self, name: str) -> str:
        """A field that must be there as text.

        Raises:
            Refused: it is missing.
        """
        value = self.fields.get(name)
        if not isinstance(value, str) or not value:
            raise Refused("missing_field", HTTPStatus.BAD_REQUEST)
        return value

    def get(self, name: str) -> str:
        """A field as text; empty when it is missing or not a text."""
        value = self.fields.get(name)
        return value if isinstance(value, str) else ""


def parse(xml: str) -> dict[str, Any]:
    """The children of the <xml> element. Document types and entities are refused.

    Raises:
        Refused: it is not such a document.
    """
    if "<!" in _CDATA.sub("", xml):  # inside, it is what somebody wrote
        raise Refused("hostile_xml", HTTPStatus.BAD_REQUEST)
    try:
        fields = xmltodict.parse(xml)["xml"]
    except Exception:  # noqa: BLE001 - expat, entities, keys: whatever it is, it is malformed
        raise Refused("malformed_xml", HTTPStatus.BAD_REQUEST) from None
    if not isinstance(fields, dict):
        raise Refused("malformed_xml", HTTPStatus.BAD_REQUEST)
    return fields


def open_encrypted(
    outer: dict[str, Any], query: Query, token: str, ring: Sequence[BaseWeChatCrypto]
) -> Opened:
    """Verify and decrypt; `ring` holds the cryptos of the current key and the previous one.

    Raises:
        Refused: the signature, the key or the receiving id does not fit, or it is malformed.
    """
    encrypted = outer.get("Encrypt")
    if not isinstance(encrypted, str):
        raise Refused("not_encrypted", HTTPStatus.BAD_REQUEST)
    check_signature(query.msg_signature, token, query.timestamp, query.nonce, encrypted)
    clear, crypto = _decrypt(encrypted, query, ring)
    return Opened(parse(clear), crypto)


def decrypt_echo(query: Query, token: str, ring: Sequence[BaseWeChatCrypto]) -> str:
    """The clear text of an encrypted URL check.

    Raises:
        Refused: the signature, the key or the receiving id does not fit.
    """
    check_signature(query.msg_signature, token, query.timestamp, query.nonce, query.echostr)
    return _decrypt(query.echostr, query, ring)[0]


def close(reply_xml: str, opened: Opened) -> str:
    """The reply as it is sent: encrypted under the key that opened the message, if one did."""
    if opened.crypto is None:
        return reply_xml
    timestamp = str(int(now().timestamp()))
    return str(opened.crypto.encrypt_message(reply_xml, secrets.token_hex(8), timestamp))


def _decrypt(
    encrypted: str, query: Query, ring: Sequence[BaseWeChatCrypto]
) -> tuple[str, BaseWeChatCrypto]:
    for crypto in ring:
        fields = {"Encrypt": encrypted}
        try:
            clear = crypto.decrypt_message(
                fields, query.msg_signature, query.timestamp, query.nonce
            )
            return clear if isinstance(clear, str) else clear.decode(), crypto
        except Exception:  # noqa: BLE001, S112 - a dozen kinds (see docs); the next key may fit
            continue
    raise Refused("undecryptable")
