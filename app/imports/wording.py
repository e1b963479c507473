"""Expected failures in the operator's language."""

from crm_core.errors import CrmError

_SENTENCES = {
    "already_decided": "第 {number} 对已经有过决定",
    "already_parted": "这次合并已经拆开过",
    "bad_coupon_kind": "券 {where} 写得不对：{why}",
    "bad_earning_rule": "积分规则 {where} 写得不对：{why}",
    "bad_link": "链接已经失效",
    "bad_target": "目标要在 0 到 100% 之间",
    "bad_tier_program": "等级 {where} 写得不对：{why}",
    "bad_segment_name": "分群名要 1 到 32 个字，不能有「」；说明最多 255 个字",
    "bad_segment_rule": "{why}",
    "bad_webhook": "推送地址要是公网的 https 地址，事件名见 docs/api.md",
    "bad_rule": "规则 {name} 的值格式不对，请照 `dianyu rule list` 里的样子写",
    "check_not_found": "没有这个抽查",
    "coupon_kind_not_found": "没有「{name}」这种券",
    "coupon_none_left": "「{title}」已经发完",
    "coupon_not_found": "没有号码是 {number} 的券",
    "coupon_reservation": "订单 {order_no} 没有占用这些券，或者已经超时放开",
    "coupon_unusable": "券 {number} 现在不能用（{why}）",
    "campaign_not_found": "没有「{name}」这个活动，请先导入活动",
    "customer_not_found": "没有这位顾客",
    "earning_rule_not_found": "没有「{name}」这条积分规则，`dianyu rules list` 列出全部",
    "forbidden": "没有这项权限",
    "identity_taken": "卡号、手机号或 openid 已属于另一位顾客",
    "key_not_found": "没有以 {name} 开头的密钥，`dianyu apikey list` 列出全部",
    "import_not_found": "没有编号 {number} 的导入，`dianyu import list` 列出全部",
    "mapping_not_found": "「{source}」还没有 {kind} 的列名映射，用 `dianyu import mapping` 登记",
    "merge_not_found": "没有编号 {number} 的合并",
    "insufficient_points": "可用积分只有 {available}，不够 {wanted}",
    "no_such_task": "没有启用的规则给任务「{name}」积分",
    "no_such_tier": "没有「{name}」这个等级",
    "order_conflict": "订单号 {number} 已经存在，内容不同",
    "pair_not_found": "没有编号 {number} 的待复核顾客，用 `dianyu duplicates list` 查看",
    "poll_closes_in_past": "截止时间已经过去",
    "poll_has_votes": "投票「{title}」已有人投票，选项不能再改",
    "poll_options": "选项要有 {least} 到 {most} 个",
    "poll_options_alike": "有两个选项相同",
    "questionnaire_not_found": "没有这份问卷，或者已经停用",
    "reward_not_found": "没有「{name}」这个兑换品",
    "reward_unavailable": "「{title}」现在兑换不了：发完了，或者不对这位顾客开放",
    "segment_in_use": "分群「{name}」还用在：{by}",
    "segment_not_looked_at": "「{name}」还没有夜间记录；固定的分群不会变",
    "staff_not_found": "没有「{name}」这位员工，或者有重名，请写企业微信账号",
    "still_written": "还有进程在用旧密钥写「{table}」，请重启全部进程再运行一次",
    "store_not_found": "没有「{name}」这家门店，请先导入门店",
    "taken": "「{name}」与另一条记录重名",
    "tier_not_for_points": "「{level}」不能用积分换",
    "unknown_segment": "没有「{name}」这个分群，有：{known}",
    "unknown_scope": "请用 --scope 写权限；没有这些：{name}。`dianyu apikey scopes` 列出全部",
    "unknown_rule": "没有 {name} 这条规则，`dianyu rule list` 列出全部",
    "webhook_not_found": "没有编号 {number} 的推送地址或推送记录",
}


def explain(error: CrmError) -> str:
    """Why it was refused, for the person at the terminal."""
    if isinstance(said := error.values.get("sentence"), str):  # it brings its own
        return said
    sentence = _SENTENCES.get(error.code)
    return sentence.format(**error.values) if sentence else error.code
