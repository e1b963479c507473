"""A model is made anew when, and only when, what it is made from changed."""

import shutil
from pathlib import Path

import pytest

from nlu import train

CONFIG = train.ROOT / "bot" / "config.yml"


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folders that a model is made from, to be changed at will."""
    (tmp_path / "nlu").mkdir()
    (tmp_path / "bot").mkdir()
    for name in ("components", "entities", "lexicons", "text", "data"):
        shutil.copytree(train.ROOT / "nlu" / name, tmp_path / "nlu" / name)
    for name in ("linear.py", "requirements.lock", "roles.py", "roles.yml"):
        shutil.copy(train.ROOT / "nlu" / name, tmp_path / "nlu" / name)
    for name in ("domain", "data"):
        shutil.copytree(train.ROOT / "bot" / name, tmp_path / "bot" / name)
    monkeypatch.setattr(train, "ROOT", tmp_path)
    monkeypatch.setattr(train, "_NLU_DATA", tmp_path / "nlu" / "data")
    monkeypatch.setattr(train, "_DOMAIN", tmp_path / "bot" / "domain")
    monkeypatch.setattr(train, "_RULES", tmp_path / "bot" / "data")
    return tmp_path


def test_the_same_inputs_make_the_same_fingerprint(copy: Path) -> None:
    assert train.fingerprint(CONFIG) == train.fingerprint(CONFIG)


@pytest.mark.parametrize(
    "changed",
    [
        "nlu/data/customer/query_points.yml",
        "nlu/lexicons/slips.yml",
        "nlu/components/gate.py",
        "nlu/entities/times/days.py",
        "nlu/linear.py",
        "nlu/roles.yml",
        "nlu/requirements.lock",
        "bot/domain/shared.yml",
    ],
)
def test_a_change_of_any_input_changes_it(copy: Path, changed: str) -> None:
    before = train.fingerprint(CONFIG)
    with (copy / changed).open("a", encoding="utf-8") as file:
        file.write("\n# changed\n")
    assert train.fingerprint(CONFIG) != before


def test_an_up_to_date_model_is_left_and_older_ones_are_deleted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    model = tmp_path / f"dianyu-{train.fingerprint(CONFIG)}.tar.gz"
    model.write_bytes(b"the model")
    (tmp_path / "dianyu-0123456789abcdef.tar.gz").write_bytes(b"an older one")
    monkeypatch.setattr("sys.argv", ["train", "--out", str(tmp_path)])
    assert train.main() == 0
    assert list(tmp_path.iterdir()) == [model]
    assert capsys.readouterr().out.splitlines()[-1] == str(model)
