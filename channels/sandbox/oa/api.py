"""The API of the official account, sending aside: `/oa/cgi-bin/…`."""

from typing import Any

from fastapi import APIRouter

from channels.sandbox.calls import OK, JsonBody, TheWorld
from channels.sandbox.errors import Refused
from channels.sandbox.oa.sending import Authorized
from channels.sandbox.tokens import Token
from channels.sandbox.world import World

router = APIRouter(prefix="/oa/cgi-bin", tags=["official account"])


@router.get("/token")
async def token(
    world: TheWorld, grant_type: str = "", appid: str = "", secret: str = ""
) -> dict[str, Any]:
    _check_secret(world, grant_type, appid, secret)
    return _token_answer(world, world.oa_tokens.fetch(world.clock.now()))


@router.post("/stable_token")
async def stable_token(world: TheWorld, body: JsonBody) -> dict[str, Any]:
    names = ("grant_type", "appid", "secret")
    _check_secret(world, *(str(body.get(name) or "") for name in names))
    force = body.get("force_refresh") is True
    return _token_answer(world, world.oa_tokens.stable(world.clock.now(), force=force))


@router.get("/user/info")
async def user_info(world: Authorized, openid: str = "") -> dict[str, Any]:
    phone = world.phones.openid(openid)
    if phone is None:
        raise Refused(40003, "invalid openid")
    persona = phone.persona
    if not persona.following:
        return {"subscribe": 0, "openid": openid}
    info = {
        "subscribe": 1,
        "openid": openid,
        "language": "zh_CN",
        "subscribe_time": phone.followed_at,
        "remark": "",
        "groupid": 0,
        "tagid_list": [],
        "subscribe_scene": "ADD_SCENE_QR_CODE",
        "qr_scene": 0,
        "qr_scene_str": "",
    }
    return info | ({"unionid": persona.unionid} if persona.unionid else {})


@router.post("/menu/create")
async def create_menu(world: Authorized, body: JsonBody) -> dict[str, Any]:
    buttons = body.get("button")
    if not isinstance(buttons, list) or not 1 <= len(buttons) <= world.limits.menu_buttons:
        raise Refused(40016, "invalid button size")
    for button in buttons:
        if len(button.get("sub_button") or []) > world.limits.menu_sub_buttons:
            raise Refused(40023, "invalid sub button size")
        if not button.get("name"):
            raise Refused(40018, "invalid button name size")
    world.menu = body
    return OK


@router.get("/menu/get")
async def get_menu(world: Authorized) -> dict[str, Any]:
    if world.menu is None:
        raise Refused(46003, "menu no exist")
    return {"menu": world.menu}


@router.get("/menu/delete")
async def delete_menu(world: Authorized) -> dict[str, Any]:
    world.menu = None
    return OK


@router.post("/qrcode/create")
async def create_code(world: Authorized, body: JsonBody) -> dict[str, Any]:
    return world.scenes.create(body, world.clock.now())


def _check_secret(world: World, grant_type: str, appid: str, secret: str) -> None:
    if grant_type != "client_credential":
        raise Refused(40002, "invalid grant_type")
    if appid != world.accounts.oa_appid:
        raise Refused(40013, "invalid appid")
    if secret != world.accounts.oa_secret:
        raise Refused(40125, "invalid appsecret")


def _token_answer(world: World, held: Token) -> dict[str, Any]:
    return {"access_token": held.value, "expires_in": held.seconds_left(world.clock.now())}
