"""One worker process: a model of its own, asked through the socket the front gave it."""

import argparse
import asyncio
import logging
import signal
import socket
import traceback
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

import uvloop

from bot.launcher import frames, options, quiet, wire
from bot.launcher.wire import Json
from nlu.entities import follower

if TYPE_CHECKING:
    from bot.launcher.dialogue import Dialogue

logger = logging.getLogger(__name__)


def main() -> int:
    """Serve until the front closes its end."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--socket", type=int, required=True)
    given = parser.parse_args()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the front too, which ends us
    quiet.settle()
    uvloop.install()
    try:
        asyncio.run(_serve(given.model, socket.socket(fileno=given.socket)))
    except options.BadOptions as error:
        logger.error("%s", error)  # noqa: TRY400  one sentence, no trace
        return 1
    return 0


async def _serve(model: Path, connection: socket.socket) -> None:
    from bot.launcher import patches  # noqa: PLC0415  only now are the libraries quiet
    from bot.launcher.dialogue import Dialogue  # noqa: PLC0415
    from bot.launcher.endpoint import Actions  # noqa: PLC0415

    patches.install()
    actions = Actions.from_environment()
    dialogue = Dialogue(model, actions)
    await dialogue.warm_up()
    reader, writer = await asyncio.open_connection(sock=connection)
    frames.write(writer, frames.Frame(0, HTTPStatus.OK, b""))
    running: set[asyncio.Task[None]] = set()
    try:
        while True:
            task = asyncio.create_task(_answer(dialogue, await frames.read(reader), writer))
            running.add(task)
            task.add_done_callback(running.discard)
    except asyncio.IncompleteReadError:
        await actions.close()


async def _answer(dialogue: "Dialogue", asked: frames.Frame, writer: asyncio.StreamWriter) -> None:
    status, body = await _answered(dialogue, asked)
    if writer.is_closing():  # the front went while this turn ran
        return
    frames.write(writer, frames.Frame(asked.number, status, wire.dumps(body)))
    await writer.drain()


async def _answered(dialogue: "Dialogue", asked: frames.Frame) -> tuple[HTTPStatus, Json]:
    try:
        if asked.code == frames.TURN:
            return HTTPStatus.OK, await dialogue.turn(wire.turn(asked.body))
        if asked.code == frames.LEXICON:
            return HTTPStatus.OK, {"etag": await asyncio.to_thread(follower.refresh_all)}
        return HTTPStatus.OK, {"items": await _parse(dialogue, wire.items(asked.body))}
    except wire.Malformed as error:
        return HTTPStatus.UNPROCESSABLE_ENTITY, {"error": "malformed", "detail": str(error)}
    except Exception as error:  # noqa: BLE001  the edge: one line, and never the person's words
        logger.error("request failed: %s at %s", type(error).__name__, _place(error))  # noqa: TRY400
        return HTTPStatus.INTERNAL_SERVER_ERROR, {"error": "failed"}


def _place(error: Exception) -> str:
    """Where it was raised; the error's own words may quote a person's."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{frame.filename}:{frame.lineno}"


async def _parse(dialogue: "Dialogue", items: list[wire.Item]) -> list[Json]:
    answers = []
    for item in items:
        answers.append(await dialogue.understand(item))
        await asyncio.sleep(0)  # a long list lets turns through
    return answers


if __name__ == "__main__":
    raise SystemExit(main())
