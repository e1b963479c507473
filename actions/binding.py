"""Binding a phone or card: what is kept and why, 同意, proof where it is somebody's, done."""

import re
import unicodedata
from dataclasses import replace
from typing import Any

from sqlmodel import Session

from actions import consent
from actions.base import CUSTOMER, CrmAction, CrmForm, reset
from actions.turn import Turn
from crm_core.authz import Actor, Permission
from crm_core.consents import service as consents
from crm_core.consents.models import Purpose
from crm_core.customers import claims, verification
from crm_core.customers import service as customers
from crm_core.customers.claims import Claim
from crm_core.customers.models import IdentityKind
from crm_core.customers.phones import InvalidPhone
from crm_core.customers.verification import TooManyCodes, Verdict
from crm_core.merging import binding
from crm_core.merging.binding import Way
from crm_core.rules import service as rules

FORM = "bind_form"
SLOTS = ("bind_to", "bind_consent", "bind_code")
_NUMBER = re.compile(r"(?<!\d)([A-Za-z]{0,6})(\d{5,16})(?!\d)")
_PHONE = re.compile(r"(86)?1\d{10}")
_ALMOST_A_PHONE = re.compile(r"1\d{8,11}")
_CODE = re.compile(r"(?<!\d)(\d{6})(?!\d)")
_AGAIN = re.compile(r"重[发發新]|再[发發]|没收到|沒收到|收不到")
_YES = re.compile(r"^\s*(我|好的?)?[，,\s]*同意")
_NO = re.compile(r"不同意|不[愿願]意|拒绝|拒絕")


class BindMember(CrmAction):
    """Opens the form, unless there is nothing to bind."""

    roles = CUSTOMER

    def name(self) -> str:
        return "action_bind_member"

    def handle(self, session: Session, actor: Actor, turn: Turn) -> None:
        assert actor.customer_id is not None
        if turn.form not in {None, FORM}:
            turn.say("utter_finish_first")
            return
        customer = customers.get(session, actor, Permission.CUSTOMER_WRITE, actor.customer_id)
        bound = binding.bound(session, customer)
        if bound and not _named(turn):
            turn.say("utter_bound_already", bound=_masked(bound))
            return
        reset(turn, SLOTS)
        turn.then(FORM)


class BindForm(CrmForm):
    """Phone or card, then 同意, then the code where it is on somebody's record."""

    roles = CUSTOMER
    writes = True  # a code is sent, a try is counted
    begins = frozenset({"bind_member"})
    answers = frozenset({"affirm", "deny"})

    def name(self) -> str:
        return f"validate_{FORM}"

    def is_answer(self, turn: Turn) -> bool:
        plainly = {
            "bind_to": _named(turn),
            "bind_consent": _YES.search(turn.text) or _NO.search(turn.text),
            "bind_code": _CODE.search(_plain(turn)) or _AGAIN.search(turn.text),
        }
        return super().is_answer(turn) or bool(plainly.get(turn.asked or ""))

    def fill(self, session: Session, actor: Actor, turn: Turn) -> dict[str, Any]:
        assert actor.customer_id is not None
        if _named(turn):
            return _claimed(session, actor, actor.customer_id, turn)
        if turn.asked == "bind_code":
            return _code(session, actor, actor.customer_id, turn)
        if turn.asked == "bind_consent":
            return _agreed(session, actor, actor.customer_id, turn)
        if turn.asked == "bind_to" and turn.intent == "deny":
            turn.say("utter_cancelled")
            turn.leave_form()
        return {"bind_to": None} if turn.intent in self.begins else {}


class AskBindConsent(CrmAction):
    """Shows what is kept, why and for how long."""

    roles = CUSTOMER

    def name(self) -> str:
        return f"action_ask_{FORM}_bind_consent"

    def handle(self, session: Session, actor: Actor, turn: Turn) -> None:
        wording = rules.get(session, f"consent.{Purpose.MEMBERSHIP.value}")
        turn.say("utter_ask_membership", wording=wording, claim=_masked(_claims(turn)))


class Bind(CrmAction):
    """Records the consent and binds, in one transaction; then asks about pushes, once ever."""

    roles = CUSTOMER
    writes = True

    def name(self) -> str:
        return "action_bind"

    def handle(self, session: Session, actor: Actor, turn: Turn) -> None:
        assert actor.customer_id is not None
        bound = _claims(turn)
        refs = [turn.ref, *(f"{turn.ref}:{number}" for number in range(1, len(bound)))]
        consent.say(session, actor, turn, Purpose.MEMBERSHIP, granted=True)
        customer_id = actor.customer_id
        for claim, ref in zip(bound, refs, strict=True):  # the first may join two records
            themselves = replace(actor, name=f"customer:{customer_id}", customer_id=customer_id)
            customer_id = binding.bind(session, themselves, customer_id, claim, ref=ref).id
        is_joined = customer_id != actor.customer_id
        turn.say("utter_bound_joined" if is_joined else "utter_bound", claim=_masked(bound))
        turn.set("undo", {"what": "binding", "refs": refs})
        reset(turn, (*SLOTS, "marketing_asked"))
        if consents.latest(session, customer_id, Purpose.MARKETING) is None:
            turn.then(consent.FORM)


