"""What the platforms' API endpoints share: the world, the body, and the form of an answer."""

import json
import secrets
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.responses import JSONResponse

from channels.sandbox.errors import Refused
from channels.sandbox.world import World

OK: dict[str, Any] = {"errcode": 0, "errmsg": "ok"}


def world_of(request: Request) -> World:
    world: World = request.app.state.world
    return world


async def json_of(request: Request) -> dict[str, Any]:
    """The JSON object posted.

    Raises:
        Refused: 44002 nothing was posted, 47001 it is no JSON object.
    """
    raw = await request.body()
    if not raw:
        raise Refused(44002, "empty post data")
    try:
        body = json.loads(raw)
    except ValueError as error:
        raise Refused(47001, "data format error") from error
    if not isinstance(body, dict):
        raise Refused(47001, "data format error")
    return body


TheWorld = Annotated[World, Depends(world_of)]
JsonBody = Annotated[dict[str, Any], Depends(json_of)]


def refuse(request: Request, error: Exception) -> JSONResponse:
    """The answer to a refused call: 200 with a code, as both platforms do."""
    assert isinstance(error, Refused)
    world_of(request).count("api_errors", str(error.code))
    message = f"{error.message} rid: {secrets.token_hex(4)}-{secrets.token_hex(4)}"
    return JSONResponse({"errcode": error.code, "errmsg": message, **error.extra})
