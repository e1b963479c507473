"""Publishing questionnaires: each change is a new version, answers keep theirs."""

from collections.abc import Sequence

from sqlmodel import Session, col, select

from crm_core.audit import service as audit
from crm_core.authz import Actor, Permission
from crm_core.clock import now
from crm_core.entry import sorting
from crm_core.errors import CrmError, Kind
from crm_core.questionnaires import definition
from crm_core.questionnaires.definition import BadQuestionnaire
from crm_core.questionnaires.models import Questionnaire


class QuestionnaireNotFound(CrmError):
    """There is no such questionnaire, or it takes no answers any more."""

    code = "questionnaire_not_found"
    kind = Kind.NOT_FOUND


def publish(session: Session, actor: Actor, code: str, given: object, *, ref: str) -> Questionnaire:
    """Let customers be asked this from now on, in place of an earlier version.

    The same definition again changes nothing, nor does a repeated `ref`.

    Raises:
        Forbidden: the actor may not set up the shop.
        BadQuestionnaire: the definition is none, or an answer would go to a field that is unknown.
    """
    actor.require(Permission.SETUP_WRITE)
    wanted = definition.read(given)
    for question in wanted.questions:
        if not sorting.is_known(session, question.field):
            raise BadQuestionnaire(question.name, f"没有「{question.field}」这个字段")
    earlier = session.exec(select(Questionnaire).where(Questionnaire.ref == ref)).one_or_none()
    latest = _latest(session, code)
    kept = wanted.model_dump(mode="json")
    if earlier or (latest and latest.definition == kept and latest.closed_at is None):
        return earlier or latest  # type: ignore[return-value]  # one of them is there
    row = Questionnaire(
        code=code,
        version=latest.version + 1 if latest else 1,
        title=wanted.title,
        definition=kept,
        ref=ref,
    )
    session.add(row)
    session.flush()
    audit.record(
        session, actor, "questionnaire:publish", f"questionnaire:{row.id}", version=row.version
    )
    return row


def close(session: Session, actor: Actor, code: str) -> Questionnaire:
    """Take no answers any more. Repeating changes nothing.

    Raises:
        Forbidden: the actor may not set up the shop.
        QuestionnaireNotFound: there is none of this code that is open.
    """
    actor.require(Permission.SETUP_WRITE)
    row = current(session, code)
    row.closed_at = now()
    session.add(row)
    audit.record(session, actor, "questionnaire:close", f"questionnaire:{row.id}")
    return row


def current(session: Session, code: str) -> Questionnaire:
    """The version that customers are asked now.

    Raises:
        QuestionnaireNotFound: there is none, or it takes no answers any more.
    """
    latest = _latest(session, code)
    if latest is None or latest.closed_at is not None:
        raise QuestionnaireNotFound(code)
    return latest


def listed(session: Session) -> Sequence[Questionnaire]:
    """All versions of all questionnaires, the newest of each first."""
    in_order = select(Questionnaire).order_by(Questionnaire.code, col(Questionnaire.version).desc())
    return session.exec(in_order).all()


def _latest(session: Session, code: str) -> Questionnaire | None:
    of_code = select(Questionnaire).where(Questionnaire.code == code)
    newest = of_code.order_by(col(Questionnaire.version).desc()).limit(1)
    return session.exec(newest).first()
