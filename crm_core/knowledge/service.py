"""The shop's own words on returns, points, care and the like."""

from collections.abc import Sequence

from sqlmodel import Session, col, select

from crm_core import saving
from crm_core.authz import Actor, Permission
from crm_core.clock import now, today
from crm_core.knowledge import matching
from crm_core.knowledge.models import Article
from crm_core.saving import Change

# Below it the best article is about something else; tests/crm_core/knowledge weighs both mistakes.
ENOUGH = 0.3


def everything(session: Session) -> Sequence[Article]:
    """All articles, valid or not, by code."""
    return session.exec(select(Article).order_by(Article.code)).all()


def save(session: Session, actor: Actor, article: Article) -> tuple[Article, Change]:
    """Add an article, or change the one with its code. Repeating changes nothing.

    Raises:
        Forbidden: the actor may not.
    """
    saved, change = saving.put(session, actor, article, "code")
    if change is not Change.SAME:
        saved.changed_at = now()
    return saved, change


def current(session: Session, actor: Actor) -> Sequence[Article]:
    """The articles valid today, by code.

    Raises:
        Forbidden: the actor may not read them.
    """
    actor.require(Permission.KNOWLEDGE_READ)
    begun = col(Article.valid_from).is_(None) | (col(Article.valid_from) <= today())
    lasting = col(Article.valid_until).is_(None) | (col(Article.valid_until) >= today())
    return session.exec(select(Article).where(begun, lasting).order_by(Article.code)).all()


def best(session: Session, actor: Actor, question: str) -> Article | None:
    """The article valid today that answers a question best; None when none is about it.

    Raises:
        Forbidden: the actor may not read them.
    """
    valid = current(session, actor)
    texts = [matching.Text(a.title, a.keywords, a.body) for a in valid]
    ranked = sorted(zip(matching.scores(question, texts), range(len(valid)), strict=True))
    if not ranked or ranked[-1][0] < ENOUGH:
        return None
    return valid[ranked[-1][1]]
