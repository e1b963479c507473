from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select

from crm_core.consents import service as consents
from crm_core.consents.models import Purpose
from crm_core.customers.models import Customer, Identity, IdentityKind, Tier
from crm_core.orders.models import Order, OrderLine
from crm_core.points import service as points
from crm_core.points.models import PointsEntry
from crm_core.stores.models import Store
from tests.app.commands import a_file, dianyu

pytestmark = pytest.mark.usefixtures("engine")


class TestCustomers:
    HEADER = "会员卡号,手机号,姓名,生日,等级,积分,专属导购,同意接收推送"

    @pytest.fixture(autouse=True)
    def _shop(self, engine: Engine) -> None:
        dianyu("store", "add", "S1", "--name", "万达店")
        dianyu("staff", "add", "chen", "--name", "陈静", "--role", "导购", "--store", "S1")

    @pytest.mark.every_database
    def test_come_with_points_consent_and_assistant(self, session: Session, tmp_path: Path) -> None:
        row = "VIP0012345,13812345678,王晓梅,1992-05-04,金卡,320,陈静,是"
        file = a_file(tmp_path, self.HEADER, row)
        assert "新增 1" in dianyu("customer", "import", file).output
        assert "未变 1" in dianyu("customer", "import", file).output
        customer = session.exec(select(Customer)).one()
        assert (customer.name, customer.phone) == ("王晓梅", "+8613812345678")
        assert (customer.tier, customer.birthday) == (Tier.GOLD, "1992-05-04")
        store = session.exec(select(Store)).one()
        assert (customer.store_id, customer.member_since is None) == (store.id, False)
        assert points.balance(session, customer.id) == 320
        assert consents.holds(session, customer.id, Purpose.MARKETING)
        assert not consents.holds(session, customer.id, Purpose.MEMBERSHIP)
        kinds = {identity.kind for identity in session.exec(select(Identity))}
        assert kinds == {IdentityKind.CARD, IdentityKind.PHONE}

    def test_a_later_file_changes_what_it_says(self, session: Session, tmp_path: Path) -> None:
        dianyu("customer", "import", a_file(tmp_path, "会员卡号,姓名,城市", "V1,王晓梅,杭州"))
        file = a_file(tmp_path, "会员卡号,手机号,姓名,城市", "V1,13812345678,王小梅,")
        assert "更新 1" in dianyu("customer", "import", file).output
        customer = session.exec(select(Customer)).one()
        assert (customer.name, customer.city) == ("王小梅", "杭州")
        assert customer.phone == "+8613812345678"

    def test_two_peoples_numbers_are_not_made_one(self, session: Session, tmp_path: Path) -> None:
        dianyu("customer", "import", a_file(tmp_path, "会员卡号,手机号", "V1,", ",13812345678"))
        file = a_file(tmp_path, "会员卡号,手机号", "V1,13812345678")
        assert "已属于另一位顾客" in dianyu("customer", "import", file, fails=True).output
        assert len(session.exec(select(Customer)).all()) == 2

    def test_somebody_must_be_known_by_something(self, session: Session, tmp_path: Path) -> None:
        file = a_file(tmp_path, "会员卡号,姓名,积分", ",王晓梅,5")
        assert "至少要有一个" in dianyu("customer", "import", file, fails=True).output
        assert session.exec(select(Customer)).all() == []

    def test_nothing_of_a_row_that_fails_is_kept(self, session: Session, tmp_path: Path) -> None:
        file = a_file(tmp_path, "会员卡号,专属导购", "V1,小红")
        assert "没有「小红」这位员工" in dianyu("customer", "import", file, fails=True).output
        assert session.exec(select(Customer)).all() == []


class TestOrders:
    HEADER = "订单号,付款时间,会员卡号,门店,导购,商品,尺码,颜色,数量,单价,实付"
    ROWS = (
        "DD1,2026-03-01 14:30,V1,万达店,chen,A1,M,驼色,1,1599,1798",
        "DD1,2026-03-01 14:30,V1,万达店,chen,丝巾,,藏青,2,99.5,",
    )

    @pytest.fixture(autouse=True)
    def _shop(self, engine: Engine, tmp_path: Path) -> None:
        dianyu("store", "add", "S1", "--name", "万达店")
        dianyu("staff", "add", "chen", "--name", "陈静", "--role", "导购")
        dianyu(
            "product", "add", "A1", "--name", "羊毛大衣", "--category", "大衣", "--price", "1599"
        )
        dianyu("customer", "import", a_file(tmp_path, "会员卡号", "V1"))

    @pytest.mark.every_database
    def test_rows_of_one_number_are_one_order(self, session: Session, tmp_path: Path) -> None:
        file = a_file(tmp_path, self.HEADER, *self.ROWS)
        assert "新增 1" in dianyu("order", "import", file).output
        assert "未变 1" in dianyu("order", "import", file).output
        order = session.exec(select(Order)).one()
        assert (order.total_fen, order.source) == (179800, "import")
        lines = session.exec(select(OrderLine)).all()
        assert [(x.product_name, x.size, x.quantity) for x in lines] == [
            ("羊毛大衣", "M", 1), ("丝巾", "", 2),
        ]  # fmt: skip
        assert session.exec(select(PointsEntry)).one().delta == 1798

    def test_one_bad_line_keeps_the_whole_order_out(self, session: Session, tmp_path: Path) -> None:
        bad = self.ROWS[1].replace("99.5", "送的")
        result = dianyu(
            "order", "import", a_file(tmp_path, self.HEADER, self.ROWS[0], bad), fails=True
        )
        assert "失败 1" in result.output
        assert session.exec(select(Order)).all() == []
        assert session.exec(select(PointsEntry)).all() == []

    @pytest.mark.parametrize(
        ("row", "why"),
        [
            ("DD1,2026-03-02,V1,万达店,chen,A1,,,1,1,", "各行的时间"),
            ("DD2,2026-03-02,V9,,,A1,,,1,1,", "没有这位顾客"),
            ("DD2,2026-03-02,,,,A1,,,1,1,", "至少要有一个"),
            ("DD2,2026-03-02,V1,,,A1,,,0,1,", "整数"),
        ],
    )
    def test_what_does_not_fit_is_refused(self, tmp_path: Path, row: str, why: str) -> None:
        file = a_file(tmp_path, self.HEADER, *self.ROWS, row)
        assert why in dianyu("order", "import", file, fails=True).output

    def test_a_number_with_other_goods_is_a_conflict(self, tmp_path: Path) -> None:
        dianyu("order", "import", a_file(tmp_path, self.HEADER, *self.ROWS))
        file = a_file(tmp_path, self.HEADER, self.ROWS[0])
        said = dianyu("order", "import", file, fails=True).output
        assert "订单号 DD1 已经存在，内容不同" in said

    def test_history_can_come_without_points(self, session: Session, tmp_path: Path) -> None:
        file = a_file(tmp_path, f"{self.HEADER},计积分", f"{self.ROWS[0]},否")
        dianyu("order", "import", file)
        assert session.exec(select(PointsEntry)).all() == []
