"""What lies in the queues is done when asked, and what fails is told."""

import pytest
from sqlalchemy import Engine

from app.scenario.work import Work
from crm_core import queues
from tests.app.scenario import jobs


@pytest.fixture(autouse=True)
def _nothing_done(engine: Engine) -> None:
    jobs.done.clear()


def test_every_queue_is_emptied_with_what_jobs_queue_themselves() -> None:
    queues.get(queues.DEFAULT).enqueue(jobs.work_and_ask_for_more, "sewing")
    queues.get(queues.URGENT).enqueue(jobs.work, "ironing")
    assert Work().all_done() == []
    assert sorted(jobs.done) == ["ironing", "more of sewing", "sewing"]


def test_a_job_that_fails_is_told_once() -> None:
    queues.get(queues.BULK).enqueue(jobs.fail)
    work = Work()
    assert work.all_done() == ["tests.app.scenario.jobs.fail failed: RuntimeError: out of thread"]
    assert work.all_done() == []


def test_the_schedule_runs_without_anything_to_do() -> None:
    assert Work().on_schedule() == []
