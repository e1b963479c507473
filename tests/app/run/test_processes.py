"""docker-compose.yml runs what `make run` runs; only addresses and places differ."""

import itertools
import re
from pathlib import Path, PurePath
from typing import Any

import pytest
import yaml

from app.run import processes
from app.run.plan import Step, addresses, plan
from app.run.processes import ROOT, Process
from crm_core.settings import PREFIX, Settings

PLACES = {"--host", "--port", "--dir", "--unixsocket", "--unixsocketperm", "--models", "--workers"}


def table(*, demo: bool) -> dict[str, Process]:
    given = Settings(home=Path("/app/var"), demo=demo, redis_url="")
    return {p.name: p for p in [*processes.redis(given), *processes.services(given)]}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return read


def without_places(command: list[str] | tuple[str, ...]) -> list[str]:
    """The command but for the options that say where."""
    kept = [PurePath(command[0]).name if "redis" in command[0] else command[0]]
    for before, word in itertools.pairwise(command):
        if word not in PLACES and before not in PLACES:
            kept.append(word)
    return kept


@pytest.mark.parametrize("name", sorted(table(demo=False)))
def test_compose_runs_the_same_command(compose: dict[str, Any], name: str) -> None:
    service = compose["services"][name]

    assert without_places(service["command"]) == without_places(table(demo=False)[name].command)


def test_compose_runs_nothing_else_but_the_database_and_its_migration(
    compose: dict[str, Any],
) -> None:
    assert set(compose["services"]) - set(table(demo=False)) == {"postgres", "migrate"}


def test_compose_migrates_as_a_run_does(compose: dict[str, Any]) -> None:
    steps = [s for s in plan(Settings(demo=False)) if isinstance(s, Step) and s.name == "migrate"]

    assert compose["services"]["migrate"]["command"] == list(steps[0].command)


def test_every_variable_that_compose_passes_is_a_setting(compose: dict[str, Any]) -> None:
    names = compose["services"]["gateway"]["environment"]

    assert {n.removeprefix(PREFIX).lower() for n in names} <= set(Settings.model_fields)


def test_compose_publishes_the_gateway_only(compose: dict[str, Any]) -> None:
    assert [n for n, service in compose["services"].items() if "ports" in service] == ["gateway"]


def test_every_container_is_confined(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        assert service["read_only"] is True
        assert service["user"].split(":")[0] != "0"
        assert service["security_opt"] == ["no-new-privileges:true"]


def test_every_service_is_watched(compose: dict[str, Any]) -> None:
    unwatched = {n for n, service in compose["services"].items() if "healthcheck" not in service}

    assert unwatched == {"migrate"}  # which ends


def test_every_image_is_pinned(compose: dict[str, Any]) -> None:
    images = [service["image"] for service in compose["services"].values()]
    for file in (ROOT / "deploy").glob("*Dockerfile"):
        images += re.findall(r"^FROM (\S+)", file.read_text(), re.MULTILINE)

    assert [i for i in images if not re.fullmatch(r"[a-z-]+:\d+\.\d+(\.\d+)?(-[a-z-]+)?", i)] == []


def test_secrets_come_from_the_environment(compose: dict[str, Any]) -> None:
    secret = re.compile("SECRET|TOKEN|PASSWORD|AES_KEY|KEY_ID")
    for service in compose["services"].values():
        given = {n: v for n, v in service.get("environment", {}).items() if secret.search(n)}
        assert [name for name, value in given.items() if not value.startswith("${")] == []


def test_what_the_database_keeps_outlives_its_container(compose: dict[str, Any]) -> None:
    volumes = compose["services"]["postgres"]["volumes"]

    assert {volume.split(":")[0] for volume in volumes} == set(compose["volumes"])


def test_only_the_gateway_can_be_reached_from_elsewhere() -> None:
    started = table(demo=True).values()
    wide = Settings(demo=True, host="0.0.0.0")  # noqa: S104

    assert {p.host for p in started} == {"127.0.0.1"}
    assert [p.name for p in processes.services(wide) if p.host != "127.0.0.1"] == ["gateway"]
    for process in processes.services(wide):
        if process.name in {"rasa", "internal", "sandbox"}:
            assert process.command[process.command.index("--host") + 1] == "127.0.0.1"


def test_the_embedded_redis_listens_on_a_socket_of_the_home_only() -> None:
    (redis,) = processes.redis(Settings(home=Path("/app/var"), redis_url=""))

    assert redis.command[redis.command.index("--port") + 1] == "0"
    assert redis.command[redis.command.index("--unixsocket") + 1].startswith("/app/var/")
    assert redis.command[0] == ".venv/bin/redis-server"


def test_the_sandbox_runs_in_a_demo_only() -> None:
    assert set(table(demo=True)) - set(table(demo=False)) == {"sandbox"}


def test_a_server_that_is_named_is_not_started() -> None:
    named = Settings(redis_url="redis://10.0.0.1/0", rasa_url="http://10.0.0.2:5005")

    started = {p.name for p in [*processes.redis(named), *processes.services(named)]}

    assert started.isdisjoint({"redis", "rasa"})
    assert "train" not in {part.name for part in plan(named) if isinstance(part, Step)}


def test_every_queue_has_the_workers_that_are_set() -> None:
    names = {p.name for p in processes.services(Settings(workers=2))}

    assert {"worker-bulk", "worker-bulk-2", "worker-urgent-2", "worker-default-2"} <= names


def test_no_two_processes_share_a_port() -> None:
    ports = [p.port for p in table(demo=True).values() if p.port]

    assert sorted(ports) == [8000, 8001, 8002, 8003, 8004]


def test_only_what_is_there_is_announced() -> None:
    without_accounts = "\n".join(addresses(Settings(demo=False)))
    demo = "\n".join(addresses(Settings(demo=True)))

    assert "8000/readyz" in without_accounts
    assert "/try" not in without_accounts
    assert "/channels" not in without_accounts
    assert all(path in demo for path in ("/try", "/channels/oa", "/channels/wecom"))
