"""The lock files: hashed, without a registry's address, and in step with each other."""

import re
import tomllib
from pathlib import Path

import pytest

from app.run.processes import ROOT

LOCKS = ["requirements.lock", "deploy/requirements.lock", "nlu/requirements.lock"]


def pins(lock: str) -> dict[str, set[str]]:
    """Each package's versions (more than one where they differ by platform)."""
    found: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([a-z0-9-]+)==(\S+)", read(lock), re.MULTILINE):
        found.setdefault(name, set()).add(version)
    return found


def read(path: str) -> str:
    return Path(ROOT / path).read_text()


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_place_that_packages_come_from(lock: str) -> None:
    assert not re.search(r"https?:|--(extra-)?index|--find-links|file:", read(lock))


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_of_a_lock_is_hashed(lock: str) -> None:
    entries = re.split(r"^(?=[a-z0-9-]+==)", read(lock), flags=re.MULTILINE)[1:]

    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []


def test_the_image_gets_the_versions_that_were_tested() -> None:
    tested = pins("requirements.lock")

    assert {n: v for n, v in pins("deploy/requirements.lock").items() if tested.get(n) != v} == {}


@pytest.mark.parametrize("lock", LOCKS[:2])
def test_every_dependency_is_locked(lock: str) -> None:
    declared = tomllib.loads(read("pyproject.toml"))["project"]["dependencies"]
    names = {re.split(r"[\[=<>~! ]", dependency)[0] for dependency in declared}

    assert names <= set(pins(lock))
