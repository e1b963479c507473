"""Products, polls about them, and what the shop says in its articles."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import zip_longest

from sqlmodel import Session, col, select

from app.imports.cells import BadCell, day, fen, listed, moment, options, text, words, yes_or_no
from app.imports.kind import Column, Kind, Values
from app.imports.kinds import shown
from crm_core.authz import Actor, system
from crm_core.catalog import service as catalog
from crm_core.catalog.models import Product
from crm_core.knowledge import service as knowledge
from crm_core.knowledge.models import Article
from crm_core.polls import publishing
from crm_core.polls import service as polls
from crm_core.polls.models import Poll
from crm_core.polls.publishing import LONGEST_TITLE, NewOption, NewPoll
from crm_core.saving import Change

_ARTICLE = ("code", "title", "body")


def _save_product(session: Session, actor: Actor, rows: Sequence[Values]) -> Change:
    fields = dict(rows[0])
    return catalog.save(session, actor, Product(price_fen=fields.pop("price"), **fields))[1]


def _save_products(session: Session, actor: Actor, rows: Sequence[Values]) -> Mapping[Change, int]:
    wanted = [
        {"price_fen": row["price"], **{k: v for k, v in row.items() if k != "price"}}
        for row in rows
    ]
    return catalog.save_many(session, actor, wanted)


def _products(session: Session) -> Iterable[Mapping[str, str]]:
    for row in session.exec(select(Product).order_by(Product.article_no)):
        yield {
            "article_no": row.article_no,
            "name": row.name,
            "category": row.category,
            "styles": shown.several(row.styles),
            "colors": shown.several(row.colors),
            "sizes": shown.several(row.sizes),
            "price": shown.yuan(row.price_fen),
            "launched_on": shown.day(row.launched_on),
            "withdrawn": shown.yes_or_no(row.withdrawn),
        }


def _save_poll(session: Session, actor: Actor, rows: Sequence[Values]) -> Change:
    row = rows[0]
    lined_up = zip_longest(row["options"], row["images"], row["products"])
    if any(title is None for title, *_ in lined_up):
        raise BadCell("「图片」和「商品」的个数不能比「选项」多")
    lined_up = zip_longest(row["options"], row["images"], row["products"])
    offered = tuple(NewOption(title, image or None, product) for title, image, product in lined_up)
    store_id = shown.store_id(session, row["store"])
    new = NewPoll(row["title"], offered, store_id, row["closes_at"])
    return publishing.save(session, actor, new)[1]


def _polls(session: Session) -> Iterable[Mapping[str, str]]:
    for row in session.exec(select(Poll).order_by(Poll.title, col(Poll.id))):
        offered = polls.options(session, row.id)
        result = polls.result(session, system("list"), row.id)
        yield {
            "title": row.title,
            "options": "|".join(option.title for option in offered),
            "store": shown.store(session, row.store_id),
            "closes_at": shown.moment(row.closes_at),
            "images": "|".join(option.image_url or "" for option in offered).rstrip("|"),
            "products": "|".join(_article_no(session, o.product_id) for o in offered).rstrip("|"),
            "状态": "进行中" if polls.is_open(row) else "已结束",
            "票数": "、".join(str(share.votes) for share in result.shares),
        }


def _article_no(session: Session, product_id: int | None) -> str:
    return session.get_one(Product, product_id).article_no if product_id else ""


def _save_article(session: Session, actor: Actor, rows: Sequence[Values]) -> Change:
    return knowledge.save(session, actor, Article(**rows[0]))[1]


def _articles(session: Session) -> Iterable[Mapping[str, str]]:
    for row in knowledge.everything(session):
        yield {name: getattr(row, name) for name in _ARTICLE} | {
            "keywords": shown.several(row.keywords),
            "valid_from": shown.day(row.valid_from),
            "valid_until": shown.day(row.valid_until),
        }


PRODUCT = Kind(
    "product",
    "商品",
    (
        Column("article_no", "货号", text(32), needed=True),
        Column("name", "名称", text(128), needed=True),
        Column("category", "品类", text(32), needed=True),
        Column("styles", "风格", words(32), empty=[]),
        Column("colors", "颜色", words(32), empty=[]),
        Column("sizes", "尺码", words(32), empty=[]),
        Column("price", "价格", fen, needed=True),
        Column("launched_on", "上市日期", day),
        Column("withdrawn", "已下架", yes_or_no, empty=False),
    ),
    key=("article_no",),
    save=_save_product,
    save_many=_save_products,
    listed=_products,
)

POLL = Kind(
    "poll",
    "投票",
    (
        Column("title", "题目", text(LONGEST_TITLE), needed=True),
        Column("options", "选项", options(LONGEST_TITLE), needed=True),
        Column("store", "门店", text(64)),
        Column("closes_at", "截止时间", moment),
        Column("images", "图片", listed(512), empty=[]),
        Column("products", "商品", listed(128), empty=[]),
    ),
    key=("title", "store"),
    save=_save_poll,
    listed=_polls,
)

KNOWLEDGE = Kind(
    "knowledge",
    "知识",
    (
        Column("code", "编码", text(32), needed=True),
        Column("title", "标题", text(128), needed=True),
        Column("body", "正文", text(10_000), needed=True),
        Column("keywords", "关键词", words(32), empty=[]),
        Column("valid_from", "生效日期", day),
        Column("valid_until", "失效日期", day),
    ),
    key=("code",),
    save=_save_article,
    listed=_articles,
)
