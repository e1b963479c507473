"""What the shop has written down: its rules, and where its stores are."""

from sqlmodel import Session

from actions.base import CrmAction
from actions.turn import Option, Turn
from crm_core.authz import Actor, Permission
from crm_core.customers import service as customers
from crm_core.knowledge import service as knowledge
from crm_core.knowledge.models import Article
from crm_core.stores import service as stores
from crm_core.stores.models import Store

_MOST = 9
_SEVERAL = ("几家", "哪家", "哪几家", "哪些", "附近", "最近的", "分店", "别的店", "所有", "全部")


class AskPolicy(CrmAction):
    """Answers from the article that fits, and names it; else says so and lists what there is."""

    def name(self) -> str:
        return "action_ask_policy"

    def handle(self, session: Session, actor: Actor, turn: Turn) -> None:
        if article := knowledge.best(session, actor, turn.normalised):
            _read_out(turn, article)
            return
        listed = knowledge.current(session, actor)[:_MOST]
        if not listed:
            turn.say("utter_no_articles")
            return
        options = [
            Option(one.title, "action_show_article", {"article": one.code}) for one in listed
        ]
        turn.offer("utter_policy_unknown", options)


class ShowArticle(CrmAction):
    """The article picked from the list."""

    def name(self) -> str:
        return "action_show_article"

    def handle(self, session: Session, actor: Actor, turn: Turn) -> None:
        code = turn.slot("article")
        found = [one for one in knowledge.current(session, actor) if one.code == code]
        if found:
            _read_out(turn, found[0])
        else:
            turn.say("utter_no_articles")


class StoreInfo(CrmAction):
    """The store named, else one's own, else the list; and what an article adds to it."""

    def name(self) -> str:
        return "action_store_info"

    def handle(self, session: Session, actor: Actor, turn: Turn) -> None:
        store = _store(session, actor, turn)
        article = knowledge.best(session, actor, turn.normalised)
        about_it = article and any(word.lower() in turn.normalised for word in article.keywords)
        if store:
            turn.say("utter_store_info", **_told(store))
        elif not about_it:
            _list(session, turn)
        if article and about_it:  # parking, holidays
            _read_out(turn, article)


class ShowStore(CrmAction):
    """The store picked from the list."""

    def name(self) -> str:
        return "action_show_store"

    def handle(self, session: Session, actor: Actor, turn: Turn) -> None:
        turn.say("utter_store_info", **_told(stores.get(session, int(turn.slot("store_id")))))


def _read_out(turn: Turn, article: Article) -> None:
    turn.say("utter_policy", body=article.body, title=article.title)


def _store(session: Session, actor: Actor, turn: Turn) -> Store | None:
    """The store meant: named, the customer's or the colleague's own, or the only one."""
    if name := turn.entity("store"):
        return stores.by_name(session, name)
    if any(word in turn.normalised for word in _SEVERAL):
        return None
    store_id = actor.store_id
    if actor.customer_id is not None:
        reader = Permission.CUSTOMER_READ
        store_id = customers.get(session, actor, reader, actor.customer_id).store_id
    if store_id is not None:
        return stores.get(session, store_id)
    listed = stores.everyone(session)
    return listed[0] if len(listed) == 1 else None


def _list(session: Session, turn: Turn) -> None:
    listed = stores.everyone(session)[:_MOST]
    if not listed:
        turn.say("utter_no_stores")
        return
    options = [Option(_line(s), "action_show_store", {"store_id": s.id}) for s in listed]
    turn.offer("utter_stores", options)


def _line(store: Store) -> str:
    return f"{store.name}：{store.address}" if store.address else store.name


def _told(store: Store) -> dict[str, object]:
    return {
        "name": f"{store.name}（已闭店）" if store.closed else store.name,
        "address": store.address or "请致电门店",
        "hours": store.hours or "请致电门店",
        "phone": store.phone or "暂无，可发「转人工」",
    }
