"""Staff who took a customer's conversation talk to them through WeCom; no dialogue is needed.

「回复 您好」 goes to the customer (「回复7号 您好」 where they have several), 「结束接待」 ends it.
Anything else is for the bot, so nothing reaches a customer by mistake.
"""

import re

from sqlmodel import Session

from crm_core.audit import service as audit
from crm_core.authz import Actor, Forbidden, Role
from crm_core.db import reading, unit_of_work
from crm_core.errors import CrmError
from crm_core.handover import service as handover
from crm_core.handover import talking
from crm_core.inbound import service as inbound

_REPLY = re.compile(r"\s*回[复復](?:(\d{1,9})号)?[\s:：,，]+(\S.*)", re.DOTALL)
_END = re.compile(r"\s*[结結]束接待(?:\s*(\d{1,9})号)?[\s。.!！]*")
_SENTENCES = {
    "nobody_in_hand": "您现在没有在接待顾客。请先在「顾客找人工」的卡片上点「接手」。",
    "not_in_hand": "您没有在接待这一位。正在接待 {customers}。",
    "several_in_hand": (
        "您正在接待 {customers}。请写明是哪一位，"
        "例如「回复{number}号 您好」或「结束接待{number}号」。"
    ),
    "out_of_reach": "对方已取消关注，公众号消息发不到，请换个方式联系。",
    "forbidden": "这位顾客已不归您接待。",
}


def is_meant(turn: inbound.Turn) -> bool:
    """Whether a member of staff wrote something that is not for the bot."""
    said = turn.text or ""
    if turn.role is Role.CUSTOMER:
        return False
    return bool(_REPLY.fullmatch(said) or _END.fullmatch(said))


def answer(turn: inbound.Turn) -> inbound.Answer:
    """Do it, and say so; repeating a turn does nothing twice."""
    with reading() as session:
        actor = inbound.sender(session, turn.inbound_id)
    try:
        with unit_of_work() as session:
            said = _obey(session, actor, turn)
    except CrmError as error:
        if isinstance(error, Forbidden):
            audit.refuse(actor, "conversation:reply", str(error.args[-1]))
        said = _SENTENCES[error.code].format(**error.values)
    return inbound.Answer(replies=[{"text": said}], state=turn.state)


def _obey(session: Session, actor: Actor, turn: inbound.Turn) -> str:
    text, ref = turn.text or "", f"inbound:{turn.inbound_id}"
    if meant := _REPLY.fullmatch(text):
        alert = talking.one_in_hand(session, actor, _number(meant[1]))
        talking.reply(session, actor, alert, meant[2].strip(), ref=ref)
        return f"已转给 {talking.named(session, alert)}。"
    ended = _END.fullmatch(text)
    assert ended is not None  # `is_meant` has looked
    handover.end(session, actor, _number(ended[1]), ref=ref)
    return "好的，已交还给小助手。"


def _number(said: str | None) -> int | None:
    return int(said) if said else None
