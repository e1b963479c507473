"""Keeping and finding what the shops sell."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import insert
from sqlmodel import Session, col, func, select

from crm_core import saving
from crm_core.audit import service as audit
from crm_core.authz import Actor, Permission
from crm_core.catalog.models import Product
from crm_core.clock import now
from crm_core.errors import CrmError, Kind
from crm_core.saving import Change


class ProductNotFound(CrmError):
    code = "product_not_found"
    kind = Kind.NOT_FOUND


def everything(session: Session) -> Sequence[Product]:
    """What is on sale, by article number."""
    on_sale = select(Product).where(~col(Product.withdrawn))
    return session.exec(on_sale.order_by(Product.article_no)).all()


def save(session: Session, actor: Actor, product: Product) -> tuple[Product, Change]:
    """Add a product, or change the one with its article number. Repeating changes nothing.

    Raises:
        Forbidden: the actor may not.
    """
    return saving.put(session, actor, product, "article_no")


def save_many(
    session: Session, actor: Actor, products: Sequence[Mapping[str, Any]]
) -> Counter[Change]:
    """As `save` for each of these rows of columns; new ones are added by one statement.

    Raises:
        Forbidden: the actor may not.
    """
    actor.require(Permission.SETUP_WRITE)
    wanted = {row["article_no"]: row for row in products}  # the last one of a number
    numbers = select(Product.article_no).where(col(Product.article_no).in_(wanted))
    known = set(session.exec(numbers)) if wanted else set()
    new = [{**row, "created_at": now()} for number, row in wanted.items() if number not in known]
    if new:
        session.connection().execute(insert(Product), new)
        audit.record(session, actor, "product:save", "product", added=len(new))
    done = Counter({Change.ADDED: len(new), Change.SAME: len(products) - len(wanted)})
    for number in known:
        done[save(session, actor, Product(**wanted[number]))[1]] += 1
    return done


def by_article_no(session: Session, article_no: str) -> Product:
    """The product with this article number, withdrawn or not.

    Raises:
        ProductNotFound: there is none.
    """
    wanted = select(Product).where(Product.article_no == article_no)
    if (product := session.exec(wanted).one_or_none()) is None:
        raise ProductNotFound(article_no, name=article_no)
    return product


def article_nos(session: Session, ids: Collection[int | None]) -> dict[int | None, str]:
    """The article numbers of some products, by id."""
    wanted = select(Product.id, Product.article_no)
    known = session.exec(wanted.where(col(Product.id).in_(set(ids) - {None})))
    return dict(known.all()) if set(ids) - {None} else {}


def listed(session: Session, actor: Actor, *, after: int = 0, limit: int = 50) -> Sequence[Product]:
    """All products, withdrawn ones too, from behind the product `after`.

    Raises:
        Forbidden: the actor may not.
    """
    actor.require(Permission.PRODUCT_READ)
    wanted = select(Product).where(Product.id > after).order_by(col(Product.id))
    return session.exec(wanted.limit(limit)).all()


def exact(session: Session, said: str) -> Product | None:
    """The product with this article number, else the newest with this name; sold out or not."""
    by_number = select(Product).where(Product.article_no == said)
    by_name = select(Product).where(Product.name == said).order_by(col(Product.id).desc())
    return session.exec(by_number).one_or_none() or session.exec(by_name).first()


def exact_many(session: Session, said: Collection[str]) -> dict[str, Product]:
    """What `exact` finds for each of many, in one query; the others are missing."""
    is_it = col(Product.article_no).in_(said) | col(Product.name).in_(said)
    found: dict[str, Product] = {}
    rows = session.exec(select(Product).where(is_it).order_by(col(Product.id))).all()
    for product in rows:  # the newest of a name wins, a number wins over names
        found[product.name] = product
    return found | {product.article_no: product for product in rows}


def find(session: Session, said: str) -> Sequence[Product]:
    """Products that may be meant by `said`, the likeliest first.

    An article number, a name, a part of one, or some characters of one in their order:
    「羊毛大衣」 finds 羊毛双面呢大衣.
    """
    wanted = said.strip().lower()
    if not wanted:
        return []
    is_it = func.lower(Product.article_no) == wanted
    fits = func.lower(Product.name).like(_in_order(wanted), escape="\\")
    found = session.exec(select(Product).where(is_it | fits, ~col(Product.withdrawn))).all()
    return sorted(found, key=lambda product: _distance(product, wanted))


def _in_order(wanted: str) -> str:
    characters = (f"\\{c}" if c in "%_\\" else c for c in wanted)
    return f"%{'%'.join(characters)}%"


def _distance(product: Product, wanted: str) -> tuple[bool, bool, bool, int, str]:
    name = product.name.lower()
    return (
        product.article_no.lower() != wanted,
        name != wanted,
        wanted not in name,
        len(name),
        product.article_no,
    )
