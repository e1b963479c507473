"""What every platform's callback needs: a bounded body, a fresh time, a signature that fits."""

import hmac
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus

import structlog
from fastapi import Request, Response
from wechatpy.utils import WeChatSigner

from channels import metrics
from crm_core.clock import now

logger = structlog.get_logger(__name__)

MOST_BODY_BYTES = 512 * 1024  # the platforms' own messages are under 10 KB
STALE_SECONDS = 3600
_TIMESTAMP = re.compile(r"[0-9]{1,12}")
ACCEPTED = Response("success", media_type="text/plain")  # the platform shows nothing


class Refused(Exception):
    """The request is not what the platform would send; `reason` is counted."""

    def __init__(self, reason: str, status: HTTPStatus = HTTPStatus.FORBIDDEN) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status


@dataclass(frozen=True)
class Query:
    """The signed part of a callback's URL."""

    timestamp: str
    nonce: str
    signature: str
    msg_signature: str
    encrypt_type: str
    echostr: str


def query_of(request: Request) -> Query:
    """The query parameters, checked for staleness.

    Raises:
        Refused: the time is missing, malformed or more than an hour away.
    """
    given = request.query_params
    query = Query(
        timestamp=given.get("timestamp", ""),
        nonce=given.get("nonce", ""),
        signature=given.get("signature", ""),
        msg_signature=given.get("msg_signature", ""),
        encrypt_type=given.get("encrypt_type", ""),
        echostr=given.get("echostr", ""),
    )
    if not _TIMESTAMP.fullmatch(query.timestamp):
        raise Refused("no_timestamp", HTTPStatus.BAD_REQUEST)
    if abs(now().timestamp() - int(query.timestamp)) > STALE_SECONDS:
        raise Refused("stale")
    return query


def check_signature(given: str, *parts: str) -> None:
    """Compare a signature over `parts` (the token among them) in constant time.

    Raises:
        Refused: it does not fit.
    """
    signer = WeChatSigner()
    signer.add_data(*parts)
    if not hmac.compare_digest(given.encode(), signer.signature.encode()):
        raise Refused("signature")


async def body_of(request: Request) -> str:
    """The body as text, read only as far as a real message could go.

    Raises:
        Refused: it is too long or not UTF-8.
    """
    taken = bytearray()
    async for chunk in request.stream():
        taken += chunk
        if len(taken) > MOST_BODY_BYTES:
            raise Refused("too_long", HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    try:
        return taken.decode()
    except UnicodeDecodeError:
        raise Refused("not_utf8", HTTPStatus.BAD_REQUEST) from None


async def guarded(channel: str, answer: Callable[[], Awaitable[Response]]) -> Response:
    """Run a callback; what is refused is counted and answered with an empty body."""
    try:
        return await answer()
    except Refused as refused:
        metrics.REFUSED.labels(channel, refused.reason).inc()
        logger.info("callback refused", channel=channel, reason=refused.reason)
        return Response(status_code=refused.status)
