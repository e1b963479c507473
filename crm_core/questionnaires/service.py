"""Answering questionnaires: one question after the other in chat, or all at once by link.

Answers stand on the sheet alone until it is done; then all of them are entered, or none.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlmodel import Session

from crm_core.authz import Actor, Permission, Role
from crm_core.clock import now
from crm_core.customers import service as customers
from crm_core.entry.service import Entered
from crm_core.errors import CrmError, Kind
from crm_core.questionnaires import definition, links, publishing, sheets
from crm_core.questionnaires.definition import Definition, Question
from crm_core.questionnaires.models import Questionnaire, Sheet, SheetState
from crm_core.validation.errors import BadEntries

SKIP = frozenset({"跳过", "不填", "下一题", "下一个"})
_REFS = " refs"  # among the answers: the messages that gave them; no question can be called so


class NothingAsked(CrmError):
    """No question is open to this customer."""

    code = "nothing_asked"
    kind = Kind.NOT_FOUND


@dataclass(frozen=True)
class Step:
    """What the dialogue says next: a question, or thanks with what may be looked at again."""

    asked: Question | None
    thanks: str = ""
    warnings: list[str] = field(default_factory=list)


def begin(session: Session, actor: Actor, customer_id: int, code: str, *, ref: str) -> Step:
    """Ask a customer the first question; a sheet that was open before is dropped.

    Safe to repeat.

    Raises:
        Forbidden: the actor may not change this customer.
        CustomerNotFound: there is no such customer.
        QuestionnaireNotFound: there is none of this code.
    """
    customers.lock(session, actor, Permission.CUSTOMER_WRITE, customer_id)
    if sheets.by_ref(session, customer_id, ref) is None:
        row = publishing.current(session, code)
        if before := sheets.open_of(session, customer_id):
            before.state, before.ended_at = SheetState.DROPPED, now()
        source = "chat" if actor.role is Role.CUSTOMER else "assistant"
        sheet = Sheet(customer_id=customer_id, questionnaire_id=row.id, source=source, ref=ref)
        session.add(sheet)
        session.flush()
    return current(session, actor, customer_id)


def current(session: Session, actor: Actor, customer_id: int) -> Step:
    """The question that is open to a customer.

    Raises:
        Forbidden: the actor may not change this customer.
        CustomerNotFound: there is no such customer.
        NothingAsked: no sheet is open.
    """
    customers.get(session, actor, Permission.CUSTOMER_WRITE, customer_id)
    sheet, asked = _sheet(session, customer_id)
    return Step(sheets.next_of(actor, asked, sheet.answers))


def answer(session: Session, actor: Actor, customer_id: int, said: str, *, ref: str) -> Step:
    """Take the answer to the open question; the last one enters them all.

    「跳过」 leaves an optional question out. Safe to repeat: what a `ref` answered stays answered.

    Raises:
        Forbidden: the actor may not change this customer.
        CustomerNotFound: there is no such customer.
        NothingAsked: no sheet is open.
        BadEntries: the answer cannot be, or a required question was skipped; it is asked again.
    """
    customers.lock(session, actor, Permission.CUSTOMER_WRITE, customer_id)
    sheet, asked = _sheet(session, customer_id)
    question = sheets.next_of(actor, asked, sheet.answers)
    refs = sheet.answers.get(_REFS, "").split()
    if question is None or ref in refs:
        return Step(question)
    clean = "" if said.strip() in SKIP else said.strip()
    sheets.check(session, actor, customer_id, question, clean)
    sheet.answers = {**sheet.answers, question.name: clean, _REFS: " ".join([*refs, ref])}
    session.add(sheet)
    session.flush()
    sheets.keep_consent(session, actor, sheet, asked)
    if following := sheets.next_of(actor, asked, sheet.answers):
        return Step(following)
    entered = sheets.finish(session, actor, sheet, asked)
    return Step(None, asked.thanks, entered.warnings)


def submit(
    session: Session,
    actor: Actor,
    customer_id: int,
    code: str,
    answers: Mapping[str, str],
    *,
    source: str,
    ref: str,
) -> Entered:
    """Take all answers at once, by the names of the questions. Safe to repeat.

    Raises:
        Forbidden: the actor may not change this customer.
        CustomerNotFound: there is no such customer.
        QuestionnaireNotFound: there is none of this code.
        BadEntries: an answer cannot be or is missing; nothing is kept, every problem is named.
    """
    customers.lock(session, actor, Permission.CUSTOMER_WRITE, customer_id)
    if sheets.by_ref(session, customer_id, ref) is not None:
        return Entered([])
    row = publishing.current(session, code)
    asked = definition.read(row.definition)
    names = {question.name for question in sheets.questions(actor, asked)}
    given = {name: said.strip() for name, said in answers.items() if name in names}
    if problems := sheets.missing(actor, asked, given):
        raise BadEntries(problems)
    with session.begin_nested():  # what cannot be entered leaves no sheet behind
        sheet = Sheet(
            customer_id=customer_id, questionnaire_id=row.id, answers=given, source=source, ref=ref
        )
        session.add(sheet)
        session.flush()
        return sheets.finish(session, actor, sheet, asked)


def link(session: Session, actor: Actor, customer_id: int, code: str) -> str:
    """The token of a link by which this customer answers; it is valid for `links.VALID`.

    Raises:
        Forbidden: the actor may not change this customer.
        CustomerNotFound: there is no such customer.
        QuestionnaireNotFound: there is none of this code.
    """
    customers.get(session, actor, Permission.CUSTOMER_WRITE, customer_id)
    publishing.current(session, code)
    return links.token(customer_id, code)


def _sheet(session: Session, customer_id: int) -> tuple[Sheet, Definition]:
    sheet = sheets.open_of(session, customer_id)
    if sheet is None:
        raise NothingAsked(customer_id)
    row = session.get_one(Questionnaire, sheet.questionnaire_id)
    return sheet, definition.read(row.definition)
