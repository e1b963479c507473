"""The names of the shop's things, found wherever they stand."""

from nlu.entities.lexicon import Lexicon, Match


def found(text: str, **entries: dict[str, list[str]]) -> list[tuple[str, str]]:
    return [(match.entity, match.value) for match in Lexicon(entries).matches(text)]


def test_every_form_of_an_entry_has_its_value() -> None:
    entries = {"风衣": ["trench coat"]}
    assert found("风衣 trench coat", category=entries) == [("category", "风衣")] * 2


def test_forms_are_found_however_they_are_written() -> None:
    assert found("a2031", product={"大衣一号": ["Ａ２０３１"]}) == [("product", "大衣一号")]
    assert found("国风", style={"國風": []}) == [("style", "國風")]


def test_latin_forms_are_whole_words() -> None:
    assert found("coats", category={"大衣": ["coat"]}) == []


def test_a_later_source_wins() -> None:
    lexicon = Lexicon({"store": {"旧店": ["万达"]}}, {"store": {"新店": ["万达"]}})
    assert list(lexicon.matches("万达")) == [Match("store", 0, 2, "新店")]


def test_the_end_of_a_name_is_enough_where_it_tells_products_apart() -> None:
    coats: dict[str, list[str]] = {"羊毛双面呢大衣": [], "短款双面呢大衣": [], "廓形真丝衬衫": []}
    assert found("真丝衬衫", product=coats) == [("product", "廓形真丝衬衫")]
    assert found("双面呢大衣", product=coats) == []


def test_a_category_is_never_one_product() -> None:
    lexicon = Lexicon({"category": {"针织开衫": []}}, {"product": {"羊绒针织开衫": []}})
    assert [match.entity for match in lexicon.matches("针织开衫")] == ["category"]
