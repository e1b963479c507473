"""The shop's dictionary."""

from nlu.text.lexicons import dictionary


def test_sizes_are_words_of_their_own() -> None:
    assert dictionary().lcut("我穿大码的风衣") == ["我", "穿", "大码", "的", "风衣"]
