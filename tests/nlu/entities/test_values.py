"""Every entity of the contract, with the value that the CRM expects."""

import pytest

from tests.nlu.entities.finding import entities, values


@pytest.mark.parametrize(
    ("sent", "value"),
    [
        ("我穿M码", "M"),
        ("中码", "M"),
        ("小號", "S"),
        ("加大", "XL"),
        ("均码", "均码"),
        ("改成XXL", "2XL"),
        ("3xl吧", "3XL"),
        ("大一号", "+1"),
        ("小一码", "-1"),
        ("38码", "38"),
        ("三十八码", "38"),
        ("牛仔裤穿29", "29"),
        ("165/88a", "165/88A"),
        ("gai chuan L ma", "L"),
    ],
)
def test_sizes(sent: str, value: str) -> None:
    assert values(sent, "size") == [value]


@pytest.mark.parametrize(
    "sent", ["多大码", "It's fine", "买了38件", "3月28号", "花了38元", "VIP专享"]
)
def test_what_is_no_size(sent: str) -> None:
    assert values(sent, "size") == []


@pytest.mark.parametrize(
    ("sent", "entity", "text", "value"),
    [
        ("想买风衣", "category", "风衣", "风衣"),
        ("有衬衣吗", "category", "衬衣", "衬衫"),
        ("喜欢通勤风", "style", "通勤", "通勤"),
        ("i like vintage", "style", "vintage", "复古"),
        ("米白的", "color", "米白", "米白"),
        ("白T恤", "color", "白", "白色"),
        ("电话13812345678", "phone", "13812345678", "13812345678"),
        ("139-5520-7731", "phone", "139-5520-7731", "13955207731"),
        ("一三五零零七七二九八四", "phone", "一三五零零七七二九八四", "13500772984"),
        ("尾号5678", "phone_tail", "尾号5678", "5678"),
        ("手机后四位３３０６", "phone_tail", "后四位３３０６", "3306"),
        ("卡号VIP0012345", "card_no", "VIP0012345", "VIP0012345"),
        ("订单DD20260301001", "order_no", "DD20260301001", "DD20260301001"),
        ("ts1024处理了吗", "ticket_no", "ts1024", "ts1024"),
        ("那款羊毛双面呢大衣", "product", "羊毛双面呢大衣", "羊毛双面呢大衣"),
        ("货号a2031", "product", "a2031", "羊毛双面呢大衣"),
        ("货号B1107", "product", "B1107", "B1107"),
        ("在万达", "store", "万达", "万达店"),
        ("查询滨江店", "store", "滨江店", "滨江店"),
        ("春季新品券用得怎么样", "campaign", "春季新品券", "春季新品券"),
        ("换50块的券", "reward", "50块的券", "50元券"),
        ("穿搭顾问服务", "reward", "穿搭顾问服务", "穿搭顾问服务"),
        ("她怕冷", "tag", "怕冷", "怕冷"),
        ("参加婚礼穿", "occasion", "婚礼", "婚礼"),
        ("我妈", "family_member", "妈", "妈妈"),
        ("给闺女看", "family_member", "闺女", "女儿"),
        ("睡眠客户", "segment", "睡眠", "沉睡"),
        ("快流失的", "segment", "快流失", "流失风险"),
        ("换两张", "quantity", "两张", "2"),
        ("买了一件", "quantity", "一件", "1"),
        ("三百积分", "amount", "三百积分", "300"),
        ("花了一千二，", "amount", "一千二", "1200"),
        ("200块钱", "amount", "200块钱", "200"),
        ("身高165", "measure", "身高165", "height=165cm"),
        ("一米六五", "measure", "一米六五", "height=165cm"),
        ("我1米7", "measure", "1米7", "height=170cm"),
        ("胸围88", "measure", "胸围88", "bust=88cm"),
        ("110斤", "measure", "110斤", "weight=55kg"),
        ("体重48公斤", "measure", "体重48公斤", "weight=48kg"),
        ("二尺一的腰", "measure", "二尺一的腰", "waist=70cm"),
    ],
)
def test_one_entity_and_its_value(sent: str, entity: str, text: str, value: str) -> None:
    assert (entity, text, value) in entities(sent)


@pytest.mark.parametrize(
    ("sent", "value"),
    [
        ("第二套", "2"),
        ("选B", "2"),
        ("A套", "1"),
        ("2号", "2"),
        ("左边那套", "1"),
        ("右边的", "2"),
        ("最后一个", "-1"),
        ("倒数第二个", "-2"),
        ("头一个", "1"),
        ("第十一个", "11"),
        ("di er tao", "2"),
        ("弟二个", "2"),
    ],
)
def test_options(sent: str, value: str) -> None:
    assert values(sent, "option") == [value]


@pytest.mark.parametrize(
    "sent", ["左右对比", "一点", "3月2号", "I want to make a complaint", "第一次来"]
)
def test_what_is_no_option(sent: str) -> None:
    assert values(sent, "option") == []


@pytest.mark.parametrize(
    ("sent", "value"),
    [("4分", "4"), ("五星", "5"), ("满分", "5"), ("差评", "1"), ("两颗星", "2"), ("10分", "10")],
)
def test_scores(sent: str, value: str) -> None:
    assert values(sent, "score") == [value]


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        ("查王女士", "王女士"),
        ("李姐多少积分", "李姐"),
        ("陳太太的資料", "陈太太"),
        ("帮张晓梅提个投诉", "张晓梅"),
        ("我叫周敏", "周敏"),
        ("wang nvshi de jifen", "王女士"),
        ("欧阳女士到店了", "欧阳女士"),
    ],
)
def test_customers_names(sent: str, name: str) -> None:
    assert values(sent, "customer_name") == [name]


@pytest.mark.parametrize("sent", ["黄太多了", "年度汇总", "小姐姐在吗", "周总结", "高兴", "方便"])
def test_what_is_no_name(sent: str) -> None:
    assert values(sent, "customer_name") == []


@pytest.mark.parametrize(
    ("sent", "name"),
    [("给李娜打满分", "李娜"), ("转给小李", "小李"), ("交给刘洋", "刘洋"), ("店员张伟", "张伟")],
)
def test_staff(sent: str, name: str) -> None:
    assert values(sent, "staff_name") == [name]


@pytest.mark.parametrize(
    ("sent", "action"),
    [
        ("这条我来处理", "受理"),
        ("转给小李", "转交"),
        ("已整改", "整改"),
        ("验证通过", "验证"),
        ("关掉吧", "关闭"),
    ],
)
def test_actions(sent: str, action: str) -> None:
    assert values(sent, "action", "handle_alert") == [action]


def test_several_entities_in_one_sentence_are_all_found() -> None:
    assert entities("我平时穿M，喜欢法式和通勤") == [
        ("size", "M", "M"),
        ("style", "法式", "法式"),
        ("style", "通勤", "通勤"),
    ]
