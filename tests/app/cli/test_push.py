from collections.abc import Callable

import pytest
from sqlmodel import Session, select
from typer.testing import CliRunner, Result

from app.cli import push as _push  # noqa: F401  adds its commands
from app.cli.main import cli
from app.run.errors import CannotRun
from crm_core import queues
from crm_core.campaigns.models import Campaign, PushState
from crm_core.outbox.models import Outbound
from crm_core.outbox.ports import Receipt, SendError, Unanswered
from tests.crm_core.campaigns.audience import TEXT, a_phone, a_sleeper, pushes, run_workers
from tests.crm_core.campaigns.conftest import PlugIn, plug_in

__all__ = ["plug_in"]  # a fixture
RUNNER = CliRunner(env={"COLUMNS": "160"})


def run(*arguments: str, typed: str | None = None) -> Result:
    return RUNNER.invoke(cli, ["push", *arguments], input=typed)


def to_sleepers(*more: str, typed: str | None = None) -> Result:
    return run("--segment", "沉睡", "--text", TEXT, *more, typed=typed)


def campaigns_made(session: Session) -> int:
    session.rollback()
    return len(session.exec(select(Campaign)).all())


def refused(result: Result) -> str:
    assert isinstance(result.exception, CannotRun)
    return str(result.exception)


def working(plug_in: PlugIn, send: Callable[[Outbound], Receipt] | None = None) -> None:
    plug_in(send or (lambda _: Receipt()))
    run_workers()


def test_shows_the_plan_and_sends_nothing_unless_told(session: Session) -> None:
    a_sleeper(session, phone=a_phone())
    for number in range(2):
        a_sleeper(session, openid=f"o{number}")
    a_sleeper(session, phone=a_phone(), agrees=False)
    said = to_sleepers(typed="n\n")
    assert "4 customers" in said.output
    for line in ("SMS", "mass send", "skipped: does not agree to pushes", "Nothing was sent"):
        assert line in said.output
    assert campaigns_made(session) == 0


def test_sends_after_a_yes_and_only_once(session: Session, plug_in: PlugIn) -> None:
    customer = a_sleeper(session, phone=a_phone())
    first = to_sleepers(typed="y\n")
    assert "Campaign 1 is under way" in first.output
    working(plug_in)
    assert "Campaign 1 is under way" in to_sleepers("--yes").output
    assert queues.get(queues.BULK).is_empty()
    assert campaigns_made(session) == 1
    assert pushes(session)[customer.id].state is PushState.SENT


def test_a_key_of_its_own_sends_again(session: Session) -> None:
    a_sleeper(session, phone=a_phone())
    to_sleepers("--yes")
    to_sleepers("--yes", "--key", "second")
    assert campaigns_made(session) == 2


def test_status_lists_results_and_who_got_nothing_masked(session: Session, plug_in: PlugIn) -> None:
    phones = ["+8613800001111", "+8613800002222", "+8613800003333"]
    for phone in phones:
        a_sleeper(session, phone=phone)
    a_sleeper(session, phone="+8613800004444", agrees=False)
    to_sleepers("--yes")

    def send(row: Outbound) -> Receipt:
        if row.address == phones[0]:
            raise SendError("isv.MOBILE_NUMBER_ILLEGAL", permanent=True)
        if row.address == phones[1]:
            raise Unanswered("timeout")
        return Receipt()

    working(plug_in, send)
    said = run("status", "1").output
    assert "13800001111" not in said
    for words in ("王** 138****1111", "isv.MOBILE_NUMBER_ILLEGAL", "138****2222", "cut off"):
        assert words in said
    assert "does not agree to pushes" in said
    assert "138****3333" not in said  # got it
    assert run("status", "1", "--all").output == said


def test_status_without_a_number_lists_campaigns(session: Session) -> None:
    a_sleeper(session, phone=a_phone())
    to_sleepers("--yes")
    said = run("status").output
    assert "沉睡" in said
    assert TEXT in said


def test_nobody_to_reach(session: Session) -> None:
    a_sleeper(session, agrees=False)
    assert "Nobody can be reached" in to_sleepers("--yes").output
    assert campaigns_made(session) == 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--segment", "土豪", "--text", TEXT], "there is no segment 土豪"),
        (["--segment", "沉睡"], "needs --segment and --text"),
        (["--segment", "沉睡", "--text", "长" * 501], "1 to 500 characters"),
        (["--segment", "沉睡", "--text", TEXT, "--key", "k" * 65], "at most 64"),
        (["status", "404"], "no campaign 404"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    session: Session, arguments: list[str], sentence: str
) -> None:
    assert sentence in refused(run(*arguments))


def test_a_key_with_another_text(session: Session) -> None:
    a_sleeper(session, phone=a_phone())
    to_sleepers("--yes", "--key", "k")
    other = run("--segment", "沉睡", "--text", "别的", "--yes", "--key", "k")
    assert "belongs to a campaign" in refused(other)
