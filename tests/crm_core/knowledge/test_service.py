from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import Session

from crm_core import clock
from crm_core.authz import Forbidden, system
from crm_core.knowledge import matching
from crm_core.knowledge import service as knowledge
from crm_core.knowledge.models import Article
from crm_core.saving import Change
from tests.factories import a_customer, a_staff, acting, themselves

HEADQUARTERS = system("test")
SHELF = {
    "退换货": (
        "退换货政策", ["退货", "换货", "退换", "无理由", "吊牌", "定制"],
        ("自签收之日起7天内，吊牌完好、未洗涤、不影响二次销售的商品可以无理由退货，30天内可以换货。"
        "内衣、泳衣和定制商品不退不换。退货时请带上小票或订单号。"),
    ),
    "运费": (
        "配送与运费", ["运费", "包邮", "发货", "邮费"],
        "订单满299元包邮，不满收取12元运费。一般48小时内发货。质量问题退货的运费由我们承担。",
    ),
    "退款": (
        "退款多久到账", ["退款", "到账"],
        "门店收到退货并验收后，款项在3到7个工作日内原路退回。使用的优惠券不再返还。",
    ),
    "积分": (
        "积分规则", ["积分规则", "积分过期", "攒积分"],
        ("每消费1元得1积分，参加搭配投票每次50积分。积分自获得之日起12个月有效，过期清零。"
        "退货时相应积分会扣回。积分不能转让。"),
    ),
    "会员": (
        "会员等级与权益", ["会员权益", "等级", "银卡", "金卡", "生日"],
        "一年内消费满1000元升为银卡，满5000元升为金卡。银卡享95折，金卡享9折、生日礼和免费改裤脚。",
    ),
    "羊毛": (
        "羊毛羊绒洗涤保养", ["羊毛", "羊绒", "大衣", "起球", "毛衣"],
        ("羊毛大衣请干洗。羊绒衫和毛衣用冷水加中性洗涤剂手洗，平铺晾干，不要拧干和暴晒。"
        "轻微起球属正常现象，可用剃毛器处理。收纳时用防虫片，不要直接接触衣物。"),
    ),
    "羽绒": (
        "羽绒服洗涤保养", ["羽绒"],
        "羽绒服请用中性洗涤剂轻柔水洗，低温烘干并拍打蓬松，避免结块，不要干洗。",
    ),
    "真丝": (
        "真丝衣物打理", ["真丝", "起皱", "熨烫"],
        "真丝衬衫冷水手洗，阴凉处晾干，避免暴晒。起皱时垫布低温熨烫。",
    ),
    "修补": (
        "免费修补", ["扣子", "拉链", "保修", "改裤脚"],
        "购买后一年内，扣子脱落、开线、拉链损坏，门店免费修补。人为破损酌情收费。",
    ),
    "隐私": (
        "个人信息保护", ["隐私", "个人信息", "手机号"],
        "我们只为会员服务保存您的手机号、尺码和购买记录，不会提供给第三方，您可以随时要求删除。",
    ),
    "节日": (
        "节假日营业安排", ["放假", "春节", "国庆", "停车"],
        "春节除夕营业到16点，初一休息。国庆正常营业。商场地下车库可以停车，消费满200元免费2小时。",
    ),
}  # fmt: skip
ANSWERED = [
    ("退换货政策", "退换货"),
    ("几天内可以退", "退换货"),
    ("吊牌剪了还能换吗", "退换货"),
    ("能无理由退吗", "退换货"),
    ("没小票还能退不", "退换货"),
    ("内衣泳衣能退么", "退换货"),
    ("换货要带什么", "退换货"),
    ("定制款退不退", "退换货"),
    ("退货运费谁出", "运费"),
    ("满多少包邮", "运费"),
    ("一般下单后多久发货", "运费"),
    ("退款一般几个工作日", "退款"),
    ("退的钱多久到账", "退款"),
    ("积分规则", "积分"),
    ("积分会不会过期", "积分"),
    ("积分可以转让吗", "积分"),
    ("积分多久清零", "积分"),
    ("会员权益", "会员"),
    ("银卡有啥福利", "会员"),
    ("金卡和银卡差在哪", "会员"),
    ("会员过生日有礼物吗", "会员"),
    ("羊毛大衣能机洗吗", "羊毛"),
    ("羊绒的能不能拧干", "羊毛"),
    ("毛衣怎么洗才不缩水", "羊毛"),
    ("羊毛起球正常吗，平时该怎么护理", "羊毛"),
    ("羽绒服怎么洗不会结块", "羽绒"),
    ("真丝的衬衫起皱了怎么打理", "真丝"),
    ("熨烫温度", "真丝"),
    ("扣子掉了免费补吗", "修补"),
    ("拉链坏了你们管修不", "修补"),
    ("保修期", "修补"),
    ("你们要我手机号干什么，会不会泄露", "隐私"),
    ("隐私政策", "隐私"),
    ("国庆放假吗", "节日"),
    ("有停车场吗", "节日"),
]
UNANSWERED = [
    "优惠券能叠加用吗",
    "可以用外币付款吗",
    "送人的礼物能包装吗",
    "双十一有什么折扣",
    "能开发票吗",
    "皮鞋怎么上油",
    "附近有什么好吃的",
    "你们招人吗",
    "买贵了补差价吗",
    "洗唛上那个三角形是啥意思",
    "",
]


