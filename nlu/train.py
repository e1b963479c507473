"""Trains the model that Rasa serves, unless one of the same inputs is there already.

    nlu/.venv/bin/python -m nlu.train --out var/models

The last line printed is the model's path.
"""

from __future__ import annotations

import argparse
import hashlib
import logging
import os
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
_NLU_DATA = ROOT / "nlu" / "data"
_DOMAIN = ROOT / "bot" / "domain"
_RULES = ROOT / "bot" / "data"
_CODE = ("components", "entities", "lexicons", "text")
_FILES = ("linear.py", "requirements.lock", "roles.py", "roles.yml")


def main() -> int:
    """The command line; 0 when a model of today's inputs is in place."""
    args = _arguments()
    args.out.mkdir(parents=True, exist_ok=True)
    model = args.out / f"dianyu-{fingerprint(args.config)}.tar.gz"
    if model.exists() and not args.force:
        _say("the model is up to date")
    elif not _train_into(model, args.config):
        return 1
    _delete_others(model)
    _say(str(model))
    return 0


def fingerprint(config: Path) -> str:
    """A short hash of all that a model is made from: data, rules, code, settings, libraries."""
    digest = hashlib.sha256(config.read_bytes())
    for path in _inputs():
        digest.update(f"{path.relative_to(ROOT)}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def train(model: Path, config: Path, data: list[Path], *, understanding_only: bool = False) -> bool:
    """Trains on the given files and folders; the model appears whole or not at all.

    Without the domain (`understanding_only`) it learns to parse, not to answer.
    """
    calm_libraries()
    from rasa.model_training import train as train_rasa  # noqa: PLC0415 - slow, seldom needed
    from rasa.utils.log_utils import configure_structlog  # noqa: PLC0415 - likewise

    configure_structlog(logging.WARNING)

    with tempfile.TemporaryDirectory(dir=model.parent, prefix=".training-") as folder:
        os.environ["RASA_CACHE_DIRECTORY"] = f"{folder}/cache"
        result = train_rasa(
            domain=str(_DOMAIN) if _DOMAIN.is_dir() and not understanding_only else "",
            config=str(config),
            training_files=[str(path) for path in data],
            output=folder,
            force_training=True,
            fixed_model_name=model.name,
        )
        if result.code != 0 or result.model is None:
            return False
        Path(result.model).replace(model)
    return True


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder of the models")
    parser.add_argument("--config", type=Path, default=ROOT / "bot" / "config.yml")
    parser.add_argument("--force", action="store_true", help="train even if nothing changed")
    return parser.parse_args()


def _inputs() -> Iterator[Path]:
    folders = [_NLU_DATA, _DOMAIN, _RULES, *(ROOT / "nlu" / name for name in _CODE)]
    for name in _FILES:
        yield ROOT / "nlu" / name
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.suffix in {".py", ".yml", ".txt"}:
                yield path


def _train_into(model: Path, config: Path) -> bool:
    _say("training the model, about two minutes")
    started = time.monotonic()
    data = [folder for folder in (_NLU_DATA, _RULES) if folder.is_dir()]
    done = train(model, config, data)
    _say(f"{'trained' if done else 'training failed'} after {time.monotonic() - started:.0f} s")
    return done


def calm_libraries() -> None:
    """Before Rasa is imported: no usage reports, nothing cached, no chatter, one thread."""
    os.environ.setdefault("RASA_TELEMETRY_ENABLED", "false")
    os.environ.setdefault("RASA_MAX_CACHE_SIZE", "0")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("LOG_LEVEL", "WARNING")
    warnings.simplefilter("ignore")


def _delete_others(model: Path) -> None:
    for other in model.parent.glob("dianyu-*.tar.gz"):
        if other != model:
            other.unlink()


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
