"""`python -m bot.launcher --models DIR --port N`: serve the newest model until told to stop."""

import asyncio
import importlib.metadata
import logging
import signal
import sys
from collections.abc import Awaitable

import uvloop
from aiohttp import web

from bot.launcher import front, options, quiet
from bot.launcher.pool import Pool

GRACE_SECONDS = 3.0


def main() -> int:
    """Run the launcher; every reason not to start is one sentence and a status of 1."""
    quiet.settle()
    try:
        options.require_rasa(_installed("rasa"))
        given = options.read(sys.argv[1:])
        uvloop.install()
        asyncio.run(_serve(given))
    except options.BadOptions as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    return 0


async def _serve(given: options.Options) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for wanted in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(wanted, stop.set)
    pool = Pool(options.newest_model(given.models), given.workers)
    runner = web.AppRunner(
        front.create_app(pool, given.internal_secret),
        access_log=None,
        shutdown_timeout=GRACE_SECONDS,
    )
    await runner.setup()
    try:
        await _listen(runner, given)
        await pool.open()
        await _first(stop.wait(), pool.failed.wait())
    finally:
        await runner.cleanup()
        await pool.close()
    if pool.failed.is_set():
        raise options.BadOptions("A worker could not load the model; its reason is above.")


async def _listen(runner: web.AppRunner, given: options.Options) -> None:
    try:
        await web.TCPSite(runner, given.host, given.port).start()
    except OSError as error:
        address = f"{given.host}:{given.port}"
        raise options.BadOptions(f"Cannot listen on {address}: {error.strerror}.") from None


async def _first(*waits: Awaitable[object]) -> None:
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()


def _installed(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


if __name__ == "__main__":
    logging.captureWarnings(capture=True)
    raise SystemExit(main())
