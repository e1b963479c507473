from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlmodel import Session, col

from crm_core.acquisition import service as acquisition
from crm_core.authz import system
from crm_core.clock import standing_at
from crm_core.customers.models import Customer
from crm_core.segments import book, querying, reading
from crm_core.segments.compiling import Compiler
from crm_core.segments.rule import Any_, Rule, from_json
from tests.crm_core.segments.people import NOW, Person, open_shop, people, settle
from tests.crm_core.segments.plainly import Plain
from tests.crm_core.segments.rules import rules

ANYBODY = system("test")
SPENT_FEN = {"oa": 10_001, "import": 30_000}


def costs(everybody: Sequence[Person]) -> dict[str, int]:
    """What a customer who came in March cost, by source."""
    came = Counter(who.came_by[0][0] for who in everybody if who.came_by and in_march(who))
    return {source: fen // came[source] for source, fen in SPENT_FEN.items() if came[source]}


def in_march(who: Person) -> bool:
    made = NOW - who.made + timedelta(hours=8)
    return (made.year, made.month) == (2026, 3)


@pytest.mark.every_database
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(st.lists(people, min_size=1, max_size=5), st.lists(rules, min_size=12, max_size=12))
def test_sql_and_plain_python_agree(
    session: Session, everybody: Sequence[Person], asked: Sequence[Rule]
) -> None:
    with standing_at(NOW):
        shop = open_shop(session)
        ids = {settle(session, shop, who): who for who in everybody}
        for source, fen in SPENT_FEN.items():
            acquisition.spend(session, ANYBODY, source, date(2026, 3, 1), fen)
        session.flush()
        each = costs(everybody)
        plain = {one: Plain(who, each if in_march(who) else {}) for one, who in ids.items()}
        for rule in asked:
            expected = [one for one, who in plain.items() if who.fits(rule)]
            found = session.scalars(querying.fitting(session, rule).order_by(col(Customer.id)))
            assert list(found) == expected
    session.rollback()


RFM = "最近一次购买距今少于 15 天，且近 365 天购买次数不少于 5 次，且近 365 天消费金额不少于 500 元"


@pytest.mark.parametrize("dialect", [sqlite, postgresql, mysql])
def test_nothing_of_a_rule_stands_in_the_statement_itself(
    session: Session, dialect: object
) -> None:
    rule = from_json({"any": [
        {"tag": ["'; drop table customer; --"]}, {"attribute": "city", "in": ["x' or '1'='1"]},
        {"bought": {"product": ["%(x)s :y ?"]}, "from": 3},
    ]})  # fmt: skip
    statement = querying.fitting(session, rule)
    written = str(statement.compile(dialect=dialect.dialect()))  # type: ignore[attr-defined]
    assert not any(said in written for said in ("drop table", "x' or", ":y ?"))
    assert list(session.scalars(statement)) == []


def test_a_rule_is_one_statement_with_one_join_for_each_thing(session: Session) -> None:
    compiler = Compiler(session, book.load(session))
    compiler.condition(Any_((reading.parse(RFM), reading.parse(RFM))))
    written = str(compiler.select(col(Customer.id)))
    assert written.count("FROM sales_order") == 1
    assert written.count("customer_figures ON") == 1
