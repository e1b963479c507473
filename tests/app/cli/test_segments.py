import orjson
import pytest
from sqlmodel import Session

from crm_core.clock import set_to
from tests.app.commands import dianyu
from tests.crm_core.segments.buying import LATE_EVENING, LOYAL, Bought, a_buyer

pytestmark = pytest.mark.usefixtures("engine")
RULE = "购买次数不少于 2 次，且消费金额少于 300 元"


@pytest.fixture(autouse=True)
def _shop(session: Session) -> None:
    set_to(LATE_EVENING)
    a_buyer(session, *LOYAL)
    a_buyer(session, Bought(3), Bought(9))
    session.commit()


def test_all_are_listed_with_their_numbers() -> None:
    assert "忠诚" in dianyu("segment", "list").output
    assert "最忠诚" in dianyu("segment", "list", "--count").output
    assert dianyu("segment", "count", "忠诚").output == "1\n"


def test_one_is_shown_in_words_and_as_json() -> None:
    assert "最近一次购买距今少于 15 天" in dianyu("segment", "show", "忠诚").output
    shown = orjson.loads(dianyu("segment", "show", "忠诚", "--json").output)
    assert shown["all"][0] == {"figure": "recency_days", "below": 15}
    assert "「土豪」" in dianyu("segment", "show", "土豪", fails=True).output


def test_a_rule_is_tried_then_saved_then_dropped() -> None:
    tried = dianyu("segment", "try", RULE).output
    assert "现在 1 位" in tried
    assert "林晓月" not in tried
    assert "已保存" in dianyu("segment", "save", "小额", RULE, "--yes", "--meaning", "小额").output
    assert "小额" in dianyu("segment", "list").output
    assert dianyu("segment", "count", "小额").output == "1\n"
    assert "林**" in dianyu("segment", "members", "小额").output
    dianyu("segment", "drop", "小额")
    assert "没有「小额」" in dianyu("segment", "count", "小额", fails=True).output


def test_nothing_is_saved_unless_told() -> None:
    assert "没有保存" in dianyu("segment", "save", "小额", RULE, typed="n\n").output
    dianyu("segment", "count", "小额", fails=True)


def test_what_is_not_understood_is_said() -> None:
    assert "名称要写在「」里" in dianyu("segment", "try", "有标签怕冷", fails=True).output


def test_who_entered_and_left(session: Session) -> None:
    assert "还没有夜间记录" in dianyu("segment", "diff", "忠诚", fails=True).output
    dianyu("segment", "look")
    a_buyer(session, *LOYAL)
    said = dianyu("segment", "diff", "忠诚").output
    assert "进入 1 位" in said
    assert "离开 0 位" in said


def test_life_cycle_stages_tags_and_schema() -> None:
    said = dianyu("segment", "stages").output
    assert all(name in said for name in ("忠诚", "新客", "留存", "50.0%"))
    assert "试穿未买" in dianyu("segment", "tags").output
    assert "anyOf" in orjson.loads(dianyu("segment", "schema").output)


def test_figures_are_made_anew() -> None:
    assert "已重算 2 位" in dianyu("segment", "rebuild").output


def test_costs_are_kept_and_listed() -> None:
    dianyu("segment", "cost", "oa", "2026-03", "300")
    assert "300.00" in dianyu("segment", "cost").output
    assert "月份" in dianyu("segment", "cost", "oa", "三月", fails=True).output
