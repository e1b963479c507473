"""Signatures by the Standard Webhooks scheme, so that receivers can use its libraries.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import hashlib
import hmac
import secrets
from datetime import datetime

_PREFIX = "whsec_"
_SECRET_BYTES = 32


def new_secret() -> str:
    """A secret as receivers expect it."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def headers(secret: str, event_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """What a delivery carries: its id, the moment it is sent, and the signature over all three."""
    seconds = str(int(at.timestamp()))
    signed = b".".join([event_id.encode(), seconds.encode(), body])
    key = base64.b64decode(secret.removeprefix(_PREFIX))
    digest = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return {
        "content-type": "application/json",
        "webhook-id": event_id,
        "webhook-timestamp": seconds,
        "webhook-signature": f"v1,{digest}",
    }
