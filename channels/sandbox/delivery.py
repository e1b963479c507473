"""Calling the gateway as the platforms do: five seconds, three tries, one answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Literal, Protocol
from xml.etree import ElementTree as ET

import aiohttp

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
    url = world.gateway + account.path
    try:
        async with world.http.get(url, params=params, allow_redirects=False) as answer:
            return answer.status == HTTPStatus.OK and await answer.read() == expected.encode()
    except (aiohttp.ClientError, TimeoutError):
        return False


async def _attempt(world: World, account: Account, message: str, sender: str) -> ET.Element | None:
    world.count("attempts", account.channel)
    sealed = account.seal(message, sender)
    status, body = await _post(world, account.path, sealed)
    if world.faults.take(account.path, Kind.DROP_ANSWER):
        raise NoAnswer
    if status != HTTPStatus.OK:
        raise NoAnswer if account.repeats_on_error_status else BadAnswer(status)
    return account.open(body)


async def _post(world: World, path: str, sealed: Sealed) -> tuple[int, bytes]:
    try:
        async with world.http.post(
            world.gateway + path,
            params=sealed.params,
            data=sealed.body.encode(),
            headers={"Content-Type": "text/xml"},
            allow_redirects=False,
        ) as answer:
            return answer.status, await answer.read()
    except (aiohttp.ClientError, TimeoutError) as error:
        raise NoAnswer from error


async def _again(world: World, account: Account, message: str, sender: str) -> None:
    try:
        await _attempt(world, account, message, sender)
    except (NoAnswer, BadAnswer):
        world.count("bad_repeats", account.channel)
