import pytest
from cryptography.exceptions import InvalidTag

from crm_core import crypto
from crm_core.settings import BadSettings, settings


def under(monkeypatch: pytest.MonkeyPatch, key: str, previous: str = "") -> None:
    monkeypatch.setenv("DIANYU_SECRET_KEY", key)
    monkeypatch.setenv("DIANYU_SECRET_KEY_PREVIOUS", previous)
    settings.cache_clear()
    crypto.forget()


def test_what_is_encrypted_comes_back() -> None:
    stored = crypto.encrypt("林晓月".encode(), "customer.name")
    assert "林晓月".encode() not in stored
    assert crypto.decrypt(stored, "customer.name").decode() == "林晓月"


def test_the_same_value_looks_different_each_time() -> None:
    assert crypto.encrypt(b"a", "c") != crypto.encrypt(b"a", "c")


def test_a_value_moved_to_another_column_is_refused() -> None:
    with pytest.raises(InvalidTag):
        crypto.decrypt(crypto.encrypt(b"a", "customer.name"), "customer.phone")


def test_a_previous_key_still_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    under(monkeypatch, "old")
    stored = crypto.encrypt(b"a", "c")
    under(monkeypatch, "new", previous="old")
    assert crypto.decrypt(stored, "c") == b"a"


def test_a_lost_key_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    under(monkeypatch, "old")
    stored = crypto.encrypt(b"a", "c")
    under(monkeypatch, "new")
    with pytest.raises(crypto.Undecryptable, match="DIANYU_SECRET_KEY"):
        crypto.decrypt(stored, "c")


def test_no_key_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    under(monkeypatch, "")
    with pytest.raises(BadSettings, match="DIANYU_SECRET_KEY"):
        crypto.encrypt(b"a", "c")


def test_digests_tell_kinds_and_keys_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    under(monkeypatch, "one")
    first = crypto.digest("phone", "1"), crypto.digest("card", "1")
    under(monkeypatch, "two")
    assert len({*first, crypto.digest("phone", "1")}) == 3


def test_several_previous_keys_are_readable(monkeypatch: pytest.MonkeyPatch) -> None:
    stored = []
    for key in ("one", "two", "three"):
        under(monkeypatch, key)
        stored.append(crypto.encrypt(key.encode(), "c"))
    under(monkeypatch, "three", previous="two, one")
    assert [crypto.decrypt(each, "c") for each in stored] == [b"one", b"two", b"three"]
    assert len(crypto.ring()) == 3


def test_digests_name_every_key_the_present_one_first(monkeypatch: pytest.MonkeyPatch) -> None:
    under(monkeypatch, "old")
    old = crypto.digest("phone", "1")
    under(monkeypatch, "new", previous="old")
    assert crypto.digests("phone", "1") == [crypto.digest("phone", "1"), old]
