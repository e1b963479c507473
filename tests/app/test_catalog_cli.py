import csv
from pathlib import Path

import pytest
from sqlmodel import Session, select

from crm_core import db
from crm_core.catalog.models import Product
from crm_core.knowledge.models import Article
from crm_core.polls import service as polls
from crm_core.polls.models import Poll
from crm_core.rules import service as rules
from crm_core.staff.models import Staff
from crm_core.stores.models import Store
from tests.app.commands import a_file, dianyu
from tests.factories import a_customer, a_poll, a_store, themselves

pytestmark = pytest.mark.usefixtures("engine")


class TestByHand:
    def test_a_store_is_added_edited_and_listed(self, session: Session) -> None:
        dianyu("store", "add", "S1", "--name", "万达店", "--hours", "10:00-22:00")
        dianyu("store", "edit", "S1", "--address", "中山路1号")
        store = session.exec(select(Store)).one()
        assert (store.name, store.address, store.hours) == ("万达店", "中山路1号", "10:00-22:00")
        assert "中山路1号" in dianyu("store", "list").output

    def test_what_is_there_is_not_added_again(self, session: Session) -> None:
        dianyu("store", "add", "S1", "--name", "万达店")
        assert "edit" in dianyu("store", "add", "S1", "--name", "别的店", fails=True).output
        assert "add" in dianyu("store", "edit", "S2", "--name", "别的店", fails=True).output
        assert "没有变化" in dianyu("store", "edit", "S1").output

    def test_what_is_needed_is_asked_for(self) -> None:
        assert "「名称」不能为空" in dianyu("store", "add", "S1", fails=True).output

    def test_a_cell_can_be_emptied(self, session: Session) -> None:
        dianyu("store", "add", "S1", "--name", "万达店", "--address", "中山路1号")
        dianyu("store", "edit", "S1", "--address", "")
        assert session.exec(select(Store)).one().address == ""

    def test_staff_belong_to_a_store(self, session: Session) -> None:
        a_store(session, "万达店")
        arguments = ("--name", "陈静", "--role", "店长", "--store", "万达店")
        dianyu("staff", "add", "chenjing", *arguments)
        assert session.exec(select(Staff)).one().store_id is not None
        dianyu("staff", "edit", "chenjing", "--left", "是")
        session.rollback()
        assert session.exec(select(Staff)).one().left
        wrong = dianyu("staff", "edit", "chenjing", "--store", "火星店", fails=True)
        assert "没有「火星店」这家门店" in wrong.output

    def test_a_poll_is_changed_until_somebody_votes(self, session: Session) -> None:
        dianyu("poll", "add", "先买哪件", "--options", "通勤风衣、法式大衣")
        dianyu("poll", "edit", "先买哪件", "--closes-at", "2099-01-01 20:00")
        poll = session.exec(select(Poll)).one()
        assert poll.closes_at is not None
        polls.vote(session, themselves(a_customer(session)), poll.id, 2, ref="m1")
        session.commit()
        changed = dianyu("poll", "edit", "先买哪件", "--options", "红、黑", fails=True)
        assert "已有人投票" in changed.output
        assert "0、1" in dianyu("poll", "list").output

    def test_pictures_do_not_outnumber_options(self) -> None:
        added = dianyu(
            "poll", "add", "哪件", "--options", "红、黑", "--images", "a|b|c", fails=True
        )
        assert "图片" in added.output

    def test_an_article_is_kept(self, session: Session) -> None:
        dianyu(
            "knowledge", "add", "return", "--title", "退换货", "--body", "7天", "--keywords", "退货"
        )
        assert session.exec(select(Article)).one().keywords == ["退货"]
        assert "退换货" in dianyu("knowledge", "list").output

    def test_an_empty_shop_says_so(self) -> None:
        assert "还没有商品" in dianyu("product", "list").output

    def test_a_database_that_is_not_there_is_one_sentence(self, tmp_path: Path) -> None:
        db.use(db.make_engine(f"sqlite:///{tmp_path}/empty.db"))
        assert "dianyu migrate" in dianyu("store", "list", fails=True).output


