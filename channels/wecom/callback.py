"""The WeCom app's callback: staff's messages and the clicks on their cards."""

import asyncio
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlmodel import Session
from wechatpy.replies import TextReply

from channels import metrics
from channels.callback import body_of, guarded, query_of
from channels.envelope import Opened, close, decrypt_echo, open_encrypted, parse
from channels.oa.messages import content, sent_at
from channels.rendering import clean, cut, text_of
from channels.turns import Turns
from channels.wecom.account import Account
from crm_core.clock import now
from crm_core.db import reading
from crm_core.desk import service as desk
from crm_core.inbound import service as inbound
from crm_core.staff import service as staff

PASSIVE_SECONDS = 4.2  # the platform hangs up after 5; what comes later is sent
EMPTY = Response(b"", media_type="text/plain")  # accepted, nothing to show
STRANGER = "您还没有登记为店铺员工，请让店长在店语里添加您的企业微信账号。"
_CARD_CLICK = "template_card_event"
_CLICK_FIELDS = ("key", "task_id", "response_code", "selected")


def router(account: Account, turns: Turns) -> APIRouter:
    """The routes of one WeCom app."""
    made = APIRouter(prefix="/channels/wecom", tags=["wecom"])

    @made.get("/callback")
    async def check(request: Request) -> Response:
        async def answer() -> Response:
            clear = decrypt_echo(query_of(request), account.token, account.ring)
            return Response(clear, media_type="text/plain")

        return await guarded("wecom", answer)

    @made.post("/callback")
    async def receive(request: Request) -> Response:
        until = asyncio.get_running_loop().time() + PASSIVE_SECONDS

        async def answer() -> Response:
            query = query_of(request)
            body = parse(await body_of(request))
            opened = open_encrypted(body, query, account.token, account.ring)
            return await _answer(account, turns, opened, until)

        return await guarded("wecom", answer)

    return made


async def _answer(account: Account, turns: Turns, opened: Opened, until: float) -> Response:
    kind = opened.text("MsgType").lower()
    event = opened.text("Event").lower() if kind == "event" else ""
    opened.text("ToUserName")  # the answer needs it, so nothing is done without it
    metrics.CALLBACKS.labels("wecom", event if event == _CARD_CLICK else kind[:16]).inc()
    staff_id = await asyncio.to_thread(_staff_id, opened.text("FromUserName"))
    if staff_id is None:
        metrics.STRANGERS.inc()
        return EMPTY if event else _reply(STRANGER, opened)
    if event and event != _CARD_CLICK:  # entering the app, following, a location: nothing to say
        return EMPTY
    said = _message(opened, account.corpid, event or kind, staff_id)
    text = text_of(await turns.take(said, until=until, effect=_effect))
    return _reply(text, opened) if text else EMPTY


def _staff_id(userid: str) -> int | None:
    with reading() as session:
        known = staff.by_wecom(session, userid)
        return known.id if known else None


def _message(opened: Opened, corpid: str, kind: str, staff_id: int) -> inbound.Message:
    clicked = kind == _CARD_CLICK
    said, data = (None, _click(opened)) if clicked else content(opened, kind)
    task_id = opened.get("TaskId")
    who, when = opened.text("FromUserName"), opened.text("CreateTime")
    click_id = (
        f"{who}:{when}:{opened.get('EventKey')}:{task_id}"  # two buttons in one second differ
    )
    return inbound.Message(
        channel="wecom",
        account=corpid,
        message_id=(click_id if clicked else opened.text("MsgId"))[:128],
        sender=inbound.Sender(staff_id=staff_id),
        kind=kind[:32],
        sent_at=sent_at(opened),
        text=said,
        data=data,
    )


def _click(opened: Opened) -> dict[str, Any]:
    """What was clicked; the card's own answer is its update, so there is no turn to run."""
    return {
        "quiet": True,
        "key": opened.text("EventKey"),
        "task_id": opened.text("TaskId"),
        "response_code": opened.get("ResponseCode") or None,
        "selected": _selected(opened.fields.get("SelectedItems")),
    }


def _selected(items: Any) -> dict[str, list[str]]:
    """SelectedItems as {question key: option ids}; one item or one id is not a list in the XML."""
    chosen: dict[str, list[str]] = {}
    for item in _listed(items, "SelectedItem"):
        ids = _listed(item.get("OptionIds"), "OptionId") if isinstance(item, dict) else []
        if isinstance(item, dict) and isinstance(item.get("QuestionKey"), str):
            chosen[item["QuestionKey"]] = [one for one in ids if isinstance(one, str)]
    return chosen


def _listed(parent: Any, name: str) -> list[Any]:
    inner = parent.get(name) if isinstance(parent, dict) else None
    return inner if isinstance(inner, list) else [inner] if inner else []


def _effect(session: Session, said: inbound.Message, kept: inbound.Kept) -> None:
    """A click acts in the transaction that keeps it, so a retry acts no second time."""
    if said.kind != _CARD_CLICK:
        return
    click = desk.Click(**{name: said.data[name] for name in _CLICK_FIELDS})
    actor = inbound.sender(session, kept.inbound_id)
    desk.clicked(session, actor, click, ref=f"click:{kept.inbound_id}")


def _reply(text: str, opened: Opened) -> Response:
    reply = TextReply(
        source=opened.text("ToUserName"),
        target=opened.text("FromUserName"),
        content=cut(clean(text)),
        time=int(now().timestamp()),
    )
    return Response(close(reply.render(), opened), HTTPStatus.OK, media_type="application/xml")
