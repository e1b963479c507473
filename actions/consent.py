"""Pushes and surveys: stopping them takes effect at once, starting them again shows the words."""

import re
from typing import Any, ClassVar

from sqlmodel import Session

from actions.base import CUSTOMER, CrmAction, CrmForm, reset
from actions.turn import Turn
from crm_core.authz import Actor
from crm_core.consents import service as consents
from crm_core.consents.models import Purpose
from crm_core.inbound import service as inbound
from crm_core.rules import service as rules

_SURVEY = re.compile("回访|问卷|满意度|调查|打分")
_MARKETING = re.compile("推送|广告|营销|活动|优惠|促销|新品|群发")


class _Push(CrmAction):
    """Says yes or no to what the message is about, once; a bare 「退订」 is about everything."""

    roles = CUSTOMER
    writes = True
    grants: ClassVar[bool]

    def handle(self, session: Session, actor: Actor, turn: Turn) -> None:
        assert actor.customer_id is not None
        purposes = self._meant(turn)
        about = purposes[0].value if len(purposes) == 1 else "all"
        words = f"{'resubscribed' if self.grants else 'unsubscribed'}_{about}"
        open_yet = [one for one in purposes if not self._is_so(session, actor.customer_id, one)]
        if not open_yet:
            turn.say(f"utter_already_{words}")
            return
        said = [say(session, actor, turn, one, granted=self.grants) for one in open_yet]
        turn.say(f"utter_{words}", wording=said[0])
        turn.set("undo", {"what": "consents", "ref": turn.ref})

    def _meant(self, turn: Turn) -> list[Purpose]:
        """To take up something again one has to name it."""
        if _SURVEY.search(turn.normalised):
            return [Purpose.SURVEY]
        if self.grants or _MARKETING.search(turn.normalised):
            return [Purpose.MARKETING]
        return [Purpose.MARKETING, Purpose.SURVEY]

    def _is_so(self, session: Session, customer_id: int, purpose: Purpose) -> bool:
        """To have said nothing is not yet an objection, so that one is still recorded."""
        said = consents.latest(session, customer_id, purpose)
        return said is not None and said.granted is self.grants


class Unsubscribe(_Push):
    grants = False

    def name(self) -> str:
        return "action_unsubscribe_push"


class Resubscribe(_Push):
    grants = True

    def name(self) -> str:
        return "action_resubscribe_push"


def say(session: Session, actor: Actor, turn: Turn, purpose: Purpose, *, granted: bool) -> str:
    """Record what a customer just said to the shop's sentence for `purpose`; returns it."""
    assert actor.customer_id is not None
    wording = str(rules.get(session, f"consent.{purpose.value}"))
    consents.record(
        session, actor, actor.customer_id, purpose, granted=granted, wording=wording,
        channel=inbound.channel(session, turn.inbound_id), ref=turn.ref,
    )  # fmt: skip
    return wording


def undo(session: Session, actor: Actor, turn: Turn, change: dict[str, Any]) -> bool:
    """Say again what held before; False if nothing of it was left to take back."""
    assert actor.customer_id is not None
    rows = consents.undo(session, actor, actor.customer_id, change["ref"])
    if not rows:
        return False
    is_on = any(row.granted for row in rows)
    turn.say("utter_push_on_again" if is_on else "utter_push_off_again")
    return True


FORM = "marketing_form"


class MarketingForm(CrmForm):
    """Whether pushes are welcome, asked once after binding: no answer is no."""

    roles = CUSTOMER
    begins = frozenset[str]()
    answers = frozenset({"affirm", "deny", "resubscribe_push", "unsubscribe_push"})

    def name(self) -> str:
        return f"validate_{FORM}"

    def is_answer(self, turn: Turn) -> bool:
        return turn.asked == "marketing_answer" and turn.intent in self.answers

    def fill(self, session: Session, actor: Actor, turn: Turn) -> dict[str, Any]:
        return {"marketing_answer": turn.intent in {"affirm", "resubscribe_push"}}


class AskMarketing(CrmAction):
    """Shows the words; who talks about something else is not asked again."""

    def name(self) -> str:
        return f"action_ask_{FORM}_marketing_answer"

    def handle(self, session: Session, actor: Actor, turn: Turn) -> None:
        if turn.slot("marketing_asked"):
            turn.leave_form()
            turn.set("marketing_asked", None)
            return
        wording = rules.get(session, f"consent.{Purpose.MARKETING.value}")
        turn.say("utter_ask_marketing", wording=wording)
        turn.set("marketing_asked", True)


class AnswerMarketing(CrmAction):
    """Records the answer, a refusal too, so that it is not asked again."""

    roles = CUSTOMER
    writes = True

    def name(self) -> str:
        return "action_answer_marketing"

    def handle(self, session: Session, actor: Actor, turn: Turn) -> None:
        is_welcome = bool(turn.slot("marketing_answer"))
        say(session, actor, turn, Purpose.MARKETING, granted=is_welcome)
        turn.say("utter_marketing_welcome" if is_welcome else "utter_marketing_refused")
        if is_welcome:  # else nothing has changed
            turn.set("undo", {"what": "consents", "ref": turn.ref})
        reset(turn, ("marketing_answer", "marketing_asked"))
