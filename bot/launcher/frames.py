"""How the front and its workers talk over a socket pair: length, number, code, body."""

import asyncio
import struct
from dataclasses import dataclass

TURN = 1
PARSE = 2
LEXICON = 3
WARM = 0

_HEAD = struct.Struct(">IIH")


@dataclass(frozen=True)
class Frame:
    """One request (code TURN, PARSE or LEXICON) or one answer (code is an HTTP status)."""

    number: int
    code: int
    body: bytes


async def read(reader: asyncio.StreamReader) -> Frame:
    """The next frame.

    Raises:
        asyncio.IncompleteReadError: the other side has gone.
    """
    length, number, code = _HEAD.unpack(await reader.readexactly(_HEAD.size))
    return Frame(number, code, await reader.readexactly(length))


def write(writer: asyncio.StreamWriter, frame: Frame) -> None:
    """Queue a frame; frames of one writer never interleave."""
    writer.write(_HEAD.pack(len(frame.body), frame.number, frame.code) + frame.body)
