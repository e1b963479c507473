"""`/q/{token}`: one customer fills in one questionnaire; the signed token says whose it is."""

import asyncio
import hashlib
from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from channels.forms import page
from crm_core.authz import Actor, Role
from crm_core.customers import service as customers
from crm_core.db import reading, unit_of_work
from crm_core.entry import service as entry
from crm_core.errors import CrmError
from crm_core.questionnaires import definition, links, publishing, service, sheets
from crm_core.questionnaires.definition import Definition
from crm_core.questionnaires.links import BadLink, Link
from crm_core.questionnaires.publishing import QuestionnaireNotFound
from crm_core.validation.errors import BadEntries

_MOST_BYTES = 64 * 1024
_MOST_FIELDS = 200
_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'"
    ),
}


def router() -> APIRouter:
    """The routes of the questionnaires' links."""
    made = APIRouter()

    @made.get("/q/{token}")
    async def show(token: str) -> HTMLResponse:
        return await asyncio.to_thread(_shown, token)

    @made.post("/q/{token}")
    async def take(token: str, request: Request) -> HTMLResponse:
        body = b""
        async for part in request.stream():
            body += part
            if len(body) > _MOST_BYTES:
                return _told("填写的内容太长了", HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        try:
            answers = _answers(body)
        except ValueError:
            return _told("提交的内容看不懂", HTTPStatus.BAD_REQUEST)
        return await asyncio.to_thread(_taken, token, answers)

    return made


def _shown(token: str) -> HTMLResponse:
    try:
        link = links.opened(token)
        with reading() as session:
            asked = definition.read(publishing.current(session, link.code).definition)
    except (BadLink, QuestionnaireNotFound):
        return _over()
    return _form(link, asked, {}, {})


def _taken(token: str, answers: Mapping[str, str]) -> HTMLResponse:
    try:
        link = links.opened(token)
        with unit_of_work() as session:
            row = publishing.current(session, link.code)
            asked = definition.read(row.definition)
            customer_id = customers.heir(session, link.customer_id)
            entered = service.submit(
                session, _actor(customer_id), customer_id, link.code, answers,
                source="link", ref=_ref(token),
            )  # fmt: skip
    except BadEntries as error:
        entry.refused(_actor(customer_id), customer_id, error, source="link", ref=_ref(token))
        problems = {_question(asked, each.field): each.sentence for each in error.problems}
        return _form(link, asked, answers, problems)
    except CrmError:  # the link, the questionnaire or the customer is no more
        return _over()
    return _answered(asked.title, asked.thanks, *entered.warnings)


def _answers(body: bytes) -> dict[str, str]:
    """What the form says; several picks of one question with 、 between them.

    Raises:
        ValueError: it is no form, or has too many fields.
    """
    answers: dict[str, str] = {}
    fields = parse_qsl(body.decode(), max_num_fields=_MOST_FIELDS)
    for name, said in fields:
        answers[name] = f"{answers[name]}、{said}" if name in answers else said
    return answers


def _question(asked: Definition, field: str) -> str:
    """The question that a field belongs to; a problem of none stands above the form."""
    names = {one.field: one.name for one in asked.questions}
    return names.get(field) or names.get(field.partition(":")[0]) or field


def _form(
    link: Link, asked: Definition, answers: Mapping[str, str], problems: Mapping[str, str]
) -> HTMLResponse:
    questions = tuple(sheets.questions(_actor(link.customer_id), asked))
    status = HTTPStatus.UNPROCESSABLE_ENTITY if problems else HTTPStatus.OK
    return HTMLResponse(page.form(asked, questions, answers, problems), status, _HEADERS)


def _over() -> HTMLResponse:
    return _told("这个链接已经失效，请向导购要一个新的", HTTPStatus.NOT_FOUND)


def _told(sentence: str, status: HTTPStatus) -> HTMLResponse:
    return HTMLResponse(page.message("问卷", sentence), status, _HEADERS)


def _answered(title: str, *sentences: str) -> HTMLResponse:
    return HTMLResponse(page.message(title, *sentences), HTTPStatus.OK, _HEADERS)


def _actor(customer_id: int) -> Actor:
    return Actor(f"customer:{customer_id}", Role.CUSTOMER, customer_id=customer_id)


def _ref(token: str) -> str:
    return "link:" + hashlib.sha256(token.encode()).hexdigest()[:32]