class TestImport:
    PRODUCTS = (
        "货号,名称,品类,风格,颜色,尺码,价格,上市日期",
        "A2031,羊毛双面呢大衣,大衣,通勤、法式,驼色|米白,S M L,1599,2026/3/1",
    )

    @pytest.mark.parametrize("encoding", ["utf-8", "gbk"])
    def test_twice_is_once(self, session: Session, tmp_path: Path, encoding: str) -> None:
        file = a_file(tmp_path, *self.PRODUCTS, encoding=encoding)
        assert "新增 1，更新 0，未变 0，失败 0" in dianyu("product", "import", file).output
        assert "新增 0，更新 0，未变 1，失败 0" in dianyu("product", "import", file).output
        product = session.exec(select(Product)).one()
        assert (product.price_fen, product.colors) == (159900, ["驼色", "米白"])

    def test_a_dry_run_keeps_nothing(self, session: Session, tmp_path: Path) -> None:
        file = a_file(tmp_path, *self.PRODUCTS)
        said = dianyu("product", "import", file, "--dry-run").output
        assert "试运行" in said
        assert "新增 1" in said
        assert session.exec(select(Product)).all() == []

    def test_what_fails_can_be_corrected_and_imported(
        self, session: Session, tmp_path: Path
    ) -> None:
        file = a_file(
            tmp_path, *self.PRODUCTS, "A2032,真丝衬衫,衬衫,,,,很贵,", ",无货号,衬衫,,,,1,",
            "A2033,逗号,衬衫,,,,1,,多一格",
        )  # fmt: skip
        result = dianyu("product", "import", file, fails=True)
        assert "新增 1，更新 0，未变 0，失败 3" in result.output
        assert "第 3 行：「价格」金额要写成数字" in result.output
        failed = tmp_path / "data.errors.csv"
        with failed.open(encoding="utf-8-sig") as opened:
            kept = list(csv.DictReader(opened))
        assert [row["行号"] for row in kept] == ["3", "4", "5"]
        assert "引号" in kept[2]["原因"]
        failed.write_text(
            failed.read_text(encoding="utf-8-sig").replace("很贵", "899"), encoding="utf-8-sig"
        )
        again = dianyu(
            "product", "import", str(failed), "--errors", str(tmp_path / "b"), fails=True
        )
        assert "新增 1，更新 0，未变 0，失败 2" in again.output
        assert len(session.exec(select(Product)).all()) == 2

    def test_the_file_itself_is_not_written_over(self, tmp_path: Path) -> None:
        file = a_file(tmp_path, *self.PRODUCTS)
        assert "同一个" in dianyu("product", "import", file, "--errors", file, fails=True).output
        assert "A2031" in Path(file).read_text(encoding="utf-8")

    def test_a_missing_column_stops_it(self, tmp_path: Path) -> None:
        said = dianyu("product", "import", a_file(tmp_path, "货号", "A1"), fails=True).output
        assert "缺少列：名称、品类、价格" in said

    def test_an_unknown_column_is_mentioned(self, tmp_path: Path) -> None:
        said = dianyu("store", "import", a_file(tmp_path, "code,name,面积", "S1,万达店,80")).output
        assert "忽略了不认识的列：面积" in said

    @pytest.mark.every_database
    def test_many_rows(self, session: Session, tmp_path: Path) -> None:
        lines = [f"S{n},门店{n if n != 150 else 149}" for n in range(250)]
        said = dianyu("store", "import", a_file(tmp_path, "编码,名称", *lines), fails=True).output
        assert "新增 249，更新 0，未变 0，失败 1" in said
        assert "第 152 行：「S150」与另一条记录重名" in said
        assert len(session.exec(select(Store)).all()) == 249

    @pytest.mark.parametrize("kind", ["store", "staff", "product", "poll", "knowledge"])
    def test_what_is_listed_can_be_imported(
        self, session: Session, tmp_path: Path, kind: str
    ) -> None:
        dianyu("store", "add", "S1", "--name", "万达店")
        dianyu("staff", "add", "chen", "--name", "陈静", "--role", "导购", "--store", "S1")
        dianyu("product", "add", "A1", "--name", "大衣", "--category", "大衣", "--price", "9.9")
        dianyu("poll", "add", "哪件", "--options", "红/黑|大衣", "--images", "|http://x/1",
               "--products", "|A1", "--store", "万达店")  # fmt: skip
        dianyu("knowledge", "add", "a", "--title", "洗涤", "--body", "冷水，\n阴干")
        listed = dianyu(kind, "list", "--csv").output
        path = tmp_path / "listed.csv"
        path.write_text(listed, encoding="utf-8")
        assert "新增 0，更新 0，未变 1，失败 0" in dianyu(kind, "import", str(path)).output


class TestRules:
    def test_are_listed_and_set(self, session: Session) -> None:
        assert "points.vote: 50" in dianyu("rule", "list").output
        dianyu("rule", "set", "points.vote", "60")
        assert rules.get(session, "points.vote") == 60
        assert "* points.vote: 60" in dianyu("rule", "list").output

    @pytest.mark.parametrize(
        ("name", "value", "why"),
        [
            ("points.vote", "很多", "格式不对"),
            ("points.x", "1", "没有"),
            ("points.vote", "{", "写得不对"),
        ],
    )
    def test_what_makes_no_sense_is_refused(self, name: str, value: str, why: str) -> None:
        assert why in dianyu("rule", "set", name, value, fails=True).output


def test_every_kind_explains_itself() -> None:
    for kind in ("store", "staff", "product", "poll", "knowledge", "customer", "order"):
        assert "import" in dianyu(kind, "--help").output
    assert "--launched-on" in dianyu("product", "add", "--help").output


def test_a_poll_of_two_stores_is_edited_by_its_store(session: Session) -> None:
    here = a_store(session, "万达店")
    a_poll(session, "哪件")
    a_poll(session, "哪件", store=here)
    dianyu("poll", "edit", "哪件", "--store", "万达店", "--closes-at", "2099-01-01")
    session.rollback()
    ends = {poll.store_id: poll.closes_at for poll in session.exec(select(Poll))}
    assert (ends[None], ends[here.id] is None) == (None, False)
