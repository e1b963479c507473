"""Expected failures in the operator's language."""

from crm_core.errors import CrmError

_SENTENCES = {
    "already_decided": "第 {number} 对已经有过决定",
    "already_parted": "这次合并已经拆开过",
    "bad_segment_name": "分群名要 1 到 32 个字，不能有「」；说明最多 255 个字",
    "bad_segment_rule": "{why}",
    "bad_rule": "规则 {name} 的值格式不对，请照 `dianyu rule list` 里的样子写",
    "customer_not_found": "没有这位顾客",
    "forbidden": "没有这项权限",
    "identity_taken": "卡号、手机号或 openid 已属于另一位顾客",
    "merge_not_found": "没有编号 {number} 的合并",
    "order_conflict": "订单号 {number} 已经存在，内容不同",
    "pair_not_found": "没有编号 {number} 的待复核顾客，用 `dianyu duplicates list` 查看",
    "poll_closes_in_past": "截止时间已经过去",
    "poll_has_votes": "投票「{title}」已有人投票，选项不能再改",
    "poll_options": "选项要有 {least} 到 {most} 个",
    "poll_options_alike": "有两个选项相同",
    "staff_not_found": "没有「{name}」这位员工，或者有重名，请写企业微信账号",
    "store_not_found": "没有「{name}」这家门店，请先导入门店",
    "taken": "「{name}」与另一条记录重名",
    "unknown_rule": "没有 {name} 这条规则，`dianyu rule list` 列出全部",
}


def explain(error: CrmError) -> str:
    """Why it was refused, for the person at the terminal."""
    sentence = _SENTENCES.get(error.code)
    return sentence.format(**error.values) if sentence else error.code
