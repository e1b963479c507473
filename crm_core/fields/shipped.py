"""The fields and sources that every shop has: what each is for, how sensitive, and whose.

Every encrypted column belongs to one of these; a test holds the tables to it, so that nothing
personal is stored without a purpose.
"""

from dataclasses import dataclass

from crm_core.fields.models import Sensitivity

_OPEN, _INTERNAL = Sensitivity.OPEN, Sensitivity.INTERNAL
_PERSONAL, _HIGHEST = Sensitivity.PERSONAL, Sensitivity.HIGHEST


@dataclass(frozen=True)
class Described:
    """One field of the catalogue."""

    code: str
    title: str
    sensitivity: Sensitivity
    purpose: str
    owner: str
    columns: tuple[str, ...] = ()  # "table.column", of those that are encrypted


FIELDS = {
    field.code: field
    for field in (
        Described("name", "姓名", _PERSONAL, "称呼顾客，到店核对身份", "会员运营",
                  ("customer.name",)),
        Described("phone", "手机号", _PERSONAL, "识别会员，发送顾客同意接收的通知", "会员运营",
                  ("customer.phone",)),
        Described("birthday", "生日", _PERSONAL, "生日权益和祝福", "会员运营",
                  ("customer.birthday",)),
        Described("address", "地址", _PERSONAL, "送货和就近安排门店", "会员运营",
                  ("customer.address",)),
        Described("city", "城市", _INTERNAL, "就近安排门店和活动", "会员运营"),
        Described("identity", "账号", _PERSONAL, "认出同一位顾客，把消息送到本人", "会员运营",
                  ("identity.value",)),
        Described("size", "尺码", _INTERNAL, "推荐合身的商品", "导购", ("preference.value",)),
        Described("style", "风格", _INTERNAL, "推荐喜欢的商品", "导购"),
        Described("body", "身材", _INTERNAL, "推荐合身的商品", "导购"),
        Described("tag", "标签", _INTERNAL, "分群和推荐", "导购"),
        Described("note", "备注", _INTERNAL, "导购记下服务时要留意的事", "导购"),
        Described("family", "家人", _PERSONAL, "为家人推荐合身的商品", "导购",
                  ("family_member.name", "family_member.birthday")),
        Described(
            "message", "对话", _PERSONAL, "回答顾客，处理投诉和售后", "客服",
            ("inbound.text", "inbound.data", "inbound.entities", "inbound.replies",
             "conversation.state", "outbound.address", "outbound.payload"),
        ),
        Described(
            "case", "投诉、预警和评价", _PERSONAL, "解决顾客的问题，改进服务", "客服",
            ("ticket.description", "alert.facts", "alert_step.note", "alert_card.response_code",
             "rating.words"),
        ),
        Described("follow_up", "跟进", _PERSONAL, "导购按约定联系顾客", "导购",
                  ("follow_up.what", "follow_up.result")),
        Described("merge", "合并记录", _PERSONAL, "合错了可以拆开", "数据管理",
                  ("customer_merge.fields", "merge_part.dropped", "merge_part.refs")),
        Described("payment", "支付流水号", _HIGHEST, "退款和对账", "财务", ("payment.reference",)),
        Described("answer", "接口应答", _PERSONAL, "同一请求重复时给同样的回答，一天后删除",
                  "数据管理", ("kept_answer.body",)),
        Described("partner", "推送密钥", _HIGHEST, "给合作方的推送签名", "数据管理",
                  ("webhook.secret",)),
        Described("event", "时间线", _PERSONAL, "了解顾客与门店的往来", "会员运营",
                  ("timeline_event.data",)),
        Described("answers", "问卷答案", _PERSONAL, "按问卷里写明的用途", "会员运营",
                  ("questionnaire_sheet.answers",)),
        Described("lineage", "资料来源", _PERSONAL, "说明资料从哪里来，填错时可以恢复", "数据管理",
                  ("field_entry.before", "field_entry.value")),
        Described("custom", "门店自定义字段", _PERSONAL, "按每个字段写明的用途", "数据管理",
                  ("custom_value.secret",)),
        Described("identity_card", "身份证号", _HIGHEST, "不收集；误填时当场拦下", "数据管理"),
        Described("bank_card", "银行卡号", _HIGHEST, "不收集；误填时当场拦下", "数据管理"),
    )
}  # fmt: skip

SOURCES = {
    "chat": ("顾客在对话里说", "会员运营"),
    "assistant": ("导购录入", "导购"),
    "link": ("顾客填写问卷链接", "会员运营"),
    "import": ("从其他系统导入", "数据管理"),
    "till": ("收银台", "门店"),
    "scan": ("到店扫码", "门店"),
    "oa": ("公众号", "会员运营"),
}  # fmt: skip
