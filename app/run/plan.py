"""What `dianyu run` does, in order."""

from dataclasses import dataclass

from app.run import processes
from app.run.processes import PYTHON, Process
from crm_core.settings import Settings

_CLI = (PYTHON, "-m", "app.cli")


@dataclass(frozen=True)
class Step:
    """A command that runs to its end: what the person reads, its log's name, the command."""

    what: str
    name: str
    command: tuple[str, ...]


@dataclass(frozen=True)
class Stage:
    """Processes that start side by side and stay."""

    processes: tuple[Process, ...]


Plan = list[Step | Stage]


def plan(settings: Settings) -> Plan:
    """Train, start Redis, migrate (and load the demo store), start the rest."""
    made: Plan = []
    if settings.own_rasa:
        what = "training the model (minutes where its inputs changed)"
        made.append(Step(what, "train", processes.training(settings)))
    if settings.embedded_redis:
        made.append(Stage(tuple(processes.redis(settings))))
    demo = ("--demo",) if settings.demo else ()
    made.append(Step("preparing the database", "migrate", (*_CLI, "migrate", *demo)))
    made.append(Stage(tuple(processes.services(settings))))
    return made


def addresses(settings: Settings) -> list[str]:
    """The lines that say where everything is, once it answers."""
    base = f"http://{settings.host}:{settings.port}"
    places = {
        "try it": f"{base}/try" if settings.demo else "",
        "official account": f"{base}/channels/oa/callback" if settings.oa_appid else "",
        "WeCom app": f"{base}/channels/wecom/callback" if settings.wecom_corpid else "",
        "state": f"{base}/readyz  {base}/metrics",
        "logs": str(settings.home / "logs"),
    }
    lines = [f"  {what:16} {place}" for what, place in places.items() if place]
    return ["Dianyu is running:", *lines, "Ctrl-C stops it."]
