"""What can be wrong with a definition."""

from crm_core.errors import CrmError, Kind

_SENTENCES = {
    "code": "字段编号「{said}」只能用小写字母、数字和下划线，以字母开头，最多 32 个字",
    "shipped": "「{said}」是系统自带的字段，请换一个编号",
    "purpose": "「{title}」没有写用途：没有用途的信息不能收集",
    "owner": "「{title}」没有写负责人",
    "kind_fixed": "「{title}」已经有顾客填过，不能改类型",
    "less_sensitive": "「{title}」的敏感级别只能调高；要降低，请停用它再新建一个字段",
    "rules": "「{title}」的校验规则不对：{detail}",
    "highest_tag": "标签明文保存，不能用来记个人身份、支付和健康信息，请改用加密的字段",
    "unknown": "没有「{said}」",
    "not_searchable": "「{title}」是加密保存的，不能用来查找",
    "operator": "「{title}」不能用「{said}」来比较",
}  # fmt: skip


class BadField(CrmError):
    """The definition, or what is asked of it, cannot be."""

    code = "bad_field"
    kind = Kind.INVALID

    def __init__(self, why: str, **values: object) -> None:
        self.why = why
        self.sentence = _SENTENCES[why].format(**values)
        super().__init__(why, sentence=self.sentence)
