"""`dianyu field` at a terminal."""

from pathlib import Path

import pytest
from sqlmodel import Session, select

from app.cli import field as _field  # noqa: F401  adds its commands
from crm_core.audit.models import AuditEntry
from crm_core.authz import system
from crm_core.customers.models import Customer
from crm_core.fields import service as fields
from tests.app.commands import dianyu
from tests.factories import a_customer

pytestmark = pytest.mark.usefixtures("engine")
WEDDING = (
    "field", "define", "wedding_on", "--title", "婚期", "--kind", "date", "--owner", "婚纱顾问",
)  # fmt: skip


@pytest.fixture
def customer(session: Session) -> Customer:
    made = a_customer(session, "林晓月", phone="+8613812345678")
    dianyu(*WEDDING, "--purpose", "安排试穿", "--rules", "{least: 2026-01-01}")
    given = {"wedding_on": "2027-05-20"}
    fields.put(session, system("test"), made.id, given, source="link", ref="r1")
    session.commit()
    return made


def test_a_field_is_defined_listed_found_and_retired(customer: Customer) -> None:
    listed = dianyu("field", "list").output
    for words in ("婚期", "安排试穿", "婚纱顾问", "手机号"):
        assert words in listed
    found = dianyu("field", "find", "wedding_on", ">=", "2027-01-01").output
    assert "林** 138****5678" in found
    assert "link" in dianyu("field", "origin", str(customer.id), "wedding_on").output
    assert "顾客填写问卷链接" in dianyu("field", "sources").output
    dianyu("field", "retire", "wedding_on")
    assert "婚期" not in dianyu("field", "list").output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((*WEDDING, "--purpose", " "), "没有写用途"),
        ((*WEDDING, "--purpose", "试穿", "--rules", "["), "校验规则写得不对"),
        ((*WEDDING, "--purpose", "试穿", "--rules", "{least: x}"), "校验规则不对"),
        (("field", "find", "nothing", "=", "1"), "没有「nothing」"),
        (("field", "tag", "糖尿病", "--purpose", "提醒", "--owner", "店长", "--sensitivity",
          "highest"), "标签明文保存"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_said(arguments: tuple[str, ...], said: str) -> None:
    assert said in dianyu(*arguments, fails=True).output


def test_tags_and_owners_are_listed() -> None:
    dianyu("field", "tag", "怕冷", "--purpose", "推荐保暖款", "--owner", "店长")
    assert "推荐保暖款" in dianyu("field", "tags").output
    dianyu("field", "own", "source", "youzan", "--title", "有赞", "--owner", "电商部")
    assert "电商部" in dianyu("field", "sources").output


def test_opening_takes_a_reason_that_is_kept(session: Session, customer: Customer) -> None:
    opened = dianyu("field", "open", str(customer.id), "phone", "--reason", "顾客要求回电")
    assert "+8613812345678" in opened.output
    session.rollback()
    row = session.exec(select(AuditEntry).where(AuditEntry.action == "field:open")).one()
    assert row.detail == {"field": "phone", "reason": "顾客要求回电"}


def test_an_export_is_masked(customer: Customer, tmp_path: Path) -> None:
    dianyu("field", "export", str(tmp_path / "out.csv"))
    written = (tmp_path / "out.csv").read_text(encoding="utf-8-sig")
    assert "138****5678" in written
    assert "13812345678" not in written
    assert customer.name not in written.split(",")
