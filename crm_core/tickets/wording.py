"""What a complaint is about, and whether its writer is angry, from its words alone.

Symptoms outweigh topics: 「快递盒里的毛衣起球了」 is about quality. Written for simplified
characters; the commonest traditional ones stand beside them, for texts are kept as they were sent.
"""

import re

from crm_core.tickets.models import ComplaintType

_SYMPTOM, _TOPIC = 2, 1

_SYMPTOMS: dict[ComplaintType, str] = {
    ComplaintType.QUALITY: (
        "起球|开线|開線|脱线|脫線|掉色|褪色|染色|串色|缩水|縮水|破洞|破了|有洞|裂|勾丝|抽丝|变形|變形"
        "|起皱|开胶|開膠|钻绒|钻毛|掉毛|掉扣|扣子掉|拉链.{0,5}坏|拉鏈壞|污渍|污漬|线头|異味|异味|有味道|瑕疵"
        "|次品|扎人|过敏|红疹|色差|发黄|洗坏|旧货|假货|坏了|壞了"
    ),
    ComplaintType.SIZE: (
        "码不对|碼不對|尺码不符|大了|小了|太大|太小|偏大|偏小|不合身|穿不上|穿不下|码发错|码拿错|发错码|拿错码|号不对"
    ),
    ComplaintType.DELIVERY: (
        "没收到|沒收到|还没到|還沒到|在路上|没动静|丢件|弄丢|丢在|丢到|送错|发错|發錯|少发|漏发"
        "|不发货|踩烂|压坏|没取件|没来取|上门取件"
    ),
    ComplaintType.SERVICE: (
        "爱答不理|不理人|不理我|没人理|没人招呼|没人管|翻白眼|翻着白眼|没礼貌|沒禮貌|不礼貌|骂|凶我|凶人"
        "|不耐烦|不耐煩|冷淡|冷漠|看不起|推三阻四|踢皮球|骚扰|歧视|态度|態度|说话难听|不告诉|忽悠"
    ),
    ComplaintType.REFUND: "不给退|不肯退|不退|没到账|不到账|未到账|赖账|还我钱|没退|拖着不",
    ComplaintType.PRICE: (
        "降价|降價|多收|标价|標價|先涨|差价|差價|保价|虚高|虛高|贵了|收费不|价格不一"
    ),
}
_TOPICS: dict[ComplaintType, str] = {
    ComplaintType.QUALITY: "质量|質量|品质|品質|做工|面料",
    ComplaintType.SIZE: "尺码|尺碼|尺寸",
    ComplaintType.DELIVERY: "快递|快遞|物流|包裹|发货|發貨|配送|派送",
    ComplaintType.SERVICE: "服务|服務|店员|店員|导购|導購|收银员|客服|店长",
    ComplaintType.REFUND: "退款|退钱|退錢|退货|退貨",
    ComplaintType.PRICE: "价格|價格|优惠|收钱|价钱",
}
_ANGRY = re.compile(
    "气死|氣死|气炸|气哭|气得|氣得|生气|生氣|火大|发火|气愤|愤怒|垃圾|骗子|騙子|欺骗|太坑|坑人|坑爹|坑我|被坑"
    "|黑店|破店|太过分|太過分|欺人太甚|欺负人|欺負人|恶心|噁心|滚蛋|给我滚|受够|受夠|耍我|玩我|忍无可忍|混蛋"
    "|王八|妈的|他妈|tmd|什么玩意|冤大头|没天理|有没有天理|还有王法|无耻|不要脸|缺德|良心呢|丧良心|有人管吗"
    "|跑路|服了你们|真的服了|曝光|12315|举报|舉報|起诉|法院|消协|告你们|告你們|[😡🤬💢👿😠]|[!！]{3,}",
    re.IGNORECASE,
)
_PERSON = re.compile(
    "人工|真人|活人|客服|转接|叫.{0,4}来|找.{0,4}(?:人|店长|经理|老板|导购)|换人|回电话"
)
_COMMON_PHRASES = re.compile(  # what a complaint is said with, and says nothing about it
    "你们家|你们店|你们|你家|贵公司|贵店|这家店|我们|我要|我想|我很|想要|我|要|想|请|帮|麻烦|给个说法|说法"
    "|投诉|投訴|头诉|投拆|客诉|反映|反馈|登记|记录|记|提交|建|单子|单|一下|一个|一条|个|情况|问题|有"
    "|气死|生气|什么|破|店|垃圾|骗子|太坑|坑人|举报|你好|您好|吧|啊|了|的|[a-z]+|[^\\w]",
    re.IGNORECASE,
)
_ENOUGH, _ENOUGH_ON_A_TOPIC = 5, 3  # characters beside those phrases that say what happened


def classify(text: str) -> ComplaintType:
    """The type whose words weigh most; the table's first wins a tie, 其他 where none is said."""
    weights = {kind: _weight(kind, text) for kind in _SYMPTOMS}
    best = max(weights, key=lambda kind: weights[kind])
    return best if weights[best] else ComplaintType.OTHER


def has_symptom(text: str) -> bool:
    """Whether something that went wrong is named, whatever the message was taken for."""
    return any(re.search(words, text) for words in _SYMPTOMS.values())


def wants_a_person(text: str) -> bool:
    """Whether somebody is asked for, rather than complained about."""
    return _PERSON.search(text) is not None


def is_angry(text: str) -> bool:
    """Whether the writer is angry rather than only dissatisfied."""
    return _ANGRY.search(text) is not None


def says_what_happened(text: str) -> bool:
    """Whether more is said than 「我要投诉」 or 「气死我了」."""
    enough = _ENOUGH if classify(text) is ComplaintType.OTHER else _ENOUGH_ON_A_TOPIC
    return has_symptom(text) or len(_COMMON_PHRASES.sub("", text)) >= enough


def _weight(kind: ComplaintType, text: str) -> int:
    symptoms = len(re.findall(_SYMPTOMS[kind], text))
    topics = len(re.findall(_TOPICS[kind], text))
    return symptoms * _SYMPTOM + topics * _TOPIC
