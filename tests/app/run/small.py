"""`dianyu run` with a small plan: `small.py FOLDER [--with-parent] [traits of its one service]`."""

import sys
from pathlib import Path

from app.run.errors import CannotRun
from app.run.plan import Plan, Stage, Step
from app.run.start import run
from app.run.supervisor import Patience
from crm_core.settings import settings
from tests.app.run.conftest import a_process


def main(folder: str, *flags: str) -> None:
    traits = [flag for flag in flags if flag != "--with-parent"]
    step = Step("taking a step", "step", (sys.executable, "-c", "print('a step')"))
    service = a_process(Path(folder), "service", "family", *traits)
    plan: Plan = [Stage((a_process(Path(folder), "redis"),)), step, Stage((service,))]
    try:
        run(settings(), plan, Patience(grace=1), with_parent="--with-parent" in flags)
    except CannotRun as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main(*sys.argv[1:])
