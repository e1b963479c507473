"""The levers of the stand-in: `/control/…`, for the demo's phones, scenarios and tests only."""

import ipaddress
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from fastapi.responses import JSONResponse
from pydantic import AwareDatetime, BaseModel

from channels.sandbox import conversation
from channels.sandbox.calls import TheWorld
from channels.sandbox.config import SmsTemplate
from channels.sandbox.conversation import LINES, Answer, Tap
from channels.sandbox.delivery import check_url
from channels.sandbox.faults import Fault
from channels.sandbox.phones import Item, Persona, Phone
from channels.sandbox.said import NotPossible, Said
from channels.sandbox.world import World

_WAIT_SECONDS_MAX = 60.0


def _from_here(request: Request) -> None:
    host = request.client.host if request.client else ""
    if not ipaddress.ip_address(host).is_loopback:
        raise HTTPException(403, "control answers on this machine only")


router = APIRouter(prefix="/control", tags=["control"], dependencies=[Depends(_from_here)])


class PhoneNow(BaseModel):
    """A phone, or what changed on it; pass `seq` as `since` to get the next changes."""

    persona: Persona
    seq: int
    items: list[Item]


class Clock(BaseModel):
    """Where the clock is to stand (`now`), or how far from the real time."""

    now: AwareDatetime | None = None
    offset_seconds: float | None = None


class Templates(BaseModel):
    """Texts the platforms approved: OA `{{name.DATA}}`, SMS `${name}`."""

    oa: dict[str, str] = {}
    sms: dict[str, SmsTemplate] = {}


@router.post("/personas")
async def register(world: TheWorld, personas: Persona | list[Persona]) -> list[Persona]:
    listed = personas if isinstance(personas, list) else [personas]
    for persona in listed:
        phone = world.phones.register(persona)
        phone.followed_at = phone.followed_at or int(world.clock.now())
    return listed


@router.get("/phones")
async def phones(world: TheWorld) -> list[dict[str, Any]]:
    return [
        {"persona": phone.persona, "seq": phone.seq, "items": len(phone.items)}
        for phone in world.phones.by_id.values()
    ]


@router.get("/phones/{persona_id:path}")
async def phone_of(
    world: TheWorld,
    persona_id: str,
    since: int = 0,
    wait: Annotated[float, Query(ge=0, le=_WAIT_SECONDS_MAX)] = 0,
) -> PhoneNow:
    """What changed on a phone after `since`; waits up to `wait` seconds for the first change."""
    phone = _phone(world, persona_id)
    items = await phone.since(since, wait)
    return PhoneNow(persona=phone.persona, seq=phone.seq, items=items)


@router.post("/messages")
async def say(world: TheWorld, said: Said) -> Answer:
    return await conversation.speak(world, said)


@router.post("/clicks")
async def click(world: TheWorld, tap: Tap) -> Answer:
    return await conversation.tap(world, tap)


@router.post("/url-check/{channel}")
async def url_check(world: TheWorld, channel: Literal["oa", "wecom"]) -> dict[str, bool]:
    return {"ok": await check_url(world, LINES[channel](world))}


@router.post("/faults")
async def add_faults(world: TheWorld, faults: Fault | list[Fault]) -> list[Fault]:
    world.faults.pending += faults if isinstance(faults, list) else [faults]
    return world.faults.pending


@router.get("/faults")
async def list_faults(world: TheWorld) -> list[Fault]:
    return world.faults.pending


@router.delete("/faults")
async def clear_faults(world: TheWorld) -> list[Fault]:
    world.faults.pending.clear()
    return []


@router.get("/counters")
async def counters(world: TheWorld) -> dict[str, dict[str, int]]:
    return {what: dict(counts) for what, counts in world.counters.items()}


@router.post("/clock")
async def set_clock(world: TheWorld, clock: Clock) -> dict[str, Any]:
    if clock.now is not None:
        world.clock.set_to(clock.now)
    elif clock.offset_seconds is not None:
        world.clock.offset_seconds = clock.offset_seconds
    return _clock(world)


@router.get("/clock")
async def read_clock(world: TheWorld) -> dict[str, Any]:
    return _clock(world)


@router.post("/templates")
async def add_templates(world: TheWorld, templates: Templates) -> dict[str, list[str]]:
    world.oa_templates |= templates.oa
    world.sms_templates |= templates.sms
    return {"oa": sorted(world.oa_templates), "sms": sorted(world.sms_templates)}


@router.post("/tokens/expire")
async def expire_tokens(world: TheWorld) -> dict[str, bool]:
    now = world.clock.now()
    world.oa_tokens.expire(now)
    world.wecom_tokens.expire(now)
    return {"ok": True}


@router.post("/reset")
async def reset(world: TheWorld) -> dict[str, bool]:
    await world.settle()  # what is under way belongs to the time before
    world.reset()
    return {"ok": True}


def not_possible(_: Request, error: Exception) -> JSONResponse:
    """The answer where a person cannot do what control asked for."""
    assert isinstance(error, NotPossible)
    return JSONResponse({"error": error.reason}, error.status)


def _phone(world: World, persona_id: str) -> Phone:
    if (phone := world.phones.by_id.get(persona_id)) is None:
        raise NotPossible(404, "no_such_persona")
    return phone


def _clock(world: World) -> dict[str, Any]:
    now: datetime = world.clock.local()
    return {"now": now.isoformat(), "offset_seconds": world.clock.offset_seconds}
