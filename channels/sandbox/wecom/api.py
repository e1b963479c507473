"""The API of WeCom, as far as a self-built app needs it: `/wecom/cgi-bin/…`."""

import hashlib
import json
from typing import Annotated, Any

from fastapi import APIRouter, Depends

from channels.sandbox.calls import OK, JsonBody, TheWorld
from channels.sandbox.errors import Refused
from channels.sandbox.phones import Item, Phone
from channels.sandbox.wecom import cards, contents
from channels.sandbox.world import World


def _checked(world: TheWorld, access_token: str = "") -> World:
    world.wecom_tokens.check(access_token, world.clock.now())
    return world


Authorized = Annotated[World, Depends(_checked)]
router = APIRouter(prefix="/wecom/cgi-bin", tags=["WeCom"])


@router.get("/gettoken")
async def gettoken(world: TheWorld, corpid: str = "", corpsecret: str = "") -> dict[str, Any]:
    if corpid != world.accounts.wecom_corpid:
        raise Refused(40013, "invalid corpid")
    if corpsecret != world.accounts.wecom_secret:
        raise Refused(40001, "invalid credential")
    held = world.wecom_tokens.fetch(world.clock.now())
    lasts = held.seconds_left(world.clock.now())
    return OK | {"access_token": held.value, "expires_in": lasts}


@router.post("/message/send")
async def send(world: Authorized, body: JsonBody) -> dict[str, Any]:
    _check_agent(world, body)
    wanted = _receivers(world, body)
    reached, invalid = _split(world, wanted)
    item = contents.read(body, world.limits)
    if not reached:
        raise Refused(81013, "user & party & tag all invalid")
    answer = OK | {"msgid": f"msg{world.next_id()}", "invaliduser": "|".join(invalid)}
    card = None
    if item.card is not None and body["msgtype"] == "template_card":
        card = world.cards.register(item.card)
        if item.card["card_type"] in cards.INTERACTIVE:
            answer["response_code"] = world.cards.issue(card, world.clock.now())
    for phone in reached:
        shown = _deliver(world, phone, body)
        if shown is not None and card is not None:
            card.items[_userid(phone)] = shown
    return answer


@router.post("/message/update_template_card")
async def update_template_card(world: Authorized, body: JsonBody) -> dict[str, Any]:
    _check_agent(world, body)
    template, button = body.get("template_card"), body.get("button")
    if isinstance(template, dict):
        cards.check(template, world.limits)
    elif not (isinstance(button, dict) and button.get("replace_name")):
        raise Refused(40058, "invalid Request Parameter: button.replace_name")
    members = [str(userid).lower() for userid in body.get("userids") or []]
    if not members and body.get("atall") != 1:
        raise Refused(81013, "user & party & tag all invalid")
    card = world.cards.redeem(str(body.get("response_code") or ""), world.clock.now())
    members = list(card.items) if body.get("atall") == 1 else members
    for userid in members:
        phone, item = world.phones.userid(userid), card.items.get(userid)
        if phone and item:
            cards.change(item, template, button)
            phone.touch(item)
    return OK | {"invaliduser": [userid for userid in members if userid not in card.items]}


@router.get("/user/get")
async def user_get(world: Authorized, userid: str = "") -> dict[str, Any]:
    phone = world.phones.userid(userid)
    if phone is None:
        raise Refused(60111, "userid not found")
    if not phone.persona.in_scope:
        raise Refused(60011, "no privilege to access/modify contact/party/agent")
    known = {"userid": phone.persona.userid, "name": phone.persona.name, "position": ""}
    return OK | known | {"department": [1], "main_department": 1, "status": 1, "enable": 1}


def _check_agent(world: World, body: dict[str, Any]) -> None:
    if "agentid" not in body:
        raise Refused(41011, "missing agentid")
    if str(body["agentid"]) != str(world.accounts.wecom_agent_id):
        raise Refused(40056, "invalid agentid")


def _receivers(world: World, body: dict[str, Any]) -> list[str]:
    wanted = str(body.get("touser") or "")
    if wanted == "@all":
        return world.phones.members()
    receivers = list(dict.fromkeys(each for each in wanted.split("|") if each))
    if len(receivers) > world.limits.app_receivers:
        raise Refused(40032, "invalid userid list size")
    return receivers


def _split(world: World, wanted: list[str]) -> tuple[list[Phone], list[str]]:
    reached, invalid = [], []
    for userid in wanted:
        phone = world.phones.userid(userid)
        if phone and phone.persona.in_scope:
            reached.append(phone)
        else:
            invalid.append(userid)
    return reached, invalid


def _deliver(world: World, phone: Phone, body: dict[str, Any]) -> Item | None:
    """Show it, unless it repeats what was just sent or WeCom drops it for its rate."""
    now, userid = world.clock.now(), _userid(phone)
    if body.get("enable_duplicate_check") == 1:
        seconds = float(body.get("duplicate_check_interval") or world.limits.app_repeat_seconds)
        content = json.dumps(body[body["msgtype"]], sort_keys=True).encode()
        if world.app_rates.is_repeat(userid, hashlib.sha256(content).hexdigest(), now, seconds):
            world.count("dropped", "app_repeat")
            return None
    if not world.app_rates.take_turn(userid, now):
        world.count("dropped", "app_rate")
        return None
    return world.show(phone, contents.read(body, world.limits), "wecom", "app")


def _userid(phone: Phone) -> str:
    return str(phone.persona.userid).lower()
