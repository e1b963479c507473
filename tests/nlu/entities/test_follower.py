"""The extractor knows what the shop knows, without retraining and without waiting."""

import gc
import threading
from collections.abc import Iterator

import pytest

from nlu.entities.follower import LexiconFollower, refresh_all
from tests.nlu.entities.shop_server import Shop, running

SECRET = "s3cret"
COAT = {"value": "羊毛双面呢大衣", "forms": ["A2031"]}
SHIRT = {"value": "真丝衬衫", "forms": []}


@pytest.fixture
def shop() -> Iterator[Shop]:
    with running(Shop(SECRET, {"product": [COAT]})) as served:
        yield served


def a_follower(shop: Shop, every_seconds: float = 3600.0) -> LexiconFollower:
    return LexiconFollower(shop.url, SECRET, every_seconds)


def products(follower: LexiconFollower, text: str) -> list[str]:
    found = follower.lexicon().matches(text)
    return [match.value for match in found if match.entity == "product"]


def test_the_first_question_already_knows_the_shops_products(shop: Shop) -> None:
    assert products(a_follower(shop), "a2031有吗") == ["羊毛双面呢大衣"]


def test_fixed_entries_stay_beside_the_live_ones(shop: Shop) -> None:
    found = a_follower(shop).lexicon().matches("法式")
    assert [match.value for match in found] == ["法式"]


def test_a_new_product_is_known_at_the_next_asking(shop: Shop) -> None:
    follower = a_follower(shop)
    assert products(follower, "真丝衬衫") == []
    shop.entries = {"product": [COAT, SHIRT]}
    assert follower.refresh()
    assert products(follower, "真丝衬衫") == ["真丝衬衫"]


def test_all_followers_of_a_process_can_be_told_to_ask_at_once(shop: Shop) -> None:
    gc.collect()  # those of other tests
    follower = a_follower(shop)
    tag = refresh_all()
    shop.entries = {"product": [COAT, SHIRT]}
    assert refresh_all() not in {tag, None}
    assert products(follower, "真丝衬衫") == ["真丝衬衫"]


def test_an_unchanged_lexicon_is_not_sent_again(shop: Shop) -> None:
    follower = a_follower(shop)
    assert follower.refresh()
    assert not follower.refresh()
    assert shop.answers == [200, 304]


def test_the_last_lexicon_stays_while_the_endpoint_makes_no_sense(shop: Shop) -> None:
    follower = a_follower(shop)
    follower.refresh()
    shop.broken, shop.entries = True, {}
    assert not follower.refresh()
    assert products(follower, "a2031") == ["羊毛双面呢大衣"]


def test_without_an_endpoint_the_fixed_lexicon_is_all_there_is() -> None:
    nobody = LexiconFollower("http://127.0.0.1:9", SECRET, 3600.0)
    assert [match.value for match in nobody.lexicon().matches("法式")] == ["法式"]


def test_a_wrong_secret_gets_nothing(shop: Shop) -> None:
    stranger = LexiconFollower(shop.url, "guess", 3600.0)
    assert not stranger.refresh()
    assert products(stranger, "a2031") == []


def test_a_thread_follows_and_ends_with_its_follower(shop: Shop) -> None:
    others = set(threading.enumerate())  # followers of other tests have threads of the same name
    follower = a_follower(shop, every_seconds=0.01)
    follower.lexicon()
    shop.wait_for(answers=3)
    (thread,) = (one for one in set(threading.enumerate()) - others if one.name == "lexicon")
    del follower
    gc.collect()
    thread.join(timeout=5)
    assert not thread.is_alive()


def test_reading_asks_nothing_over_the_network(shop: Shop) -> None:
    follower = a_follower(shop)
    for _ in range(20):
        follower.lexicon()
    assert shop.answers == [200]
