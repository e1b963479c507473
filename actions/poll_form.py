"""Publishing a poll: title and options from one sentence or asked for, shown before they go out."""

from datetime import date, datetime, time, timedelta
from typing import Any

from sqlmodel import Session

from actions import poll_words
from actions.base import CrmAction, CrmForm, reset
from actions.poll_choice import ends, yes_or_no
from actions.turn import Option, Turn
from crm_core.authz import Actor, Role
from crm_core.catalog import service as catalog
from crm_core.polls import publishing
from crm_core.polls.models import Poll
from crm_core.polls.publishing import FEWEST_OPTIONS, LONGEST_TITLE, MOST_OPTIONS
from crm_core.rules import service as rules
from crm_core.settings import settings
from crm_core.stores import service as stores

PUBLISHERS = frozenset({Role.MANAGER, Role.MARKETER, Role.ADMIN})
SLOTS = ("poll_title", "poll_options", "poll_confirm", "poll_closes", "poll_store")


class PollForm(CrmForm):
    roles = PUBLISHERS
    begins = frozenset({"create_poll"})
    # What customers ask about goods is, from a publisher, the words of a poll.
    answers = frozenset({
        "affirm", "deny", "select_option", "vote_outfit", "list_polls", "query_poll_result",
        "recommend_items", "outfit_advice", "search_product", "compare_products", "new_arrivals",
        "find_similar", "check_stock", "update_style", "update_size", "update_body",
        "update_customer_profile", "log_tryon", "lookup_last_purchase", "send_poll",
    })  # fmt: skip

    def name(self) -> str:
        return "validate_poll_form"

    def fill(self, session: Session, actor: Actor, turn: Turn) -> dict[str, Any]:
        if turn.asked is None:  # what an earlier, left form collected is gone
            return dict.fromkeys(SLOTS) | _read(session, actor, turn)
        if turn.asked == "poll_confirm" and (said := yes_or_no(turn)) is not None:
            return {"poll_confirm": said}
        if turn.intent in self.begins and poll_words.is_command(turn.text):
            return _read(session, actor, turn) or {turn.asked: None}
        if turn.intent == "deny":
            turn.say("utter_cancelled")
            turn.leave_form()
            return {}
        if turn.asked == "poll_title":
            return _title(turn)
        return _options(session, turn) if turn.asked == "poll_options" else {}


class AskPollConfirm(CrmAction):
    """Shows what would be published, and to whom."""

    roles = PUBLISHERS

    def name(self) -> str:
        return "action_ask_poll_form_poll_confirm"

    def handle(self, session: Session, actor: Actor, turn: Turn) -> None:
        options = turn.slot("poll_options")
        reward = rules.get(session, "points.vote")
        draft = Poll(title="", created_by="", ref="", closes_at=_closes(turn))
        turn.say(
            "utter_poll_draft",
            title=turn.slot("poll_title"),
            lines="\n".join(f"{n}. {option}" for n, option in enumerate(options, 1)),
            where=_where(session, actor, turn),
            ends=ends(draft),
            reward=f"，每人投票送 {reward} 积分" if reward else "",
        )


class CreatePoll(CrmAction):
    roles = PUBLISHERS
    writes = True

    def name(self) -> str:
        return "action_create_poll"

    def handle(self, session: Session, actor: Actor, turn: Turn) -> None:
        if not turn.slot("poll_confirm"):
            turn.say("utter_poll_not_published")
        else:
            title = turn.slot("poll_title")
            options = tuple(publishing.NewOption(said) for said in turn.slot("poll_options"))
            store_id = _store_id(actor, turn)
            new = publishing.NewPoll(title, options, store_id, _closes(turn))
            poll = publishing.create(session, actor, new, ref=turn.ref)
            turn.set("poll_id", poll.id)
            turn.suggest(
                "utter_poll_published", [Option("发给顾客", "poll_send_form")], title=title
            )
        reset(turn, SLOTS)


def _read(session: Session, actor: Actor, turn: Turn) -> dict[str, Any]:
    """What one sentence says; what it does not say stays as it was."""
    if turn.intent == "select_option":  # the form was picked from a list
        return {}
    draft = poll_words.read(turn.text)
    filled: dict[str, Any] = {}
    if draft.title and len(draft.title) <= LONGEST_TITLE:
        filled["poll_title"] = draft.title
    if _fits(draft.options):
        filled["poll_options"] = _named(session, draft.options)
    if closing := _closing_day(turn):
        filled["poll_closes"] = closing.isoformat()
    if actor.everywhere and (name := turn.entity("store")):
        filled["poll_store"] = stores.by_name(session, name).id
    return filled


def _title(turn: Turn) -> dict[str, Any]:
    title = turn.text.strip()
    if not 0 < len(title) <= LONGEST_TITLE:
        turn.say("utter_poll_title_length", most=LONGEST_TITLE)
        return {"poll_title": None}
    return {"poll_title": title}


def _options(session: Session, turn: Turn) -> dict[str, Any]:
    options = poll_words.split_loosely(turn.text)
    if not _fits(options):
        turn.say("utter_error_poll_options", least=FEWEST_OPTIONS, most=MOST_OPTIONS)
        return {"poll_options": None}
    return {"poll_options": _named(session, options)}


def _fits(options: list[str]) -> bool:
    right_number = FEWEST_OPTIONS <= len(options) <= MOST_OPTIONS
    return right_number and all(len(option) <= LONGEST_TITLE for option in options)


def _named(session: Session, options: list[str]) -> list[str]:
    """Article numbers become the names that customers know."""
    known = ((said, catalog.exact(session, said)) for said in options)
    return [product.name if product else said for said, product in known]


def _closing_day(turn: Turn) -> datetime | None:
    """The end of the day named, where the sentence speaks of an end."""
    said = turn.entity("time")
    if said is None or not any(word in turn.text for word in ("截止", "结束", "为止", "截至")):
        return None
    try:
        last = date.fromisoformat(said.split("/")[-1])
    except ValueError:  # a time of day, or words that nobody could date
        return None
    return datetime.combine(last + timedelta(days=1), time(), settings().zone)


def _closes(turn: Turn) -> datetime | None:
    said = turn.slot("poll_closes")
    return datetime.fromisoformat(said) if said else None


def _store_id(actor: Actor, turn: Turn) -> int | None:
    if actor.everywhere:
        return int(turn.slot("poll_store")) if turn.slot("poll_store") else None
    return actor.store_id


def _where(session: Session, actor: Actor, turn: Turn) -> str:
    store_id = _store_id(actor, turn)
    return stores.get(session, store_id).name if store_id else "全部门店"
