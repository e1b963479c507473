import pytest
from sqlmodel import Session

from crm_core.preferences import measures, systems
from crm_core.preferences import service as preferences
from crm_core.preferences.models import PreferenceKind
from crm_core.preferences.sized import Size, by_system, in_system
from crm_core.validation.errors import BadEntry
from tests.factories import a_customer, themselves


@pytest.mark.parametrize(
    ("garment", "size", "system"),
    [
        ("", "M", "字母码"),
        ("大衣", "2XL", "字母码"),
        ("", "均码", "均码"),
        ("西装", "165/88A", "号型"),
        ("牛仔裤", "29", "腰围英寸"),
        ("连衣裙", "38", "数字码"),
        ("女儿连衣裙", "130", "身高"),
        ("短靴", "37.5", "EU"),
        ("鞋", "245", "毫米"),
        ("鞋", "US 7.5", "US"),
        ("内衣", "75B", "罩杯"),
    ],
)
def test_each_size_is_of_a_system(garment: str, size: str, system: str) -> None:
    assert systems.system(size, garment) == system


@pytest.mark.parametrize(
    ("garment", "size"),
    [("", "7XL"), ("裤装", "500"), ("鞋", "51"), ("鞋", "242"), ("", "165/300A"), ("", "很大")],
)
def test_a_size_that_does_not_exist_is_refused_with_an_example(garment: str, size: str) -> None:
    with pytest.raises(BadEntry) as caught:
        systems.check(garment, size)
    assert f"没有「{size}」这个尺码" in caught.value.sentence


def test_a_size_said_in_one_system_has_to_be_of_it() -> None:
    assert systems.check("鞋·US", "US 7") == "US 7"
    with pytest.raises(BadEntry):
        systems.check("鞋·US", "245")


def test_one_garment_has_a_size_in_each_system(session: Session) -> None:
    customer = a_customer(session)
    actor = themselves(customer)
    wanted: dict[preferences.Key, str | None] = {
        (PreferenceKind.SIZE, "鞋"): "38", (PreferenceKind.SIZE, "鞋·US"): "US 7",
    }  # fmt: skip
    preferences.change(session, actor, customer.id, wanted, ref="r1")
    known = preferences.current(session, actor, customer.id)
    assert by_system(known) == [Size("鞋", "鞋", "EU", "38"), Size("鞋", "鞋", "US", "US 7")]
    assert in_system(known, "短靴", "US") == "US 7"
    assert in_system(known, "大衣", "US") is None
    assert preferences.size_for(known, "短靴") == "38"


@pytest.mark.parametrize(
    ("name", "said", "kept"),
    [
        ("height", "168cm", "168cm"),
        ("height", "1.68米", "168cm"),
        ("weight", "110斤", "55kg"),
        ("weight", "55.5 公斤", "55.5kg"),
        ("waist", "70", "70cm"),
        ("shape", "梨形", "梨形"),
    ],
)
def test_measures_are_kept_in_one_unit(name: str, said: str, kept: str) -> None:
    assert measures.check(name, said) == kept


@pytest.mark.parametrize(
    ("name", "said", "why"),
    [
        ("height", "16cm", "measure_out_of_range"),
        ("weight", "500斤斤", "measure_unreadable"),
        ("weight", "700斤", "measure_out_of_range"),
        ("mood", "5", "measure_unknown"),
        ("shape", "方形", "measure_unknown"),
    ],
)
def test_what_no_human_measures_is_refused(name: str, said: str, why: str) -> None:
    with pytest.raises(BadEntry) as caught:
        measures.check(name, said)
    assert caught.value.why == why


@pytest.mark.parametrize(
    ("bust", "waist", "kind"),
    [("84cm", "60cm", "Y"), ("84cm", "68cm", "A"), ("84cm", "74cm", "B"), ("84cm", "80cm", "C"),
     ("84cm", "82cm", None), ("84cm", None, None)],
)  # fmt: skip
def test_the_body_type_is_that_of_the_standard(
    bust: str, waist: str | None, kind: str | None
) -> None:
    body = {"bust": bust} | ({"waist": waist} if waist else {})
    assert measures.body_type(body) == kind


@pytest.mark.parametrize(
    ("bust", "waist", "hip", "shape"),
    [(90, 65, 92, "沙漏形"), (84, 70, 96, "梨形"), (100, 90, 88, "倒三角形"),
     (88, 80, 90, "矩形"), (95, 100, 96, "苹果形")],
)  # fmt: skip
def test_the_body_shape_follows_from_the_measures(
    bust: int, waist: int, hip: int, shape: str
) -> None:
    body = {"bust": f"{bust}cm", "waist": f"{waist}cm", "hip": f"{hip}cm"}
    assert measures.shape(body) == shape
    assert measures.shape({**body, "shape": "梨形"}) == "梨形"


def test_nothing_of_a_bad_change_is_kept(session: Session) -> None:
    customer = a_customer(session)
    actor = themselves(customer)
    wanted: dict[preferences.Key, str | None] = {
        (PreferenceKind.SIZE, ""): "M", (PreferenceKind.SIZE, "裤装"): "500",
    }  # fmt: skip
    with pytest.raises(BadEntry):
        preferences.change(session, actor, customer.id, wanted, ref="r1")
    assert preferences.current(session, actor, customer.id).sizes == {}
