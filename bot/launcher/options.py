"""What the launcher is told: the command line and two secrets of the environment."""

import argparse
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

RASA_VERSION = "3.6.21"


class BadOptions(Exception):
    """The launcher cannot start; the message is one sentence for the operator."""


@dataclass(frozen=True)
class Options:
    """How to serve: the folder of models, where to listen, and how to reach the actions."""

    models: Path
    host: str
    port: int
    workers: int
    internal_url: str
    internal_secret: str


def read(arguments: Sequence[str], environment: Mapping[str, str] = os.environ) -> Options:
    """The options from the command line and the environment.

    Raises:
        BadOptions: a variable is missing, or the folder holds no model.
    """
    parsed = _parser().parse_args(arguments)
    newest_model(parsed.models)
    return Options(
        models=parsed.models,
        host=parsed.host,
        port=parsed.port,
        workers=parsed.workers,
        internal_url=_required(environment, "DIANYU_INTERNAL_URL").rstrip("/"),
        internal_secret=_required(environment, "DIANYU_INTERNAL_SECRET"),
    )


def newest_model(models: Path) -> Path:
    """The model written last.

    Raises:
        BadOptions: there is none.
    """
    found = sorted(models.glob("*.tar.gz"), key=lambda file: file.stat().st_mtime)
    if not found:
        raise BadOptions(f"No model (*.tar.gz) in {models}: train one first.")
    return found[-1]


def require_rasa(installed: str | None) -> None:
    """Every patch is proven equal to the code of one Rasa, so no other will do.

    Raises:
        BadOptions: Rasa is absent or another version.
    """
    if installed != RASA_VERSION:
        raise BadOptions(
            f"This launcher runs Rasa {RASA_VERSION} and nothing else, but found {installed}."
        )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bot.launcher", description=__doc__)
    parser.add_argument("--models", type=Path, required=True, help="folder of *.tar.gz models")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--workers", type=int, choices=(1, 2, 3, 4), default=1)
    return parser


def _required(environment: Mapping[str, str], name: str) -> str:
    value = environment.get(name, "")
    if not value:
        raise BadOptions(f"{name} is not set.")
    return value
