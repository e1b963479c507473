"""`dianyu scenario` as an operator meets it."""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI
from sqlmodel import select
from typer.testing import CliRunner, Result

from app.cli.main import add_commands, cli
from app.run.errors import CannotRun
from app.scenario import children, playing
from app.scenario.reading import parse
from crm_core import clock, db
from crm_core.customers.models import Customer
from crm_core.settings import settings
from tests.app.scenario import rasa
from tests.app.scenario.given import STORE
from tests.serving import served

PASSES = "given: {customers: [{name: 林晓月}]}\nturns: [{user: 你好, expect: {intent: greet}}]\n"
FAILS = PASSES.replace("greet", "goodbye")


@pytest.fixture
def store(tmp_path: Path) -> Path:
    path = tmp_path / "store.yml"
    path.write_text(STORE, encoding="utf-8")
    return path


def dianyu(*arguments: str | Path) -> Result:
    add_commands()
    return CliRunner().invoke(cli, ["scenario", *map(str, arguments)])


def reason(result: Result) -> str:
    assert isinstance(result.exception, CannotRun)
    return str(result.exception)


@pytest.fixture(autouse=True)
def _own_database() -> None:
    db.use(None)


def test_an_empty_database_is_filled_once(store: Path) -> None:
    filled = dianyu("load", store)
    assert (filled.exit_code, filled.output) == (0, "3 customers, 3 of staff\n")
    again = dianyu("load", store)
    assert "the database is not empty" in reason(again)
    with db.reading() as session:
        names = [customer.name for customer in session.exec(select(Customer))]
    assert names[:3] == ["林晓月", "王丽", "赵敏"]


def test_the_clock_is_shared_only_when_asked(store: Path) -> None:
    dianyu("load", store)
    clock.reset()
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(minutes=1)


def test_the_clock_of_the_file_is_shared_when_asked(store: Path) -> None:
    assert dianyu("load", "--clock", store).exit_code == 0
    clock.reset()
    assert f"{clock.local(clock.now()):%Y-%m-%d %H}" == "2026-03-12 14"


def test_only_a_demo_lives_at_another_time(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIANYU_DEMO", "off")
    settings.cache_clear()
    assert "--clock needs" in reason(dianyu("load", "--clock", store))


def test_what_cannot_have_happened_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "s.yml"
    path.write_text("given:\n  customers:\n    - {name: 林, points: [{points: -5, why: reward}]}\n")
    told = reason(dianyu("load", path))
    assert told.startswith(f"{path}:3: this cannot have happened (insufficient_points")
    with db.reading() as session:
        assert session.exec(select(Customer)).first() is None


def test_mistakes_in_all_files_are_told_before_anything_is_played(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.yml").write_text("given: {shops: []}\n")
    told = reason(dianyu("play", tmp_path / "a.yml", tmp_path / "b.yml"))
    assert [line.split(": ")[0] for line in told.splitlines()[1:]] == [
        f"{tmp_path / 'a.yml'}:1",
        f"{tmp_path / 'b.yml'}:1",
    ]


def test_playing_tells_each_failure_and_counts_last(capsys: pytest.CaptureFixture[str]) -> None:
    scenarios = [parse(PASSES, "good.yml"), parse(FAILS, "bad.yml"), parse(PASSES, "good2.yml")]
    with served(rasa.app()) as url:
        assert not playing.all_pass(scenarios, rasa_url=url)
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == "2 passed, 1 failed"
    assert lines[-3].startswith(
        "FAILED bad.yml:2: turn 1, 林晓月 「你好」: expected the intent goodbye"
    )
    assert (settings().home / "logs" / "scenario.log").exists()


def test_every_turn_is_told_when_asked(capsys: pytest.CaptureFixture[str]) -> None:
    with served(rasa.app()) as url:
        assert playing.all_pass([parse(PASSES, "good.yml")], rasa_url=url, show=True)
    assert capsys.readouterr().out.splitlines()[-6:-2] == [
        "turn 1, 林晓月 「你好」",
        "    customer:林晓月: customer说你好",
        "      1. 好的",
        "    intent: greet",
    ]


def test_a_rasa_that_does_not_take_the_shops_names_stops_it() -> None:
    deaf = FastAPI()
    with served(deaf) as url, pytest.raises(CannotRun, match=r"Rasa does not answer: .*404"):
        playing.all_pass([parse(PASSES, "good.yml")], rasa_url=url)


def test_without_rasas_environment_one_sentence_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(children, "RASA_PYTHON", "nowhere/python")
    with pytest.raises(CannotRun, match="make setup"):
        children.trained(None, tmp_path)


def test_training_that_fails_shows_the_end_of_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(children, "RASA_PYTHON", sys.executable)  # it has no Rasa
    with pytest.raises(CannotRun, match=r"training the model failed; the end of .*(?s:.)*rasa"):
        children.trained(None, tmp_path)


def test_a_given_model_is_taken_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "some.tar.gz").touch()
    assert children.trained(tmp_path, tmp_path / "home") == tmp_path
