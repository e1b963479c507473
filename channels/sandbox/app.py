"""The stand-in as an ASGI app."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from channels.sandbox import control
from channels.sandbox.calls import refuse
from channels.sandbox.config import Accounts, Limits
from channels.sandbox.edge import Edge
from channels.sandbox.errors import Refused
from channels.sandbox.oa import api as oa
from channels.sandbox.oa import sending as oa_sending
from channels.sandbox.said import NotPossible
from channels.sandbox.sms import api as sms
from channels.sandbox.wecom import api as wecom
from channels.sandbox.world import World


def create_app(accounts: Accounts, gateway: str, limits: Limits | None = None) -> FastAPI:
    """The platforms for these accounts, which call back at `gateway` (http://host:port).

    API roots: `/oa`, `/wecom` and `/sms`; the levers are under `/control`. State is in memory:
    serve it with one worker, on loopback.
    """
    world = World(accounts, gateway, limits or Limits())

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await world.close()

    app = FastAPI(title="Platform stand-in", lifespan=lifespan, openapi_url=None)
    app.state.world = world
    for router in (oa.router, oa_sending.router, wecom.router, sms.router, control.router):
        app.include_router(router)
    app.add_exception_handler(Refused, refuse)
    app.add_exception_handler(NotPossible, control.not_possible)
    app.add_middleware(Edge, world=world)
    return app
