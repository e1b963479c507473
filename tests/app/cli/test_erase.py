from pathlib import Path

from sqlalchemy import Engine
from sqlmodel import Session, select

from crm_core.customers.models import Customer
from tests.app.commands import a_file, dianyu


def test_somebody_is_forgotten_by_number(session: Session, tmp_path: Path) -> None:
    dianyu(
        "customer", "import", a_file(tmp_path, "会员卡号,手机号,姓名", "V10001,13812345678,王晓梅")
    )
    assert "已注销" in dianyu("erase", "13812345678", "--yes").output
    customer = session.exec(select(Customer)).one()
    assert (customer.name, customer.phone) == (None, None)
    assert "没有这位顾客" in dianyu("erase", "V10001", "--yes", fails=True).output


def test_nothing_without_a_yes(session: Session, tmp_path: Path) -> None:
    dianyu("customer", "import", a_file(tmp_path, "手机号,姓名", "13812345678,王晓梅"))
    dianyu("erase", "13812345678", fails=True)
    assert session.exec(select(Customer)).one().name == "王晓梅"


def test_no_such_number(engine: Engine) -> None:
    assert dianyu("erase", "12", "--yes", fails=True).exit_code == 1
