"""Sending as an official account: `/oa/cgi-bin/message/…`."""

import asyncio
import copy
from typing import Annotated, Any

from fastapi import APIRouter, Depends

from channels.sandbox.calls import OK, JsonBody, TheWorld
from channels.sandbox.delivery import push
from channels.sandbox.errors import Refused
from channels.sandbox.oa import contents
from channels.sandbox.oa.account import OfficialAccount, finished
from channels.sandbox.oa.mass import Job
from channels.sandbox.phones import Item, Phone
from channels.sandbox.world import World
from channels.sandbox.xml import Fields

_BATCH = 500  # receivers of a mass job between two chances for others to run
_TEMPLATE_REPEAT_SECONDS = 600  # how long a `client_msg_id` is remembered


def _checked(world: TheWorld, access_token: str = "") -> World:
    world.oa_tokens.check(access_token, world.clock.now())
    return world


Authorized = Annotated[World, Depends(_checked)]
router = APIRouter(prefix="/oa/cgi-bin/message", tags=["official account"])


@router.post("/custom/send")
async def send_custom(world: Authorized, body: JsonBody) -> dict[str, Any]:
    phone = _follower(world, body.get("touser"))
    item = contents.custom(body, world.limits)
    world.windows.spend(str(phone.persona.openid), world.clock.now())
    world.show(phone, item, "oa", "custom")
    return OK


@router.post("/template/send")
async def send_template(world: Authorized, body: JsonBody) -> dict[str, Any]:
    phone = _follower(world, body.get("touser"))
    text = world.oa_templates.get(str(body.get("template_id")))
    if text is None:
        raise Refused(40037, "invalid template_id")
    item = contents.template(text, body.get("data") or {}, str(body.get("url") or ""))
    now = world.clock.now()
    known = str(phone.persona.openid), str(body.get("client_msg_id") or world.next_id())
    at, msgid = world.template_ids.get(known, (float("-inf"), 0))
    if now - at < _TEMPLATE_REPEAT_SECONDS:
        return OK | {"msgid": msgid}
    msgid = world.next_id()
    world.template_ids[known] = now, msgid
    world.show(phone, item, "oa", "template")
    fields: Fields = {"MsgID": msgid, "Status": "success"}
    message = finished(world, "TEMPLATESENDJOBFINISH", fields, sender=known[0])
    world.later(_tell(world, message, known[0]))
    return OK | {"msgid": msgid}


@router.post("/mass/send")
async def send_mass(world: Authorized, body: JsonBody) -> dict[str, Any]:
    item = contents.mass(body, world.limits)
    job = world.mass.submit(body)
    world.later(_run(world, job, item))
    submitted = {"errcode": 0, "errmsg": "send job submission success"}
    return submitted | {"msg_id": job.msg_id, "msg_data_id": job.msg_data_id}


@router.post("/mass/get")
async def get_mass(world: Authorized, body: JsonBody) -> dict[str, Any]:
    asked = str(body.get("msg_id"))
    job = world.mass.find(int(asked)) if asked.isdigit() else None
    if job is None:
        raise Refused(40059, "invalid msg id")
    return {"msg_id": job.msg_id, "msg_status": "SEND_SUCCESS" if job.done else "SENDING"}


def _follower(world: World, openid: Any) -> Phone:
    phone = world.phones.openid(str(openid))
    if phone is None:
        raise Refused(40003, "invalid openid")
    if not phone.persona.following:
        raise Refused(43004, "require subscribe")
    return phone


async def _run(world: World, job: Job, item: Item) -> None:
    refused = 0
    for number, openid in enumerate(job.openids):
        phone = world.phones.openid(openid)
        if phone is None or not phone.persona.following:
            job.errors += 1
        elif world.mass.take_turn(openid):
            world.show(phone, copy.deepcopy(item), "oa", "mass")
            job.sent.append(openid)
        else:
            refused += 1
        if number % _BATCH == 0:
            await asyncio.sleep(0)
    world.count("dropped", "mass_month", refused)
    job.done = True
    fields: Fields = {
        "MsgID": job.msg_id,
        "Status": "send success",
        "TotalCount": len(job.openids),
        "FilterCount": len(job.openids) - refused,
        "SentCount": len(job.sent),
        "ErrorCount": job.errors,
    }
    await _tell(world, finished(world, "MASSSENDJOBFINISH", fields, sender="mphelper"), "mphelper")


async def _tell(world: World, message: str, sender: str) -> None:
    await push(world, OfficialAccount(world), message, sender)
