"""A questionnaire for new members."""

from typing import Any

from sqlmodel import Session

from crm_core.authz import system
from crm_core.questionnaires import publishing
from crm_core.questionnaires.models import Questionnaire
from tests.crm_core.fields.fields import a_field

WELCOME: dict[str, Any] = {
    "title": "认识一下",
    "intro": "三个小问题，帮您挑得更准。",
    "questions": [
        {"name": "size", "field": "size:上装", "text": "上衣平时穿什么码？", "required": True},
        {"name": "style", "field": "style", "text": "喜欢什么风格？", "options": ["法式", "通勤"],
         "several": True},
        {"name": "wedding", "field": "wedding_on", "text": "婚期定在哪天？"},
    ],
    "thanks": "谢谢，下次来试衣间就备好您的码。",
}  # fmt: skip
AGREEMENT = {"purpose": "marketing", "wording": "同意用这些信息给我推荐新品"}


def a_questionnaire(session: Session, **changed: Any) -> Questionnaire:
    """The published questionnaire, with the bridal shop's field behind it."""
    a_field(session)
    given = {**WELCOME, **changed}
    row = publishing.publish(
        session, system("test"), "welcome", given, ref=f"test:{hash(str(given))}"
    )
    session.commit()
    return row
