"""Where scenarios are played: a whole Dianyu on free ports, in a home that is gone afterwards.

Rasa and Redis are processes; gateway, internal server and sandbox are threads of this one, so that
one clock and one database can be exchanged between scenarios. RQ's jobs run here too, in bursts.
"""

import logging
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import httpx
import structlog
from sqlalchemy import Engine, create_engine

from app import wiring
from app.gateway import create_app as gateway
from app.internal import create_app as internal
from app.run.errors import CannotRun
from app.run.wardship import Wardship
from app.sandbox import accounts_of
from app.scenario import children
from app.scenario.environment import settings_of
from app.scenario.phones import Phones
from app.scenario.serving import a_port, served, url_of
from app.scenario.work import Work
from channels.sandbox.app import create_app as sandbox
from crm_core import clock, db, migrate, queues
from crm_core.db import make_engine
from crm_core.lexicon import service as lexicon
from crm_core.settings import Settings

_GRACE_SECONDS = 5.0


class CannotPlay(CannotRun):
    """The stage is broken: no turn would say anything about the scenario."""


class Databases:
    """Empty databases, copied from one that was migrated once."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._made: list[Engine] = []
        self._template = home / "template.db"
        with _plain_engine(self._template) as engine:  # not in WAL mode: one file to copy
            migrate.upgrade(engine)

    def use_new(self) -> None:
        """Let this process work on a new one. The one before stays: a thread may be reading it."""
        path = self._home / f"scenario-{len(self._made)}.db"
        shutil.copy(self._template, path)
        engine = make_engine(f"sqlite:///{path}")
        self._made.append(engine)
        db.use(engine)

    def close(self) -> None:
        db.use(None)
        for engine in self._made:
            engine.dispose()


class Stage:
    """A running Dianyu without data; `fresh` makes it ready for the next scenario."""

    def __init__(self, databases: Databases, phones: Phones, config: Settings) -> None:
        self.phones = phones
        self.work = Work()
        self._databases = databases
        secret = config.internal_secret.get_secret_value()
        self._rasa = httpx.Client(
            base_url=config.rasa_url,
            headers={"Authorization": f"Bearer {secret}"},
            trust_env=False,
        )

    def close(self) -> None:
        self._rasa.close()

    def fresh(self) -> None:
        """An empty database and Redis, and phones that nobody has used yet."""
        self._databases.use_new()
        queues.redis().flushall()
        self.phones.reset()

    def learn_names(self) -> None:
        """Let Rasa know the shop's names as they are in the database now.

        Raises:
            CannotPlay: it does not take them.
        """
        with db.reading() as session:
            expected = lexicon.etag(lexicon.entries(session))
        try:
            answer = self._rasa.post("/webhooks/dianyu/lexicon").raise_for_status()
        except httpx.HTTPError as error:
            raise CannotPlay(f"Rasa does not answer: {error}") from error
        if any(tag != expected for tag in answer.json()["etags"]):
            raise CannotPlay("Rasa does not read the shop's names; its log says why.")


@contextmanager
def stage(
    logs: Path, *, models: Path | None = None, rasa_url: str | None = None
) -> Iterator[Stage]:
    """Set up a stage with a Rasa of its own on one of these models, or one at `rasa_url`.

    Logs are added to `logs`/scenario*.log.

    Raises:
        CannotRun: something did not start.
    """
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="dianyu-")))
        ports = {name: a_port() for name in ("gateway", "internal", "sandbox", "rasa")}
        urls = {f"{name}_url": url_of(port) for name, port in ports.items() if name != "gateway"}
        urls |= {"rasa_url": rasa_url} if rasa_url else {}
        config = stack.enter_context(settings_of(home, **urls))
        stack.enter_context(_logging_to(logs / "scenario.log"))
        stack.callback(clock.reset)
        databases = stack.enter_context(closing(Databases(home)))
        databases.use_new()
        wardship = Wardship(_GRACE_SECONDS)
        stack.callback(wardship.close)
        stack.enter_context(children.redis(config, logs / "scenario-redis.log", wardship))
        stack.enter_context(wiring.plug_in(config))
        stack.enter_context(served(internal(), ports["internal"]))
        platforms = sandbox(accounts_of(config), url_of(ports["gateway"]))
        stack.enter_context(served(platforms, ports["sandbox"]))
        stack.enter_context(served(gateway(config), ports["gateway"]))
        port = ports["rasa"].getsockname()[1]
        ports["rasa"].close()
        if models is not None:
            log = logs / "scenario-rasa.log"
            stack.enter_context(children.rasa(models, port, log, wardship))
        phones = stack.enter_context(closing(Phones(config.sandbox_url)))
        yield stack.enter_context(closing(Stage(databases, phones, config)))


@contextmanager
def _plain_engine(path: Path) -> Iterator[Engine]:
    engine = create_engine(f"sqlite:///{path}")
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def _logging_to(path: Path) -> Iterator[None]:
    """What this process has to say goes to a file: the terminal shows results."""
    path.parent.mkdir(parents=True, exist_ok=True)
    before = structlog.get_config()["logger_factory"]
    with path.open("a", encoding="utf-8") as file:
        handler = logging.StreamHandler(file)
        logging.getLogger().addHandler(handler)
        structlog.configure(logger_factory=structlog.WriteLoggerFactory(file))
        try:
            yield
        finally:
            structlog.configure(logger_factory=before)
            logging.getLogger().removeHandler(handler)
