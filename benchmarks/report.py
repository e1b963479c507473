"""What a benchmark measured: a table for people, `var/bench/NAME.json` for programs."""

import json
import os
import platform
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parents[1]
FIGURES = {"value", "baseline", "ratio", "target"}
SMALL = 10  # shown with two decimals


@dataclass(frozen=True)
class Metric:
    """One figure, what it should reach (or, with `most`, not exceed), what it is compared with."""

    metric: str
    value: float
    unit: str
    target: float | None = None
    most: bool = False
    baseline: float | None = None

    @property
    def met(self) -> bool | None:
        """None where there is no target."""
        if self.target is None:
            return None
        return self.value <= self.target if self.most else self.value >= self.target

    @property
    def ratio(self) -> float | None:
        """Value by baseline."""
        return self.value / self.baseline if self.baseline else None


def report(name: str, metrics: Sequence[Metric]) -> Path:
    """Print the table and write the file, whose path is returned."""
    path = ROOT / "var" / "bench" / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    document = {
        "machine": machine(),
        "commit": _commit(),
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "metrics": [_as_json(metric) for metric in metrics],
    }
    path.write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n")
    Console(width=110).print(_table(name, metrics))
    return path


def machine() -> str:
    """Processor, cores that may be used, and memory."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{_processor()}, {len(os.sched_getaffinity(0))} cores, {memory:.0f} GiB"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine()
    named = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.machine()


def _commit() -> str:
    command = ["git", "-C", str(ROOT), "describe", "--always", "--dirty", "--abbrev=12"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


def _as_json(metric: Metric) -> dict[str, object]:
    shown: dict[str, object] = {
        "metric": metric.metric,
        "value": metric.value,
        "unit": metric.unit,
        "target": metric.target,
        "met": metric.met,
    }
    if metric.baseline is not None:
        shown |= {"baseline": metric.baseline, "ratio": metric.ratio}
    return shown


def _table(name: str, metrics: Sequence[Metric]) -> Table:
    table = Table(title=f"bench-{name} on {machine()}")
    for heading in ("metric", "value", "unit", "baseline", "ratio", "target", "met"):
        table.add_column(heading, justify="right" if heading in FIGURES else "left")
    for metric in metrics:
        table.add_row(
            metric.metric,
            _number(metric.value),
            metric.unit,
            _number(metric.baseline),
            _number(metric.ratio),
            _goal(metric),
            {True: "yes", False: "NO", None: ""}[metric.met],
        )
    return table


def _goal(metric: Metric) -> str:
    if metric.target is None:
        return ""
    return f"{'<=' if metric.most else '>='} {_number(metric.target)}"


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.2f}" if abs(value) < SMALL else f"{value:,.1f}"
