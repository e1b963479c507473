import pytest

from crm_core.tickets import wording
from crm_core.tickets.models import ComplaintType


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("穿了两次就起球", ComplaintType.QUALITY),
        ("快递盒里的毛衣起球了", ComplaintType.QUALITY),
        ("大衣第一天就开线", ComplaintType.QUALITY),
        ("質量好差", ComplaintType.QUALITY),
        ("买的M码小了一圈", ComplaintType.SIZE),
        ("包裹五天没动静了", ComplaintType.DELIVERY),
        ("发错货了还不承认", ComplaintType.DELIVERY),
        ("店员爱答不理的", ComplaintType.SERVICE),
        ("退款拖了半个月不到账", ComplaintType.REFUND),
        ("前脚买后脚就降价", ComplaintType.PRICE),
        ("说好留货结果卖给别人了", ComplaintType.OTHER),
    ],
)
def test_a_complaint_is_classified_from_all_its_words(text: str, kind: ComplaintType) -> None:
    assert wording.classify(text) is kind


@pytest.mark.parametrize("text", ["气死我了", "骗子！", "12315见", "投诉😡", "有洞！！！"])
def test_anger_is_noticed(text: str) -> None:
    assert wording.is_angry(text)


@pytest.mark.parametrize("text", ["我要投诉", "衣服起球了，想反映一下", "有洞！"])
def test_dissatisfaction_is_no_anger(text: str) -> None:
    assert not wording.is_angry(text)


@pytest.mark.parametrize("text", ["我要投诉", "气死我了", "投诉你们家", "tousu", "我想投诉质量"])
def test_the_wish_to_complain_alone_says_not_what_happened(text: str) -> None:
    assert not wording.says_what_happened(text)


@pytest.mark.parametrize("text", ["毛衣起球", "试衣间又脏又臭", "约好上周六取的西装没做好"])
def test_what_happened_is_recognised(text: str) -> None:
    assert wording.says_what_happened(text)
