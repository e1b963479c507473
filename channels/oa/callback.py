"""The official account's callback: verify, decrypt, keep, answer in time."""

import asyncio
from http import HTTPStatus

from fastapi import APIRouter, Request, Response
from sqlmodel import Session
from wechatpy.replies import TextReply

from channels import metrics
from channels.callback import (
    ACCEPTED,
    Query,
    Refused,
    body_of,
    check_signature,
    guarded,
    query_of,
)
from channels.envelope import Opened, close, open_encrypted, parse
from channels.oa.account import Account
from channels.oa.messages import is_notice, message
from channels.rendering import clean, cut, text_of
from channels.turns import Turns
from crm_core.authz import system
from crm_core.capture import service as capture
from crm_core.clock import now
from crm_core.customers import service as customers
from crm_core.customers.models import IdentityKind
from crm_core.inbound.service import Kept, Message
from crm_core.timeline import service as timeline
from crm_core.timeline.models import EventKind

PASSIVE_SECONDS = 4.2  # the platform hangs up after 5; what comes later is sent

_EFFECTS = {
    "subscribe": EventKind.SUBSCRIBED,
    "unsubscribe": EventKind.UNSUBSCRIBED,
    "scan": EventKind.SCAN,
}


def router(account: Account, turns: Turns) -> APIRouter:
    """The routes of one official account."""
    made = APIRouter(prefix="/channels/oa", tags=["oa"])

    @made.get("/callback")
    async def check(request: Request) -> Response:
        async def answer() -> Response:
            query = query_of(request)
            check_signature(query.signature, account.token, query.timestamp, query.nonce)
            return Response(query.echostr, media_type="text/plain")

        return await guarded("oa", answer)

    @made.post("/callback")
    async def receive(request: Request) -> Response:
        until = asyncio.get_running_loop().time() + PASSIVE_SECONDS

        async def answer() -> Response:
            opened = _opened(account, query_of(request), await body_of(request))
            return await _answer(account, turns, opened, until)

        return await guarded("oa", answer)

    return made


def _opened(account: Account, query: Query, body: str) -> Opened:
    """The configured mode decides, not the request: else anybody could ask for the weaker one."""
    encrypted = query.encrypt_type == "aes"
    if account.mode == "safe" or (account.mode == "both" and encrypted):
        return open_encrypted(parse(body), query, account.token, account.ring)
    if encrypted:
        raise Refused("wrong_mode")
    check_signature(query.signature, account.token, query.timestamp, query.nonce)
    return Opened(parse(body))


async def _answer(account: Account, turns: Turns, opened: Opened, until: float) -> Response:
    if is_notice(opened):
        metrics.CALLBACKS.labels("oa", "other").inc()
        return ACCEPTED
    source, said = opened.text("ToUserName"), message(opened, account.appid)
    metrics.CALLBACKS.labels("oa", said.kind if said.kind in _KINDS else "other").inc()
    replies = await turns.take(said, until=until, effect=_effect)
    if not (text := cut(clean(text_of(replies)))):
        return ACCEPTED
    reply = TextReply(
        source=source,
        target=opened.text("FromUserName"),
        content=text,
        time=int(now().timestamp()),
    )
    return Response(close(reply.render(), opened), HTTPStatus.OK, media_type="application/xml")


_KINDS = {"text", "voice", "image", "location", "link", "click", *_EFFECTS}


def _effect(session: Session, said: Message, kept: Kept) -> None:
    """What following, scanning and leaving change, in the transaction that keeps the message."""
    if (kind := _EFFECTS.get(said.kind)) is None or kept.customer_id is None:
        return
    scene = said.data.get("scene")
    timeline.add(session, kept.customer_id, kind, ref=f"inbound:{kept.inbound_id}", scene=scene)
    if scene:
        ref = f"inbound:{kept.inbound_id}"
        capture.scan(session, system("oa"), kept.customer_id, scene, ref=ref)
    following = kind is not EventKind.UNSUBSCRIBED
    customers.set_following(
        session, kept.customer_id, IdentityKind.OA_OPENID, said.account, following=following
    )
