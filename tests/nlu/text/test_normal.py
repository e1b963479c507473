"""However it is typed, the same thing is understood."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.text.normal import normalise


@pytest.mark.parametrize(
    ("sent", "understood"),
    [
        ("我的積分還有多少", "我的积分还有多少"),
        ("１８６２１０４５５７３", "18621045573"),
        ("ＶＩＰ００１", "vip001"),
        ("身高165㎝", "身高165cm"),
        ("积分💰多少了👍🏻", "积分多少了"),
        ("我 的 积 分", "我的积分"),
        ("快点！！！", "快点!"),
        ("2️⃣", "2"),
        ("机分", "积分"),
        ("她鸡分多少", "她积分多少"),
        ("计分查询", "积分查询"),
        ("头诉你们店", "投诉你们店"),
        ("投拆", "投诉"),
        ("腿订", "退订"),
        ("jifen", "积分"),
        ("wo de jifen you duoshao", "我的积分有多少"),
        ("wo的jifen", "我的积分"),
        ("xihuan fugu", "喜欢复古"),
        ("he nvshi gai chuan L ma", "何女士改穿 l码"),
        ("投給左邊那套", "投给左边那套"),
    ],
)
def test_a_slip_is_undone(sent: str, understood: str) -> None:
    assert normalise(sent).text == understood


@pytest.mark.parametrize(
    "meant",
    [
        "前天在滨江店花了一千二",
        "羽绒服我要穿大一码",
        "手机分期",
        "银卡跟金卡差多少",
        "要微信联系",
        "有没有一件意见",
        "how many points do i have",
        "i want to return this dress",
        "size 38 please",
    ],
)
def test_what_is_right_is_left_alone(meant: str) -> None:
    assert normalise(meant).text == meant


def test_a_restored_word_keeps_the_place_of_the_slip() -> None:
    text = normalise("😀查 jifen 明細")
    place = text.text.index("积分")
    assert text.source_span(place, place + 2) == (3, 8)


@given(st.text())
def test_any_text_is_survived_and_mapped(source: str) -> None:
    text = normalise(source)
    assert all(0 <= start < end <= len(source) for start, end in text.spans)


@given(st.text(alphabet="我的积分有多少查投票大衣穿M码 123", max_size=20))
def test_normal_text_is_left_as_it_is(source: str) -> None:
    once = normalise(source).text
    assert normalise(once).text == once
