from datetime import timedelta

import pytest

from crm_core import clock, crypto
from crm_core.questionnaires import links
from crm_core.questionnaires.links import BadLink, Link
from crm_core.settings import settings


def test_a_link_opens_to_whom_it_is_for() -> None:
    assert links.opened(links.token(7, "welcome")) == Link(7, "welcome")


@pytest.mark.parametrize("given", ["", ".", "abc", "abc.def", "é.é"])
def test_what_was_not_made_here_opens_nothing(given: str) -> None:
    with pytest.raises(BadLink):
        links.opened(given)


def test_a_changed_link_opens_nothing() -> None:
    mine, theirs = links.token(7, "welcome"), links.token(8, "welcome")
    with pytest.raises(BadLink):
        links.opened(f"{theirs.split('.')[0]}.{mine.split('.')[1]}")


def test_a_link_ends() -> None:
    token = links.token(7, "welcome")
    with (
        clock.standing_at(clock.now() + links.VALID + timedelta(seconds=2)),
        pytest.raises(BadLink),
    ):
        links.opened(token)


def test_a_link_outlives_a_change_of_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    token = links.token(7, "welcome")
    monkeypatch.setenv("DIANYU_SECRET_KEY", "new")
    monkeypatch.setenv("DIANYU_SECRET_KEY_PREVIOUS", "the tests' own key")
    settings.cache_clear()
    crypto.forget()
    assert links.opened(token) == Link(7, "welcome")
