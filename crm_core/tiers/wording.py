"""A level's rights in words."""

from crm_core.tiers.service import Rights

_WHOLE, _TENTH = 100, 10


def brought(rights: Rights) -> list[str]:
    """What a level brings: 9折, 免邮, 专属定制."""
    said = {
        "免邮": rights.free_delivery,
        "免费退换": rights.free_returns,
        "专属顾问": rights.adviser,
        "专属定制": rights.tailoring,
        "优先接待": rights.priority,
        "生日礼": rights.gifts.birthday_gift is not None,
        "季度礼": rights.gifts.quarterly_gift is not None,
    }
    discount = [f"{off(rights.discount_percent)}折"] if rights.discount_percent < _WHOLE else []
    return [*discount, *(name for name, has in said.items() if has)]


def off(percent: int) -> str:
    """90 as 9, 85 as 8.5."""
    whole, rest = divmod(percent, _TENTH)
    return f"{whole}.{rest}" if rest else f"{whole}"
