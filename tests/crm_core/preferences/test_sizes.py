import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_core.preferences.sizes import family, shift


@pytest.mark.parametrize(
    ("size", "steps", "garment", "expected"),
    [
        ("M", 1, "", "L"),
        ("XL", 1, "", "2XL"),
        ("XXS", -1, "", None),
        ("6XL", 1, "", None),
        ("165/88A", 1, "", "170/92A"),
        ("165/88A", -1, "", "160/84A"),
        ("38", 1, "", "40"),
        ("38", -1, "连衣裙", "36"),
        ("38", 1, "衬衫", "39"),
        ("38", 1, "鞋", "39"),
        ("29", 1, "牛仔裤", "30"),
        ("28", -1, "", "27"),
        ("均码", 1, "", None),
    ],
)
def test_the_next_size(size: str, steps: int, garment: str, expected: str | None) -> None:
    assert shift(size, steps, garment) == expected


@given(
    st.sampled_from([("M", ""), ("165/88A", ""), ("38", "大衣"), ("39", "衬衫"), ("29", "牛仔裤")]),
    st.sampled_from([1, -1, 2]),
)
def test_up_and_down_again_is_where_one_was(worn: tuple[str, str], steps: int) -> None:
    size, garment = worn
    up = shift(size, steps, garment)
    assert up is not None
    assert shift(up, -steps, garment) == size


@pytest.mark.parametrize(
    ("garment", "expected"),
    [
        ("", ""),
        ("牛仔裤", "裤装"),
        ("裤装", "裤装"),
        ("半身裙", "裙装"),
        ("短靴", "鞋"),
        ("羽绒服", "外套"),
        ("西装", "外套"),
        ("T恤", "上装"),
        ("上装", "上装"),
    ],
)
def test_garments_sized_alike(garment: str, expected: str) -> None:
    assert family(garment) == expected
