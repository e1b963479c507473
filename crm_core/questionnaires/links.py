"""Links by which one customer answers one questionnaire, without signing in."""

import base64
import binascii
from dataclasses import dataclass
from datetime import timedelta

import orjson

from crm_core import crypto
from crm_core.clock import now
from crm_core.errors import CrmError, Kind

VALID = timedelta(days=14)
_KIND = "questionnaire link"


class BadLink(CrmError):
    """The link was not made here, was changed, or its time is over."""

    code = "bad_link"
    kind = Kind.FORBIDDEN


@dataclass(frozen=True)
class Link:
    customer_id: int
    code: str  # of the questionnaire


def token(customer_id: int, code: str, *, valid: timedelta = VALID) -> str:
    """What stands in the link: whom it is for and until when, signed."""
    until = int((now() + valid).timestamp())
    packed = base64.urlsafe_b64encode(orjson.dumps([customer_id, code, until])).decode()
    return f"{packed.rstrip('=')}.{crypto.digest(_KIND, packed.rstrip('='))}"


def opened(given: str) -> Link:
    """Whom a link is for.

    Raises:
        BadLink: it was not made here, was changed, or its time is over.
    """
    packed, _, signature = given.partition(".")
    if not any(crypto.same(signature, right) for right in crypto.digests(_KIND, packed)):
        raise BadLink("signature")
    try:
        kept = base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4))
        customer_id, code, until = orjson.loads(kept)
    except (binascii.Error, ValueError):
        raise BadLink("content") from None
    if now().timestamp() > until:
        raise BadLink("expired")
    return Link(customer_id, code)
