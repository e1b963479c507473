from pathlib import Path

import pytest

from crm_core.rotation import secrets

ENV = "DIANYU_SECRET_KEY=first\nDIANYU_INTERNAL_SECRET=other\n"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("DIANYU_SECRET_KEY")
    (tmp_path / "secrets.env").write_text(ENV)
    return tmp_path


def kept(home: Path) -> dict[str, str]:
    lines = (home / "secrets.env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines)


def test_a_new_secret_comes_first_and_the_others_stay(home: Path) -> None:
    secrets.renew(home)
    second = kept(home)["DIANYU_SECRET_KEY"]
    secrets.renew(home)
    now = kept(home)
    assert now["DIANYU_SECRET_KEY_PREVIOUS"] == f"{second},first"
    assert now["DIANYU_SECRET_KEY"] not in {second, "first"}
    assert now["DIANYU_INTERNAL_SECRET"] == "other"
    assert (home / "secrets.env").stat().st_mode & 0o777 == 0o600


def test_retiring_forgets_the_previous_ones(home: Path) -> None:
    secrets.renew(home)
    present = kept(home)["DIANYU_SECRET_KEY"]
    for _ in range(2):
        secrets.retire(home)
    assert kept(home) == {"DIANYU_SECRET_KEY": present, "DIANYU_INTERNAL_SECRET": "other"}


def test_a_secret_of_the_environment_is_left_alone(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIANYU_SECRET_KEY", "elsewhere")
    with pytest.raises(secrets.NotOurs, match="DIANYU_SECRET_KEY"):
        secrets.renew(home)
    assert (home / "secrets.env").read_text() == ENV
