"""Calling the gateway as the platforms do: five seconds, three tries, one answer."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol
from xml.etree import ElementTree as ET

import httpx

from channels.sandbox.envelope import BadAnswer, Sealed
from channels.sandbox.faults import Kind
from channels.sandbox.phones import Channel
from channels.sandbox.world import World

Status = Literal["replied", "silent", "unavailable"]


class NoAnswer(Exception):
    """Nothing usable came back in time; the platform tries again."""


class Account(Protocol):
    """One side of a conversation between a platform and the gateway."""

    channel: Channel
    path: str
    repeats_on_error_status: bool

    def seal(self, message: str, sender: str) -> Sealed:
        """Sign, and encrypt where the mode says so."""

    def open(self, answer: bytes) -> ET.Element | None:
        """The passive reply in the clear, None where nothing shall be shown.

        Raises:
            BadAnswer: it is no valid answer.
        """

    def url_check(self) -> tuple[Mapping[str, str], str]:
        """The query of a URL check, and the body that passes it."""


@dataclass(frozen=True)
class Outcome:
    """How the delivery of one message ended, after how many tries."""

    status: Status
    attempts: int
    reply: ET.Element | None = None


async def push(world: World, account: Account, message: str, sender: str) -> Outcome:
    """Deliver one message, as often as the platform would, and say what came of it."""
    world.count("callbacks", account.channel)
    for attempt in range(1, world.limits.callback_tries + 1):
        try:
            reply = await _attempt(world, account, message, sender)
        except NoAnswer:
            continue
        except BadAnswer:
            world.count("bad_answers", account.channel)
            return Outcome("unavailable", attempt)
        if world.faults.take(account.path, Kind.DUPLICATE_DELIVERY):
            attempt += 1  # noqa: PLW2901 - the loop ends here
            await _again(world, account, message, sender)
        return Outcome("silent" if reply is None else "replied", attempt, reply)
    return Outcome("unavailable", world.limits.callback_tries)


async def check_url(world: World, account: Account) -> bool:
    """Ask the gateway the question that the platform asks when its URL is saved."""
    params, expected = account.url_check()
    try:
        async with asyncio.timeout(world.limits.callback_timeout_seconds):
            answer = await world.http.get(world.gateway + account.path, params=params)
    except (httpx.HTTPError, TimeoutError):
        return False
    return answer.status_code == httpx.codes.OK and answer.content == expected.encode()


async def _attempt(world: World, account: Account, message: str, sender: str) -> ET.Element | None:
    world.count("attempts", account.channel)
    sealed = account.seal(message, sender)
    try:
        async with asyncio.timeout(world.limits.callback_timeout_seconds):
            answer = await world.http.post(
                world.gateway + account.path,
                params=sealed.params,
                content=sealed.body.encode(),
                headers={"Content-Type": "text/xml"},
            )
    except (httpx.HTTPError, TimeoutError) as error:
        raise NoAnswer from error
    if world.faults.take(account.path, Kind.DROP_ANSWER):
        raise NoAnswer
    if answer.status_code != httpx.codes.OK:
        raise NoAnswer if account.repeats_on_error_status else BadAnswer(answer.status_code)
    return account.open(answer.content)


async def _again(world: World, account: Account, message: str, sender: str) -> None:
    try:
        await _attempt(world, account, message, sender)
    except (NoAnswer, BadAnswer):
        world.count("bad_repeats", account.channel)
