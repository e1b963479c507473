"""A value that cannot be kept, and what the person who entered it is told."""

from crm_core.errors import CrmError, Kind

_SENTENCES = {
    "phone": "手机号「{said}」不对，请写 11 位手机号，国外号码请带国家区号",
    "birthday_unreadable": "生日「{said}」看不懂，请写成 1992-05-04 这样",
    "birthday_no_such_day": "没有「{said}」这一天，请再看一下生日",
    "birthday_ahead": "生日「{said}」还没到，请再看一下年份",
    "birthday_too_early": "生日「{said}」超过了 {most} 年前，请再看一下年份",
    "size_unknown": "没有「{said}」这个尺码{of}，请照吊牌写，比如 {example}",
    "measure_unknown": "没有「{said}」这项身材数据，可以记：{known}",
    "measure_unreadable": "{title}「{said}」看不懂，请写成 {example}",
    "measure_out_of_range": "{title} {said} 不太可能，要在 {least} 到 {most} {unit} 之间",
    "number": "{title}要写数字，「{said}」不行",
    "number_out_of_range": "{title}要在 {least} 到 {most} 之间",
    "date": "{title}要写成 2026-05-04 这样，「{said}」看不懂",
    "date_out_of_range": "{title}要在 {least} 到 {most} 之间",
    "choice": "{title}请选其中之一：{options}",
    "yes_no": "{title}请写「是」或「否」",
    "pattern": "{title}{said}的格式不对{hint}",
    "too_long": "{title}最多 {most} 个字，这里有 {length} 个",
    "empty": "{title}还没有填",
    "identity_card": "这里像是写了身份证号，为了您的信息安全不能存在这里，请删掉再提交",
    "bank_card": "这里像是写了银行卡号，为了您的信息安全不能存在这里，请删掉再提交",
    "field_unknown": "没有「{said}」这个字段，请先定义它的用途和敏感级别",
    "field_retired": "「{title}」已经停用，不能再填",
    "no_consent": "要记「{title}」，得先请顾客同意：{purpose}",
    "tag_unknown": "没有「{said}」这个标签，请先定义",
    "tag_retired": "标签「{said}」已经停用",
    "taken": "这个手机号已经在另一条会员记录上，请在对话里说「绑定」来验证",
    "verified": "已经绑定了验证过的手机号，要换请在对话里说「绑定」",
    "agreement": "要先同意上面的说明，才能提交",
    "relation": "「{said}」不像家人的称呼，请写 女儿、儿子、先生 这样的",
}  # fmt: skip


class BadEntry(CrmError):
    """Nothing of the entry is kept; `why` is one of the reasons, `field` a code of the catalogue.

    An edge that has no words of its own says `sentence`.
    """

    code = "bad_entry"
    kind = Kind.INVALID

    def __init__(self, field: str, why: str, **values: object) -> None:
        self.field, self.why = field, why
        self.sentence = _SENTENCES[why].format(**values)
        super().__init__(field, why, sentence=self.sentence)


class BadEntries(CrmError):
    """Several values cannot be kept; nothing is."""

    code = "bad_entry"
    kind = Kind.INVALID

    def __init__(self, problems: list[BadEntry]) -> None:
        self.problems = problems
        super().__init__(len(problems), sentence="；".join(each.sentence for each in problems))