def undo(session: Session, actor: Actor, turn: Turn, change: dict[str, Any]) -> bool:
    """Take back a binding; joined records stay one, which is said."""
    customer_id = actor.customer_id
    assert customer_id is not None
    # all() stops at the first that joined: what came after it stays too
    is_undone = all(binding.undo(session, actor, customer_id, ref) for ref in change["refs"])
    turn.say("utter_unbound" if is_undone else "utter_bound_for_good")
    return True


def _claimed(session: Session, actor: Actor, customer_id: int, turn: Turn) -> dict[str, Any]:
    try:
        said = _read(turn)
    except (InvalidPhone, claims.InvalidCard) as error:
        turn.say(f"utter_error_{error.code}")
        return {"bind_to": None}
    by_way: dict[Way, list[Claim]] = {way: [] for way in Way}
    for claim in said:
        by_way[binding.way(session, actor, customer_id, claim)].append(claim)
    kept = [*_by_one_code(session, turn, by_way[Way.CODE]), *by_way[Way.FREE]]
    for claim in by_way[Way.COUNTER]:
        turn.say("utter_bind_at_counter", claim=claim.masked)
    if kept:
        slot = [{"kind": claim.kind.value, "value": claim.value} for claim in kept]
        return {"bind_to": slot, "bind_consent": None, "bind_code": None}
    if by_way[Way.OWN]:
        turn.say("utter_bound_already", bound=_masked(by_way[Way.OWN]))
    return _leave(turn)


def _by_one_code(session: Session, turn: Turn, listed: list[Claim]) -> list[Claim]:
    """The first and what is on its record; the rest takes a code of its own, later."""
    kept = [claim for claim in listed if binding.are_one_record(session, listed[0], claim)]
    for claim in listed:
        if claim not in kept:
            turn.say("utter_bind_rest_later", claim=claim.masked)
    return kept


def _agreed(session: Session, actor: Actor, customer_id: int, turn: Turn) -> dict[str, Any]:
    if turn.intent == "deny" or _NO.search(turn.text):
        turn.say("utter_bind_refused")
        turn.leave_form()
        return dict.fromkeys(SLOTS)
    if turn.intent != "affirm" and not _YES.search(turn.text):
        return {}
    first = _claims(turn)[0]
    is_free = binding.way(session, actor, customer_id, first) is not Way.CODE
    if is_free or binding.is_proven(session, customer_id, first):
        return {"bind_consent": True, "bind_code": "not needed"}
    return {"bind_consent": True} if _send(session, actor, customer_id, turn) else _leave(turn)


def _code(session: Session, actor: Actor, customer_id: int, turn: Turn) -> dict[str, Any]:
    if typed := _CODE.search(_plain(turn)):
        return _checked(session, actor, customer_id, turn, typed[1])
    if _AGAIN.search(turn.text):
        _send(session, actor, customer_id, turn)
        return {"bind_code": None}
    if turn.intent == "deny":
        turn.say("utter_cancelled")
        return _leave(turn)
    return {}


def _checked(
    session: Session, actor: Actor, customer_id: int, turn: Turn, typed: str
) -> dict[str, Any]:
    match verification.check(session, actor, customer_id, typed, ref=turn.ref):
        case Verdict.RIGHT:
            return {"bind_code": "right"}
        case Verdict.WRONG:
            turn.say("utter_wrong_code")
            return {"bind_code": None}
        case Verdict.OVER:
            turn.say("utter_code_over")
            return _leave(turn)


def _send(session: Session, actor: Actor, customer_id: int, turn: Turn) -> bool:
    """Send a code, or say why not."""
    try:
        to = binding.send_code(session, actor, customer_id, _claims(turn)[0], ref=turn.ref)
    except TooManyCodes as error:
        turn.say(f"utter_error_{error.code}")
        return False
    turn.say("utter_code_sent", phone=to)
    return True


def _leave(turn: Turn) -> dict[str, Any]:
    turn.leave_form()
    return dict.fromkeys(SLOTS)


def _claims(turn: Turn) -> list[Claim]:
    """What is being bound; what takes a code comes first."""
    return [Claim(IdentityKind(one["kind"]), one["value"]) for one in turn.slot("bind_to")]


def _masked(listed: list[Claim]) -> str:
    return "、".join(claim.masked for claim in listed)


def _named(turn: Turn) -> bool:
    """Whether a phone or card is given; a bare number counts where one was asked for."""
    is_asked = turn.asked == "bind_to" and bool(_NUMBER.search(_plain(turn)))
    return bool(turn.entity("phone") or turn.entity("card_no")) or is_asked


def _read(turn: Turn) -> list[Claim]:
    """The phone and the card that are given; a bare number is taken for the one it looks like.

    Raises:
        InvalidPhone: no such number can exist.
        InvalidCard: no card has such a number.
    """
    phones = [claims.phone(said) for said in turn.entities("phone")[:1]]
    cards = [claims.card(said) for said in turn.entities("card_no")[:1]]
    return [*phones, *cards] or [_bare(turn)]


def _bare(turn: Turn) -> Claim:
    number = _NUMBER.search(_plain(turn))
    letters, digits = number.groups() if number else ("", "")
    if _PHONE.fullmatch(digits) or (not letters and _ALMOST_A_PHONE.fullmatch(digits)):
        return claims.phone(digits)
    return claims.card(letters + digits)


def _plain(turn: Turn) -> str:
    """The text in half width, without what people put between digits."""
    text = unicodedata.normalize("NFKC", turn.text)
    return re.sub(r"(?<=[0-9A-Za-z])[\s-]+(?=\d)", "", text)
