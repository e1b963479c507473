"""The bands in which prices, months and hours are told, as data for SQL and Python alike."""

SEASONS = {
    1: "冬", 2: "冬", 3: "春", 4: "春", 5: "春", 6: "夏",
    7: "夏", 8: "夏", 9: "秋", 10: "秋", 11: "秋", 12: "冬",
}  # fmt: skip
# From this hour on, in the shop's time zone.
PARTS_OF_DAY = ((22, "深夜"), (18, "晚上"), (14, "下午"), (11, "中午"), (6, "上午"), (0, "深夜"))
NIGHT_FROM, NIGHT_UNTIL = 22, 6
# A piece from this price on, in fen, as paid.
PRICES = (
    (1000_00, "1000 元以上"), (600_00, "600–1000 元"), (300_00, "300–600 元"),
    (100_00, "100–300 元"), (0, "100 元以下"),
)  # fmt: skip
IN_SHOP, ONLINE = "门店", "线上"

FAVOURITES = 3  # at most so many of a kind are kept
LEAST_SHARE_PERCENT = 20  # of the pieces; what is bought less often is no favourite
