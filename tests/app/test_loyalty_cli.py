from datetime import datetime
from pathlib import Path

import pytest
from sqlmodel import Session

from crm_core import clock
from crm_core.coupons import kinds
from crm_core.earning import service as earning
from crm_core.earning.models import RuleState
from crm_core.rewards import service as rewards
from crm_core.tiers import program
from tests.app.commands import dianyu
from tests.factories import a_customer, an_order

pytestmark = pytest.mark.usefixtures("engine")


def a_file(tmp_path: Path, written: str) -> Path:
    path = tmp_path / f"{len(list(tmp_path.iterdir()))}.yml"
    path.write_text(written, encoding="utf-8")
    return path


DOUBLE = """
- code: double-11
  title: 双十一双倍积分
  on: purchase
  times: 2
  until: 2026-11-11
"""


class TestRules:
    def test_are_tried_before_they_are_switched_on(self, session: Session, tmp_path: Path) -> None:
        file = a_file(tmp_path, DOUBLE)
        with clock.standing_at(datetime.fromisoformat("2026-11-01T12:00:00+08:00")):
            an_order(session, a_customer(session), hours_ago=48)
            told = dianyu("rules", "simulate", "double-11", "--file", str(file)).output
            assert "2026年10月共 1 笔，其中 1 笔、1 位顾客会多得积分" in told
            assert "没有这条规则 1599 积分，有了 3198 积分（多 1599 积分，多 100.0%）" in told
            assert earning.everything(session) == []
            session.rollback()
            dianyu("rules", "put", str(file))
            assert dianyu("rules", "simulate", "double-11", "--month", "2026-10").output == told
        dianyu("rules", "on", "double-11")
        assert "启用 double-11 双十一双倍积分" in dianyu("rules", "list").output
        dianyu("rules", "off", "double-11")
        assert earning.by_code(session, "double-11").state is RuleState.OFF

    @pytest.mark.parametrize(
        ("written", "why"),
        [
            ("- {code: a, title: b, on: purchase}", "三选一"),
            ("- {title: b, on: purchase, times: 2}", "code"),
            ("[1]", "名称: 值"),
            ("{", "读不了"),
        ],
    )
    def test_that_make_no_sense_are_refused(self, tmp_path: Path, written: str, why: str) -> None:
        file = a_file(tmp_path, written)
        assert why in dianyu("rules", "put", str(file), fails=True).output

    def test_an_unknown_one(self, tmp_path: Path) -> None:
        assert "没有「x」这条积分规则" in dianyu("rules", "on", "x", fails=True).output
        file = a_file(tmp_path, DOUBLE)
        assert (
            "没有「x」" in dianyu("rules", "simulate", "x", "--file", str(file), fails=True).output
        )
        assert "2026-10" in dianyu("rules", "simulate", "x", "--month", "10", fails=True).output


class TestTiers:
    def test_another_set_is_put_in_force(self, session: Session) -> None:
        assert "金卡：近一年消费满 5000 元，或近一年得满 6000 积分，或用 3000 积分换 12 个月" in (
            dianyu("tiers", "show").output
        )
        dianyu("tiers", "use", "fresh_food")
        assert "黑金" in dianyu("tiers", "show").output
        assert kinds.by_code(session, "quarterly-box").title == "季度定制礼盒"

    def test_a_set_of_their_own(self, session: Session, tmp_path: Path) -> None:
        file = a_file(
            tmp_path,
            "{name: 我店, levels: [{name: 普通会员}, {name: 老友, spending: {fen: 100}}]}",
        )
        dianyu("tiers", "use", str(file))
        assert program.in_force(session).names == ["普通会员", "老友"]
        bad = a_file(tmp_path, "{name: 我店, levels: []}")
        assert "levels" in dianyu("tiers", "use", str(bad), fails=True).output


class TestRewards:
    def test_coupons_and_what_is_exchanged_for_them_are_kept(
        self, session: Session, tmp_path: Path
    ) -> None:
        coupon = a_file(tmp_path, "{code: c1, title: 十元券, off: fixed, amount_fen: 1000}")
        reward = a_file(tmp_path, "{code: r1, title: 十元券, points: 800, coupon: c1}")
        assert "没有「c1」" in dianyu("rewards", "put", str(reward), fails=True).output
        dianyu("coupons", "put", str(coupon))
        dianyu("rewards", "put", str(reward))
        assert "c1 十元券" in dianyu("coupons", "list").output
        assert "r1 十元券 800 积分，不限量" in dianyu("rewards", "list").output
        assert [each.points for each in rewards.everything(session)] == [800]

    def test_what_makes_no_sense_is_refused(self, tmp_path: Path) -> None:
        coupon = a_file(tmp_path, "{code: c1, title: x, off: fixed}")
        assert "amount_fen" in dianyu("coupons", "put", str(coupon), fails=True).output
        reward = a_file(tmp_path, "{code: r1, title: x, points: 0, coupon: c}")
        assert "points" in dianyu("rewards", "put", str(reward), fails=True).output
