import os
from pathlib import Path

import pytest

from crm_core.settings import BadSettings, Settings, load, make_secrets, redis_socket


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home, and a folder to run in that has no `.env` yet."""
    for name in ("DIANYU_SECRET_KEY", "DIANYU_INTERNAL_SECRET", "DIANYU_REDIS_URL", "DIANYU_DEMO"):
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("DIANYU_PROT", "8000", "DIANYU_PROT is not a setting; docs/settings.md lists them all"),
        ("DIANYU_PORT", "eight", "DIANYU_PORT: Input should be a valid integer"),
        ("DIANYU_PORT", "80", "DIANYU_PORT: Input should be greater than or equal to 1024"),
        ("DIANYU_DEMO", "perhaps", "DIANYU_DEMO: Input should be a valid boolean"),
        ("DIANYU_TIME_ZONE", "Mars/Olympus", "DIANYU_TIME_ZONE: there is no such time zone"),
        ("DIANYU_OA_AES_KEY", "short", "DIANYU_OA_AES_KEY: an EncodingAESKey has 43 characters"),
        ("DIANYU_OA_MODE", "loud", "DIANYU_OA_MODE: Input should be 'plain', 'safe' or 'both'"),
        ("DIANYU_DATABASE_URL", "postgres://a/b", "DIANYU_DATABASE_URL: an address here begins"),
        ("DIANYU_REDIS_URL", "localhost:6379", "DIANYU_REDIS_URL: an address here begins"),
        ("DIANYU_RASA_URL", "http://a:1,b:2", "DIANYU_RASA_URL: an address here begins"),
    ],
)
def test_a_bad_setting_is_named(
    home: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(BadSettings) as bad:
        load(os.environ)

    assert str(bad.value).startswith(said)


def test_an_unknown_name_in_the_file_is_named_too(home: Path) -> None:
    (home / ".env").write_text("DIANYU_PROT=8000\n")

    with pytest.raises(BadSettings, match="DIANYU_PROT is not a setting"):
        load(os.environ)


def test_the_environment_wins_over_the_file(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / ".env").write_text("DIANYU_PORT=9000\nDIANYU_WORKERS=3\n")
    monkeypatch.setenv("DIANYU_PORT", "9100")

    assert (load(os.environ).port, load(os.environ).workers) == (9100, 3)


def test_the_file_may_name_the_home_and_its_secrets_are_read(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DIANYU_HOME")
    (home / ".env").write_text(f"DIANYU_HOME={home / 'data'}\n")
    make_secrets(home / "data")

    assert load(os.environ).secret_key.get_secret_value()


def test_an_empty_value_counts_as_unset(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIANYU_PORT", "")

    assert load(os.environ).port == 8000


def test_secrets_differ_between_homes_and_stay(home: Path) -> None:
    for name in ("one", "two", "one"):
        make_secrets(home / name)
    one, two = [(home / name / "secrets.env").read_text() for name in ("one", "two")]
    make_secrets(home / "one")

    assert one != two
    assert (home / "one" / "secrets.env").read_text() == one
    assert [path.name for path in (home / "one").iterdir()] == ["secrets.env"]


def test_what_is_not_named_is_our_own(home: Path) -> None:
    ours = Settings(home=home)
    named = Settings(home=home, redis_url="redis://10.0.0.1", rasa_url="http://10.0.0.2:5005")

    assert (ours.embedded_redis, ours.own_rasa) == (True, True)
    assert (named.embedded_redis, named.own_rasa) == (False, False)


def test_a_socket_path_fits_into_an_address(tmp_path: Path) -> None:
    assert redis_socket(tmp_path) == tmp_path / "redis" / "redis.sock"
    for deep in (tmp_path / ("深" * 40), tmp_path / ("d" * 200)):
        assert len(os.fsencode(redis_socket(deep))) <= 107
    assert redis_socket(tmp_path / ("d" * 200)) != redis_socket(tmp_path / ("e" * 200))


def test_the_accounts_of_a_demo_follow_from_its_secret(home: Path) -> None:
    first, again = (Settings(demo=True, internal_secret="a") for _ in range(2))
    other = Settings(demo=True, internal_secret="b")

    assert first.oa_token == again.oa_token
    assert first.oa_token != other.oa_token
    assert len(first.oa_aes_key.get_secret_value()) == 43
    assert Settings(demo=False).oa_token.get_secret_value() == ""