@pytest.fixture
def shelf(session: Session) -> Session:
    for code, (title, keywords, body) in SHELF.items():
        article = Article(code=code, title=title, keywords=keywords, body=body)
        knowledge.save(session, HEADQUARTERS, article)
    session.commit()
    return session


def answer(session: Session, question: str) -> str | None:
    article = knowledge.best(session, themselves(a_customer(session)), question)
    return article.code if article else None


@pytest.mark.parametrize(("question", "code"), ANSWERED)
def test_a_question_finds_its_article(shelf: Session, question: str, code: str) -> None:
    assert answer(shelf, question) == code


@pytest.mark.parametrize("question", UNANSWERED)
def test_what_the_shop_has_not_written_about_is_not_answered(shelf: Session, question: str) -> None:
    assert answer(shelf, question) is None


def test_an_article_counts_from_its_first_to_its_last_day(session: Session) -> None:
    def asked(begins: int, ends: int) -> str | None:
        article = Article(
            code="促销", title="会员日满减", keywords=["会员日"], body="满500减50。",
            valid_from=clock.today() + timedelta(days=begins),
            valid_until=clock.today() + timedelta(days=ends),
        )  # fmt: skip
        knowledge.save(session, HEADQUARTERS, article)
        return answer(session, "会员日有什么满减")

    assert [asked(-2, -1), asked(0, 0), asked(1, 2)] == [None, "促销", None]


def test_a_changed_article_says_when(session: Session) -> None:
    def save(body: str) -> tuple[Article, Change]:
        article = Article(code="a", title="洗涤", body=body)
        return knowledge.save(session, HEADQUARTERS, article)

    first, _ = save("冷水")
    written = first.changed_at
    assert save("冷水")[0].changed_at == written
    changed, change = save("温水")
    assert (change, changed.changed_at > written) == (Change.CHANGED, True)
    assert [article.body for article in knowledge.everything(session)] == ["温水"]


def test_an_assistant_writes_no_articles(session: Session) -> None:
    with pytest.raises(Forbidden):
        knowledge.save(session, acting(a_staff(session)), Article(code="a", title="x", body="y"))


@given(st.text(), st.lists(st.text(), max_size=4))
def test_a_score_is_the_covered_part_of_the_question(question: str, bodies: list[str]) -> None:
    texts = [matching.Text("", [], body) for body in bodies]
    assert all(0 <= score <= 0.5 for score in matching.scores(question, texts))
