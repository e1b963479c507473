"""The one table of what runs. docker-compose.yml says the same commands; a test compares them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from dotenv import dotenv_values

from app.run import ready
from app.run.ready import Ready
from crm_core.queues import NAMES as QUEUES
from crm_core.settings import DOT_ENV, PREFIX, Settings, redis_socket

ROOT = Path(__file__).resolve().parents[2]
PYTHON = ".venv/bin/python"
RASA_PYTHON = "nlu/.venv/bin/python"
_WEB = ("--no-access-log", "--no-server-header", "--timeout-graceful-shutdown", "5")


@dataclass(frozen=True)
class Process:
    """A child: its command is relative to the checkout; `port` is its own, 0 where it has none."""

    name: str
    command: tuple[str, ...]
    ready: Ready
    port: int = 0
    host: str = "127.0.0.1"


def redis(settings: Settings) -> list[Process]:
    """The embedded server, where no other one was named."""
    if not settings.embedded_redis:
        return []
    socket = redis_socket(settings.home)
    command = (
        *(
            ".venv/bin/redis-server",
            "--port",
            "0",
            "--dir",
            str(settings.home.absolute() / "redis"),
        ),
        *("--unixsocket", str(socket), "--unixsocketperm", "700"),
        *("--appendonly", "no", "--save", "", "--maxmemory-policy", "noeviction"),
    )
    return [Process("redis", command, ready.redis_pings(settings.redis_url))]


def services(settings: Settings) -> list[Process]:
    """Everything but Redis."""
    return [
        *_rasa(settings),
        _internal(settings),
        *_workers(settings),
        _cron(settings),
        _ui(settings),
        *_sandbox(settings),
        _gateway(settings),
    ]


def training(settings: Settings) -> tuple[str, ...]:
    """Trains the model where its inputs changed since the last time."""
    return (RASA_PYTHON, "-m", "nlu.train", "--out", str(settings.home.absolute() / "models"))


def environ(settings: Settings, base: Mapping[str, str]) -> dict[str, str]:
    """What every child sees; Rasa, which knows nothing of our settings class, included."""
    written = {k: v for k, v in dotenv_values(DOT_ENV).items() if k.startswith(PREFIX) and v}
    derived = {
        "HOME": str(settings.home.absolute()),
        "DEMO": "on" if settings.demo else "off",
        "PORT": str(settings.port),
        "TIME_ZONE": settings.time_zone,
        "LOG_LEVEL": settings.log_level,
        "REDIS_URL": settings.redis_url,
        "INTERNAL_URL": settings.internal_url,
        "INTERNAL_SECRET": settings.internal_secret.get_secret_value(),
    }
    ours = {PREFIX + name: value for name, value in derived.items()}
    return {**written, **base, **ours, "PYTHONUNBUFFERED": "1"}


def _rasa(settings: Settings) -> list[Process]:
    if not settings.own_rasa:
        return []
    port = settings.port + 2
    command = (
        *(RASA_PYTHON, "-m", "bot.launcher", "--models", str(settings.home.absolute() / "models")),
        *("--host", "127.0.0.1", "--port", str(port), "--workers", str(settings.rasa_workers)),
    )
    url = f"http://127.0.0.1:{port}/webhooks/dianyu/ready"
    return [Process("rasa", command, ready.over_http(url), port)]


def _gateway(settings: Settings) -> Process:
    asked = "127.0.0.1" if settings.host in {"0.0.0.0", "::"} else settings.host  # noqa: S104
    answers = ready.over_http(f"http://{asked}:{settings.port}/readyz")
    command = _uvicorn("app.gateway:create_app", settings.host, settings.port)
    return Process("gateway", command, answers, settings.port, settings.host)


def _internal(settings: Settings) -> Process:
    port = settings.port + 1
    answers = ready.over_http(f"http://127.0.0.1:{port}/healthz", below=500)
    return Process(
        "internal", _uvicorn("app.internal:create_app", "127.0.0.1", port), answers, port
    )


def _sandbox(settings: Settings) -> list[Process]:
    if not settings.demo:
        return []
    port = settings.port + 3
    answers = ready.over_http(f"http://127.0.0.1:{port}/healthz", below=500)
    return [
        Process("sandbox", _uvicorn("app.sandbox:create_app", "127.0.0.1", port), answers, port)
    ]


def _ui(settings: Settings) -> Process:
    port = settings.port + 4
    answers = ready.over_http(f"http://127.0.0.1:{port}/healthz", below=500)
    return Process("ui", (PYTHON, "-m", "app.ui"), answers, port)


def _workers(settings: Settings) -> Iterator[Process]:
    """One queue a worker: a worker on several can lose the job of another's dead worker."""
    works = ready.known_to_rq(settings.redis_url, ready.workers)
    for queue in QUEUES:
        for number in range(1, settings.workers + 1):
            name = f"worker-{queue}" if number == 1 else f"worker-{queue}-{number}"
            yield Process(name, (PYTHON, "-m", "app.worker", queue), works)


def _cron(settings: Settings) -> Process:
    schedules = ready.known_to_rq(settings.redis_url, ready.schedulers)
    return Process("cron", (PYTHON, "-m", "app.cron"), schedules)


def _uvicorn(app: str, host: str, port: int) -> tuple[str, ...]:
    return (".venv/bin/uvicorn", "--factory", app, "--host", host, "--port", str(port), *_WEB)
