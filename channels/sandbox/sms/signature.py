"""Checking Aliyun's request signatures: V3 (in headers) and V1 of the RPC style (a parameter).

Both are described on help.aliyun.com ("V3版本请求体&签名机制", "RPC机制").
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

_V3 = re.compile(
    r"ACS3-HMAC-SHA256\s+Credential=(?P<id>[^,]*),\s*SignedHeaders=(?P<headers>[^,]*),"
    r"\s*Signature=(?P<signature>[0-9a-f]*)"
)


@dataclass(frozen=True)
class Asked:
    """A request as it was signed."""

    method: str
    path: str
    query: Mapping[str, str]
    form: Mapping[str, str]
    headers: Mapping[str, str]  # names in lower case
    body: bytes

    @property
    def parameters(self) -> dict[str, str]:
        return {**self.query, **self.form}


def key_id(asked: Asked) -> str:
    """The AccessKey id the request claims; empty if it has none."""
    if found := _V3.match(asked.headers.get("authorization", "")):
        return found["id"]
    return asked.parameters.get("AccessKeyId", "")


def nonce(asked: Asked) -> str:
    """The number that makes the request unrepeatable."""
    in_header = asked.headers.get("x-acs-signature-nonce")
    return in_header or asked.parameters.get("SignatureNonce", "")


def is_signed(asked: Asked, secret: str) -> bool:
    """Whether the request carries the signature that `secret` gives."""
    if found := _V3.match(asked.headers.get("authorization", "")):
        # The client may sign "/" (the RPC root) or the path of the base URL it was given.
        paths = {"/", asked.path}
        expected = {_v3(asked, secret, path, found["headers"]) for path in paths}
        return any(hmac.compare_digest(found["signature"], each) for each in expected)
    return hmac.compare_digest(asked.parameters.get("Signature", ""), v1(asked, secret))


def v1(asked: Asked, secret: str) -> str:
    """The `Signature` parameter of the RPC style."""
    signed = {name: value for name, value in asked.parameters.items() if name != "Signature"}
    text = f"{asked.method}&%2F&{_encoded(_query(signed))}"
    digest = hmac.new(f"{secret}&".encode(), text.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


def _v3(asked: Asked, secret: str, path: str, signed_headers: str) -> str:
    body = hashlib.sha256(asked.body).hexdigest()
    lines = [f"{name}:{asked.headers.get(name, '').strip()}" for name in signed_headers.split(";")]
    parts = [asked.method, path, _query(asked.query), *lines, "", signed_headers, body]
    canonical = hashlib.sha256("\n".join(parts).encode()).hexdigest()
    text = f"ACS3-HMAC-SHA256\n{canonical}".encode()
    return hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()


def _query(parameters: Mapping[str, str]) -> str:
    pairs = sorted((_encoded(name), _encoded(value)) for name, value in parameters.items())
    return "&".join(f"{name}={value}" for name, value in pairs)


def _encoded(text: str) -> str:
    return quote(text, safe="-_.~")
