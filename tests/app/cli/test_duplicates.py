"""`dianyu duplicates` and `dianyu code` at a terminal."""

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select

from app.cli import duplicates as _duplicates  # noqa: F401  adds its commands
from crm_core.customers import service as customers
from crm_core.customers.models import Customer
from crm_core.merging.models import Merge
from tests.app.commands import dianyu
from tests.factories import a_customer

pytestmark = pytest.mark.usefixtures("engine")


@pytest.fixture
def alike(session: Session) -> tuple[Customer, Customer]:
    first = a_customer(session, "王晓梅", phone="+8613812345678")
    return first, a_customer(session, "王晓梅", phone="+8613812345978")


def test_two_are_found_merged_and_parted(
    session: Session, alike: tuple[Customer, Customer]
) -> None:
    first, second = alike
    assert "没有等待复核" in dianyu("duplicates", "list").output
    assert "新找到 1 对" in dianyu("duplicates", "scan").output
    assert "新找到 0 对" in dianyu("duplicates", "scan").output
    listed = dianyu("duplicates", "list").output
    assert "138****5678" in listed
    assert "晓梅" not in listed
    assert f"顾客编号 {first.id}" in dianyu("duplicates", "accept", "1").output
    assert "人工复核" in dianyu("duplicates", "merges", str(first.id)).output
    number = str(session.exec(select(Merge.id)).one())
    assert "已拆开" in dianyu("duplicates", "unmerge", number).output
    assert "没有合并过" in dianyu("duplicates", "merges", str(first.id)).output
    session.rollback()
    assert customers.heir(session, second.id) == second.id


def test_two_are_said_to_be_two(alike: tuple[Customer, Customer]) -> None:
    dianyu("duplicates", "scan")
    assert "是两个人" in dianyu("duplicates", "reject", "1").output
    assert "没有等待复核" in dianyu("duplicates", "list").output
    assert "已经有过决定" in dianyu("duplicates", "accept", "1", fails=True).output


@pytest.mark.parametrize(
    ("command", "said"),
    [("accept", "没有编号 7"), ("unmerge", "没有编号 7"), ("merges", "没有这位顾客")],
)
def test_what_there_is_not_is_said_in_a_sentence(engine: Engine, command: str, said: str) -> None:
    assert said in dianyu("duplicates", command, "7", fails=True).output


def test_codes_are_kept_like_everything_of_the_shop(engine: Engine) -> None:
    dianyu("store", "add", "S1", "--name", "万达店")
    dianyu("staff", "add", "chen", "--name", "陈静", "--role", "导购", "--store", "S1")
    dianyu("code", "add", "till-1", "--channel", "收银台立牌", "--staff", "陈静")
    listed = dianyu("code", "list", "--csv").output
    assert "till-1,收银台立牌,万达店,陈静,否" in listed
