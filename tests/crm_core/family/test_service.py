import pytest
from sqlmodel import Session

from crm_core.customers.models import Customer
from crm_core.family import service as family
from crm_core.family.service import Member
from crm_core.preferences import service as preferences
from crm_core.preferences.models import PreferenceKind
from crm_core.validation.errors import BadEntry
from tests.factories import a_customer, themselves


def resize(session: Session, customer: Customer, label: str, ref: str, **sizes: str) -> None:
    family.resize(session, themselves(customer), customer.id, label, sizes, ref=ref)


def members(session: Session, customer: Customer) -> list[Member]:
    return family.members(session, themselves(customer), customer.id)


@pytest.mark.every_database
def test_each_member_has_sizes_of_their_own(session: Session) -> None:
    customer = a_customer(session)
    resize(session, customer, "女儿", "r1", 连衣裙="130")
    resize(session, customer, "小女儿", "r2", 连衣裙="90")
    resize(session, customer, "老公", "r3", 衬衫="41", 鞋="42")
    session.commit()
    assert members(session, customer) == [
        Member("女儿", None, None, {"连衣裙": "130"}),
        Member("小女儿", None, None, {"连衣裙": "90"}),
        Member("老公", None, None, {"衬衫": "41", "鞋": "42"}),
    ]


def test_a_size_said_in_chat_makes_a_member_known(session: Session) -> None:
    customer = a_customer(session)
    wanted: dict[preferences.Key, str | None] = {(PreferenceKind.SIZE, "儿子鞋"): "32"}
    preferences.change(session, themselves(customer), customer.id, wanted, ref="r1")
    assert members(session, customer) == [Member("儿子", None, None, {"鞋": "32"})]


def test_a_members_size_can_be_taken_back(session: Session) -> None:
    customer = a_customer(session)
    resize(session, customer, "女儿", "r1", 连衣裙="120")
    resize(session, customer, "女儿", "r2", 连衣裙="130")
    preferences.undo(session, themselves(customer), customer.id, "r2")
    assert members(session, customer)[0].sizes == {"连衣裙": "120"}


def test_name_and_birthday_are_kept_and_repeating_changes_nothing(session: Session) -> None:
    customer = a_customer(session)
    actor = themselves(customer)
    for _ in range(2):
        family.put(session, actor, customer.id, "女儿", name="小美", birthday="2018-6-1", ref="r1")
    [daughter] = members(session, customer)
    assert (daughter.name, daughter.birthday) == ("小美", "2018-06-01")


@pytest.mark.parametrize(("label", "birthday"), [("邻居家的狗", None), ("女儿", "2018-13-01")])
def test_what_cannot_be_is_refused(session: Session, label: str, birthday: str | None) -> None:
    customer = a_customer(session)
    with pytest.raises(BadEntry):
        family.put(session, themselves(customer), customer.id, label, birthday=birthday, ref="r")
    assert members(session, customer) == []


def test_who_is_forgotten_leaves_no_name_and_no_size(session: Session) -> None:
    customer = a_customer(session)
    actor = themselves(customer)
    family.put(session, actor, customer.id, "女儿", name="小美", ref="r1")
    resize(session, customer, "女儿", "r2", 连衣裙="120")
    for _ in range(2):
        family.forget(session, actor, customer.id, "女儿", ref="r3")
    assert members(session, customer) == []
    resize(session, customer, "女儿", "r4", 连衣裙="140")
    assert members(session, customer) == [Member("女儿", None, None, {"连衣裙": "140"})]
