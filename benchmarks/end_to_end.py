"""`make bench-end_to_end`: from encrypted callback to decrypted reply, through everything.

The whole product as `dianyu run --demo` starts it, in a home and on ports of its own: gateway,
Rasa with the shipped pipeline (the embedding included), actions on SQLite (synchronous=FULL). Every
conversation is a follower that the shop has not seen before, who asks and is answered ten times.
"""

import argparse
import asyncio
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from benchmarks import chat_load, chat_texts
from benchmarks.callbacks import Follower, Platform
from benchmarks.chat import AROUND, EARLY, FLIGHTS, LATE, LONGER, trained
from benchmarks.chat_load import SECRET, Load
from benchmarks.chat_servers import free_port
from benchmarks.report import ROOT, Metric, report
from crm_core.settings import Settings, load, make_secrets

# what can be asked five hundred times without a form being opened or a person taking over
ASKED = {"query_points", "query_points_history", "query_profile", "list_polls", "update_size"}
STARTING_SECONDS = 300
STOPPING_SECONDS = 30


def main() -> int:
    """The command line; 1 where a target was missed."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the product ends with us
    seconds = _arguments().seconds
    model = trained("embedding")
    folder = tempfile.TemporaryDirectory(prefix="dianyu-bench-")
    with folder as home, running(Path(home), model) as config:
        metrics = list(_measured(config, seconds))
    print(report("end_to_end", metrics))
    return int(any(metric.met is False for metric in metrics))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=8.0, help="of each load")
    return parser.parse_args()


@contextmanager
def running(home: Path, model: Path) -> Iterator[Settings]:
    """The product, answering, on free ports; stopped afterwards.

    Raises:
        RuntimeError: it ended while starting.
        TimeoutError: it did not answer in time.
    """
    (home / "models").mkdir(parents=True)
    shutil.copy(model, home / "models")
    make_secrets(home)
    os.environ |= {  # settings are read from there
        "DIANYU_HOME": str(home),
        "DIANYU_PORT": str(free_port()),
        "DIANYU_DEMO": "on",
        "DIANYU_INTERNAL_SECRET": SECRET,
        "DIANYU_LOG_LEVEL": "WARNING",
    }
    log = ROOT / "var" / "bench" / "end_to_end.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        command = [str(Path(sys.executable).parent / "dianyu"), "run", "--demo"]
        child = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=output)
    try:
        _wait(f"http://127.0.0.1:{os.environ['DIANYU_PORT']}/readyz", child)
        yield load(os.environ)
    finally:
        child.send_signal(signal.SIGINT)
        child.wait(STOPPING_SECONDS)


def _wait(url: str, child: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + STARTING_SECONDS
    while time.monotonic() < until:
        if child.poll() is not None:
            raise RuntimeError(f"dianyu run ended with {child.returncode}; see var/bench")
        try:
            urllib.request.urlopen(url, timeout=5).close()  # noqa: S310
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
        else:
            return
    raise TimeoutError(url)


def _measured(config: Settings, seconds: float) -> Iterator[Metric]:
    follower = partial(Follower, Platform(config))
    port = config.port
    texts = asyncio.run(chat_load.understood(port + 2, chat_texts.of(ASKED), ASKED))
    for flights in FLIGHTS:
        print(f"{flights} in flight", flush=True)
        driven = chat_load.drive(port, follower, texts, flights=flights, seconds=seconds)
        yield from _of_load(flights, asyncio.run(driven))
    print(f"messages around {EARLY} and {LATE}", flush=True)
    short, long = follower("oBenchShort"), follower("oBenchLong")
    asyncio.run(chat_load.play(port, short, texts, 1, EARLY - AROUND))
    asyncio.run(chat_load.play(port, long, texts, 1, LATE - AROUND))
    taken = asyncio.run(chat_load.by_turns(port, (short, long), texts, 2 * AROUND))
    early, late = (statistics.median(times) * 1000 for times in taken)
    yield Metric(f"p50 of message {EARLY}", early, "ms")
    yield Metric(f"p50 of message {LATE}", late, "ms")
    yield Metric(f"message {LATE} against message {EARLY}", late / early, "x", LONGER, most=True)


def _of_load(flights: int, load: Load) -> Iterator[Metric]:
    yield Metric(f"turns at {flights} in flight", load.rate, "1/s")
    for percent in (50, 95, 99):
        yield Metric(f"p{percent} at {flights} in flight", load.percentile(percent), "ms")


if __name__ == "__main__":
    sys.exit(main())
