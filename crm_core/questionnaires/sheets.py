"""One customer's answers: what is asked, what is missing, and entering them all at the end."""

from collections.abc import Mapping, Sequence

from sqlmodel import Session, col, select

from crm_core.authz import Actor, Role
from crm_core.clock import now
from crm_core.consents import service as consents
from crm_core.entry import service as entry
from crm_core.entry.service import Entered
from crm_core.questionnaires.definition import CONSENT, Definition, Question
from crm_core.questionnaires.models import Sheet, SheetState
from crm_core.timeline import service as timeline
from crm_core.timeline.models import EventKind
from crm_core.validation.errors import BadEntries, BadEntry

_YES, _NO = "同意", "不同意"
_AGREES = frozenset({_YES, "是", "好", "好的", "可以", "愿意", "on"})


def questions(actor: Actor, asked: Definition) -> Sequence[Question]:
    """What this actor is asked; the consent only the customer can give comes first."""
    if asked.agreement is None or actor.role is not Role.CUSTOMER:
        return asked.questions
    agreement = Question(
        name=CONSENT,
        field=CONSENT,
        text=asked.agreement.wording,
        required=asked.agreement.required,
        options=(_YES, _NO),
    )
    return (agreement, *asked.questions)


def next_of(actor: Actor, asked: Definition, answers: Mapping[str, str]) -> Question | None:
    """The first question without an answer; an empty answer is one that was skipped."""
    open_ones = (one for one in questions(actor, asked) if one.name not in answers)
    return next(open_ones, None)


def check(session: Session, actor: Actor, customer_id: int, question: Question, said: str) -> None:
    """Return if this answer can be entered.

    Raises:
        BadEntries: it cannot.
    """
    if not said:
        if question.required:
            raise BadEntries([BadEntry(question.name, "empty", title=question.text)])
    elif question.name == CONSENT:
        if question.required and said not in _AGREES:
            raise BadEntries([BadEntry(CONSENT, "agreement")])
    else:
        entry.check(session, actor, customer_id, {question.field: said})


def missing(actor: Actor, asked: Definition, answers: Mapping[str, str]) -> list[BadEntry]:
    """The required questions without an answer."""
    found = []
    for question in questions(actor, asked):
        said = answers.get(question.name, "")
        if question.required and question.name == CONSENT and said not in _AGREES:
            found.append(BadEntry(CONSENT, "agreement"))
        elif question.required and not said:
            found.append(BadEntry(question.name, "empty", title=question.text))
    return found


def finish(session: Session, actor: Actor, sheet: Sheet, asked: Definition) -> Entered:
    """Enter all answers, and keep the consent in the words that were shown.

    Raises:
        BadEntries: an answer cannot be; it carries the name of its question.
    """
    ref = _ref(sheet)
    keep_consent(session, actor, sheet, asked)
    given = {one.field: sheet.answers.get(one.name, "") for one in asked.questions}
    entered = entry.enter(session, actor, sheet.customer_id, given, source=sheet.source, ref=ref)
    sheet.state, sheet.ended_at = SheetState.DONE, now()
    session.add(sheet)
    session.flush()
    done = f"{ref}:done"  # what was entered stands in the timeline under `ref`
    questionnaire = sheet.questionnaire_id
    timeline.add(
        session, sheet.customer_id, EventKind.PROFILE, ref=done, questionnaire=questionnaire
    )
    return entered


def keep_consent(session: Session, actor: Actor, sheet: Sheet, asked: Definition) -> None:
    """Keep what the customer said to the agreement, if they did; fields may depend on it."""
    if asked.agreement is not None and CONSENT in sheet.answers:
        consents.record(
            session, actor, sheet.customer_id, asked.agreement.purpose,
            granted=sheet.answers[CONSENT] in _AGREES, wording=asked.agreement.wording,
            channel=sheet.source, ref=_ref(sheet),
        )  # fmt: skip


def by_ref(session: Session, customer_id: int, ref: str) -> Sheet | None:
    """The sheet that this message began."""
    same = Sheet.customer_id == customer_id, Sheet.ref == ref
    return session.exec(select(Sheet).where(*same)).one_or_none()


def open_of(session: Session, customer_id: int) -> Sheet | None:
    """The sheet that a customer is filling in."""
    theirs = Sheet.customer_id == customer_id, Sheet.state == SheetState.OPEN
    return session.exec(select(Sheet).where(*theirs).order_by(col(Sheet.id).desc())).first()


def _ref(sheet: Sheet) -> str:
    return f"questionnaire:{sheet.id}"
