"""Conversations against one port: so many in flight, each turn timed at the client.

The client is written on bare streams because a heavier one would take from the two cores what is
to be measured.
"""

import asyncio
import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Protocol

import orjson

Json = dict[str, Any]
MOST_SILENT = 0.02  # of all turns; a number in a text may make it another intent
TURNS = 10  # messages of one conversation before the next begins
NOW = "2026-03-12T14:00:00+08:00"
SECRET = "bench"  # noqa: S105  of servers that live for a minute on the loopback


class Failed(Exception):
    """A turn that was not answered as it should be."""


class Conversation(Protocol):
    """One person's messages to one side."""

    async def say(self, connection: "Connection", text: str, number: int, /) -> list[str]: ...


@dataclass
class Load:
    """What one run measured."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)  # also of turns that ended after it
    finished: int = 0  # in that time
    silent: int = 0
    turns: int = 0  # the unmeasured ones too
    cpu_seconds: float = 0.0  # of Rasa's processes, for all of them

    @property
    def rate(self) -> float:
        return self.finished / self.seconds

    def percentile(self, percent: float) -> float:
        """In milliseconds."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))] * 1000


class Connection:
    """One kept-alive HTTP/1.1 connection."""

    def __init__(self, port: int, token: str = SECRET) -> None:
        self._port = port
        self._token = token
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def post(self, path: str, data: Json) -> Any:
        """The decoded answer.

        Raises:
            Failed: its status is not 200.
        """
        return orjson.loads(await self.send(path, orjson.dumps(data), "application/json"))

    async def send(self, path: str, body: bytes, kind: str) -> bytes:
        """The answer's body.

        Raises:
            Failed: its status is neither 200 nor 201.
        """
        head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {kind}\r\n"
            f"Authorization: Bearer {self._token}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        writer.write(head.encode() + body)
        status, length = _parsed(await reader.readuntil(b"\r\n\r\n"))
        answer = await reader.readexactly(length)
        if status not in {HTTPStatus.OK, HTTPStatus.CREATED}:
            raise Failed(f"{path.split('?', maxsplit=1)[0]} answered {status}: {answer[:200]!r}")
        return answer

    def close(self) -> None:
        if self._streams:
            self._streams[1].close()


class Stock:
    """Through Rasa's REST webhook, which keeps the conversation itself.

    Without role and time: given metadata, stock stores them before the session begins, and from
    then on merges the whole history event by event at every turn, many times slower.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    async def say(self, connection: Connection, text: str, _: int) -> list[str]:
        sent = {"sender": self.name, "message": text}
        answer = await connection.post("/webhooks/rest/webhook", sent)
        return [reply.get("text", "") for reply in answer]


class Ours:
    """Through our channel, with the state carried in and out as the gateway does."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._state: Json | None = None

    async def say(self, connection: Connection, text: str, number: int) -> list[str]:
        sent = {
            "conversation_id": self.name,
            "inbound_id": number,
            "role": "customer",
            "now": NOW,
            "text": text,
            "state": self._state,
        }
        answer = await connection.post("/webhooks/dianyu/turn", sent)
        self._state = answer["state"]
        if answer["failed_actions"]:
            raise Failed(f"failed actions: {answer['failed_actions']}")
        return [reply["text"] for reply in answer["replies"]]


async def drive(
    port: int,
    side: Callable[[str], Conversation],
    texts: list[str],
    *,
    flights: int,
    seconds: float,
) -> Load:
    """Keep `flights` turns in flight for `seconds`, after a tenth of that unmeasured.

    Raises:
        Failed: a turn failed, or too many were answered by silence.
    """
    load, numbers = Load(seconds=seconds), itertools.count(1)
    begin = time.monotonic() + seconds / 10
    people = [
        _person(port, side, _from(texts, flight * 97), numbers, load, (begin, begin + seconds))
        for flight in range(flights)
    ]
    await asyncio.gather(*people)
    if load.silent > len(load.latencies) * MOST_SILENT:
        raise Failed(f"{load.silent} of {len(load.latencies)} turns had no reply")
    return load


async def play(port: int, talk: Conversation, texts: list[str], first: int, last: int) -> None:
    """The messages `first` to `last` of a conversation, untimed."""
    connection = Connection(port)
    said = _from(texts, first)
    for number in range(first, last + 1):
        await _timed(talk, connection, next(said), number)
    connection.close()


async def by_turns(
    port: int, talks: tuple[Conversation, Conversation], texts: list[str], messages: int
) -> tuple[list[float], list[float]]:
    """Seconds of `messages` messages of two conversations, now one, now the other.

    What else the machine does meanwhile then falls on both alike.
    """
    connection = Connection(port)
    said = _from(texts, messages)
    taken: tuple[list[float], list[float]] = ([], [])
    for number in range(messages):
        text = next(said)
        for talk, times in zip(talks, taken, strict=True):
            times.append((await _timed(talk, connection, text, number))[0])
    connection.close()
    return taken


async def understood(port: int, texts: list[str], intents: set[str]) -> list[str]:
    """Those of `texts` that our side takes for one of `intents`, with a number too."""
    items = [{"role": "customer", "text": distinct(text, 100), "now": NOW} for text in texts]
    connection = Connection(port)
    answer = await connection.post("/webhooks/dianyu/parse", {"items": items})
    connection.close()
    parsed = zip(texts, answer["items"], strict=True)
    return [text for text, item in parsed if item["intent"] in intents]


def distinct(text: str, number: int) -> str:
    """A text that nobody has said before."""
    return f"{text}（{number}）"


async def _person(
    port: int,
    side: Callable[[str], Conversation],
    texts: Iterator[str],
    numbers: Iterator[int],
    load: Load,
    window: tuple[float, float],
) -> None:
    connection = Connection(port)
    talk = side("")
    for turn in itertools.count():
        if time.monotonic() >= window[1]:
            break
        if turn % TURNS == 0:
            talk = side(f"bench-{next(numbers)}-{time.time_ns()}")
        taken, replies = await _timed(talk, connection, next(texts), next(numbers))
        load.silent += not replies
        load.turns += 1
        ended = time.monotonic()
        load.finished += window[0] <= ended <= window[1]
        if window[0] <= ended:
            load.latencies.append(taken)
    connection.close()


async def _timed(
    talk: Conversation, connection: Connection, text: str, number: int
) -> tuple[float, list[str]]:
    began = time.perf_counter()
    replies = await talk.say(connection, distinct(text, number), number)
    return time.perf_counter() - began, replies


def _from(texts: list[str], start: int) -> Iterator[str]:
    """The texts over and over, beginning somewhere of one's own; a number makes each distinct."""
    offset = start % len(texts)
    return itertools.cycle([*texts[offset:], *texts[:offset]])


def _parsed(head: bytes) -> tuple[int, int]:
    lines = head.decode("latin-1").split("\r\n")
    lengths = [line.split(":")[1] for line in lines if line.lower().startswith("content-length:")]
    return int(lines[0].split()[1]), int(lengths[0])
