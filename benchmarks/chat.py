"""Stock Rasa against ours, in one run on one machine: `make bench-chat`.

Both serve the same model with the same actions to the same distinct texts, at Rasa's port. Stock is
`rasa run` with its REST webhook, Redis tracker and lock stores, one worker, default threads and the
SDK's own server; ours carries the state in and out, as the gateway does.
"""

import argparse
import asyncio
import json
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from redis import Redis

from benchmarks import chat_load, chat_servers, chat_texts
from benchmarks.chat_load import Load, Ours, Stock
from benchmarks.report import ROOT, Metric, report

FLIGHTS = (1, 8, 32)
AIMED_AT = 8
EARLY, LATE, AROUND = 20, 500, 8
LONGER = 1.2  # message 500 against message 20
CONFIGS = {"fast": ROOT / "nlu" / "config-fast.yml", "embedding": ROOT / "bot" / "config.yml"}
TARGETS = {"fast": 5.0, "embedding": 2.8}  # times stock's rate at AIMED_AT in flight


@dataclass(frozen=True)
class Measured:
    """One side with one model."""

    loads: dict[int, Load]
    early: float  # median seconds around message 20
    late: float  # median seconds around message 500


def main() -> int:
    """The command line; 1 where a target was missed."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the servers end with us
    given = _arguments()
    chat_servers.LOG.parent.mkdir(parents=True, exist_ok=True)
    chat_servers.LOG.write_bytes(b"")
    metrics: list[Metric] = []
    for name in given.configs:
        model = given.model or trained(name)
        texts, ours = _ours(model, given)
        metrics += _compare(name, _stock(model, texts, given), ours)
    print(report("chat", metrics))
    return int(any(metric.met is False for metric in metrics))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--configs", nargs="+", choices=CONFIGS, default=list(CONFIGS))
    parser.add_argument("--model", type=Path, help="a trained model, instead of training the bot")
    parser.add_argument("--seconds", type=float, default=8.0, help="of each load")
    parser.add_argument("--workers", type=int, default=2, help="of ours")
    return parser.parse_args()


def trained(name: str) -> Path:
    """The model of one of CONFIGS, trained where its inputs changed."""
    folder = ROOT / "var" / "bench" / "models" / name
    folder.mkdir(parents=True, exist_ok=True)
    command = [chat_servers.RASA_PYTHON, "-m", "nlu.train", "--out", str(folder)]
    done = subprocess.run([*command, "--config", str(CONFIGS[name])], cwd=ROOT, check=False)
    if done.returncode != 0:
        sys.exit(f"The model of {CONFIGS[name]} could not be trained.")
    return next(iter(folder.glob("*.tar.gz")))


def _stock(model: Path, texts: list[str], given: argparse.Namespace) -> Measured:
    with chat_servers.stock(model) as side:
        loads = _loads(side, Stock, texts, given.seconds)
        short, long = Stock("bench-short"), Stock("bench-long")
        _play(side.port, short, texts, 1, EARLY - AROUND)
        _play(side.port, long, texts, 1, EARLY)
        _lengthen(side.redis_port, long.name, EARLY, LATE - AROUND)
        return Measured(loads, *_by_turns(side.port, (short, long), texts))


def _ours(model: Path, given: argparse.Namespace) -> tuple[list[str], Measured]:
    """What was measured, and the texts, chosen so that each leads to one action."""
    with chat_servers.ours(model, given.workers) as side:
        intents = chat_texts.intents(chat_servers.domain(model))
        said = chat_load.understood(side.port, chat_texts.of(intents), intents)
        texts = asyncio.run(said)
        loads = _loads(side, Ours, texts, given.seconds)
        short, long = Ours("bench-short"), Ours("bench-long")
        _play(side.port, short, texts, 1, EARLY - AROUND)
        _play(side.port, long, texts, 1, LATE - AROUND)
        return texts, Measured(loads, *_by_turns(side.port, (short, long), texts))


def _loads(
    side: chat_servers.Side, talk: type[Stock] | type[Ours], texts: list[str], seconds: float
) -> dict[int, Load]:
    return {flights: _load(side, talk, texts, flights, seconds) for flights in FLIGHTS}


def _load(
    side: chat_servers.Side,
    talk: type[Stock] | type[Ours],
    texts: list[str],
    flights: int,
    seconds: float,
) -> Load:
    print(f"{talk.__name__.lower()}: {flights} in flight", flush=True)
    before = side.cpu_seconds()
    driven = chat_load.drive(side.port, talk, texts, flights=flights, seconds=seconds)
    load = asyncio.run(driven)
    load.cpu_seconds = side.cpu_seconds() - before
    return load


def _play(port: int, talk: Stock | Ours, texts: list[str], first: int, last: int) -> None:
    print(f"{talk.name}: messages {first} to {last}", flush=True)
    asyncio.run(chat_load.play(port, talk, texts, first, last))


def _by_turns(
    port: int, talks: tuple[Stock | Ours, Stock | Ours], texts: list[str]
) -> tuple[float, float]:
    """Median seconds of the messages around EARLY and of those around LATE."""
    print(f"messages around {EARLY} and {LATE}", flush=True)
    short, long = asyncio.run(chat_load.by_turns(port, talks, texts, 2 * AROUND))
    return statistics.median(short), statistics.median(long)


def _lengthen(redis_port: int | None, name: str, messages: int, wanted: int) -> None:
    """Repeat the stored history until it has `wanted` messages.

    Playing five hundred turns through stock Rasa would take minutes; what it stores for them is the
    events of each turn, one after another, each later than the one before (else Rasa would merge
    event by event, which costs far more).
    """
    store = Redis(port=redis_port or 0)
    key = next(key for key in store.scan_iter("*") if name.encode() in key)
    tracker = json.loads(store.get(key) or b"{}")
    events = tracker["events"]
    start = next(index for index, event in enumerate(events) if event["event"] == "user")
    per_message = len(events[start:]) / messages
    missing = int((wanted - messages) * per_message)
    repeated = events[start:] * (missing // len(events[start:]) + 1)
    history = events + _whole_turns(repeated, wanted - messages)
    now = time.time()
    tracker["events"] = [
        event | {"timestamp": now - (len(history) - index) / 100}
        for index, event in enumerate(history)
    ]
    store.set(key, json.dumps(tracker))


def _whole_turns(events: list[dict[str, object]], turns: int) -> list[dict[str, object]]:
    begins = [index for index, event in enumerate(events) if event["event"] == "user"]
    return events[: begins[turns]] if turns < len(begins) else events


def _compare(name: str, stock: Measured, ours: Measured) -> Iterator[Metric]:
    for flights in FLIGHTS:
        yield _rate(name, flights, stock.loads[flights], ours.loads[flights])
    for flights in FLIGHTS:
        yield from _latencies(name, flights, stock.loads[flights], ours.loads[flights])
        yield _cpu(name, flights, stock.loads[flights], ours.loads[flights])
    for message, theirs, mine in (
        (EARLY, stock.early, ours.early),
        (LATE, stock.late, ours.late),
    ):
        yield _time(f"{name}: p50 of message {message}", theirs * 1000, mine * 1000)
    label = f"{name}: message {LATE} against message {EARLY}"
    stock_longer, longer = stock.late / stock.early, ours.late / ours.early
    yield Metric(label, longer, "x", LONGER, most=True, baseline=stock_longer)


def _rate(name: str, flights: int, stock: Load, ours: Load) -> Metric:
    target = TARGETS[name] * stock.rate if flights == AIMED_AT else None
    label = f"{name}: turns at {flights} in flight"
    return Metric(label, ours.rate, "1/s", target, baseline=stock.rate)


def _latencies(name: str, flights: int, stock: Load, ours: Load) -> Iterator[Metric]:
    for percent in (50, 95, 99):
        label = f"{name}: p{percent} at {flights} in flight"
        yield _time(label, stock.percentile(percent), ours.percentile(percent))


def _cpu(name: str, flights: int, stock: Load, ours: Load) -> Metric:
    label = f"{name}: CPU of Rasa for a turn at {flights} in flight"
    theirs, mine = stock.cpu_seconds / stock.turns, ours.cpu_seconds / ours.turns
    return _time(label, theirs * 1000, mine * 1000)


def _time(label: str, stock: float, ours: float) -> Metric:
    return Metric(label, ours, "ms", baseline=stock)


if __name__ == "__main__":
    sys.exit(main())
