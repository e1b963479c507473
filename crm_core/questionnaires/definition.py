"""What a questionnaire is made of: data, never code."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from crm_core.consents.models import Purpose
from crm_core.errors import CrmError, Kind

MOST_QUESTIONS = 30
CONSENT = "consent"  # the name under which the answer to the consent stands

Text = Annotated[str, Field(min_length=1, max_length=200)]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]


class BadQuestionnaire(CrmError):
    """The definition cannot be used; the sentence says where and why."""

    code = "bad_questionnaire"
    kind = Kind.INVALID

    def __init__(self, where: str, why: str) -> None:
        sentence = f"问卷定义不对：{where} {why}"
        super().__init__(where, sentence=sentence)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Question(_Strict):
    """One question; its answer goes to a field of the catalogue."""

    name: Name
    field: Annotated[str, Field(min_length=1, max_length=96)]  # "size:裤装", "wedding_on"
    text: Text
    hint: str = ""
    required: bool = False
    options: tuple[Text, ...] = ()  # shown to be picked from; the field's own check decides
    several: bool = False  # of the options


class Agreement(_Strict):
    """What the customer is asked to agree to along with the answers."""

    purpose: Purpose
    wording: Annotated[str, Field(min_length=1, max_length=500)]
    required: bool = True


class Definition(_Strict):
    title: Annotated[str, Field(min_length=1, max_length=64)]
    intro: str = ""
    questions: Annotated[tuple[Question, ...], Field(min_length=1, max_length=MOST_QUESTIONS)]
    agreement: Agreement | None = None
    thanks: str = "谢谢，已经记下了。"
    version: Literal[1] = 1  # of this format

    @model_validator(mode="after")
    def _names_differ(self) -> "Definition":
        names = [question.name for question in self.questions]
        if len(set(names)) != len(names) or CONSENT in names:
            raise ValueError(f"问题的 name 不能重复，也不能叫 {CONSENT}")
        return self


def read(given: object) -> Definition:
    """The definition, if it is one.

    Raises:
        BadQuestionnaire: it is not.
    """
    try:
        return Definition.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BadQuestionnaire(where, first["msg"].removeprefix("Value error, ")) from None
