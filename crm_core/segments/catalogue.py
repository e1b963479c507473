"""What a rule may speak of: names for JSON, labels for plain words, units. docs/segments.md
explains each. How it is found in the database stands in `columns` and `counts`.
"""

from dataclasses import dataclass

from crm_core.timeline.models import EventKind


@dataclass(frozen=True)
class Measure:
    """Something that has a number."""

    label: str
    unit: str
    within_days: bool = False  # may be counted over the last days instead of all time


YUAN = "元"  # a number of fen, written in yuan

FIGURES = {
    "recency_days": Measure("最近一次购买距今", "天"),
    "first_order_days": Measure("首次购买距今", "天"),
    "member_days": Measure("入会距今", "天"),
    "known_days": Measure("建档距今", "天"),
    "orders": Measure("购买次数", "次", within_days=True),
    "spent_fen": Measure("消费金额", YUAN, within_days=True),
    "average_fen": Measure("客单价", YUAN),
    "interval_days": Measure("平均购买间隔", "天"),
    "pieces": Measure("购买件数", "件"),
    "most_pieces": Measure("单次最多购买件数", "件"),
    "categories": Measure("买过的品类", "个"),
    "return_percent": Measure("退货率", "%"),
    "discount_percent": Measure("折扣商品占比", "%"),
    "night_percent": Measure("深夜下单占比", "%"),
    "points": Measure("积分余额", "分"),
    "birthday_days": Measure("距下次生日", "天"),
    "acquisition_cost_fen": Measure("获客成本", YUAN),
}

CONTACT = "contact"  # any of the things that a customer does
CONTACTS = (
    EventKind.MESSAGE, EventKind.SUBSCRIBED, EventKind.SCAN, EventKind.BOUND, EventKind.TRY_ON,
    EventKind.FITTING, EventKind.BROWSE, EventKind.DWELL, EventKind.FAVOURITE, EventKind.CART,
    EventKind.PURCHASE, EventKind.RETURN, EventKind.REDEMPTION, EventKind.CHECK_IN, EventKind.VOTE,
    EventKind.RATING, EventKind.COMPLAINT,
)  # fmt: skip
EVENTS = {
    CONTACT: "互动",
    EventKind.MESSAGE.value: "发消息",
    EventKind.SCAN.value: "扫码",
    EventKind.TRY_ON.value: "试穿",
    EventKind.BROWSE.value: "浏览商品",
    EventKind.FAVOURITE.value: "收藏",
    EventKind.CART.value: "加购",
    EventKind.FITTING.value: "试衣镜试衣",
    EventKind.VOTE.value: "投票",
    EventKind.RATING.value: "评价",
    EventKind.COMPLAINT.value: "投诉",
    EventKind.RETURN.value: "退货",
    EventKind.PUSH.value: "收到推送",
    EventKind.HAND_OVER.value: "转人工",
    EventKind.CHECK_IN.value: "签到",
    EventKind.COUPON.value: "领券用券",
    EventKind.REDEMPTION.value: "兑换礼品",
    "invite": "邀请好友",
}

ATTRIBUTES = {
    "city": "城市",
    "tier": "会员等级",
    "store": "所属门店",
    "source": "获客来源",
    "category": "偏好品类",
    "style": "偏好风格",
    "size": "常买尺码",
    "price_band": "价格带",
    "season": "常买季节",
    "part_of_day": "常买时段",
    "channel": "常用渠道",
    "stated_style": "自述风格",
}

FLAGS = {
    "bought": "有购买记录",
    "member": "已入会",
    "following": "关注了公众号",
    "agrees_to_pushes": "同意接收推送",
}

GOODS = {"category": "品类", "style": "风格", "size": "尺码", "color": "颜色", "product": "名称"}
