from sqlmodel import Session, select

from actions import people
from actions.base import CrmAction
from actions.turn import Turn
from crm_core.audit.models import AuditEntry
from crm_core.authz import Actor, Role
from crm_core.customers import service as customers
from crm_core.customers.models import IdentityKind
from tests.actions.talk import Said, a_message, say
from tests.factories import a_customer, a_staff, a_store


class Ask(CrmAction):
    """Says whom it was asked about."""

    def name(self) -> str:
        return "action_ask_about"

    def handle(self, session: Session, actor: Actor, turn: Turn) -> None:
        if customer := people.whom(session, actor, turn, wanted="大衣"):
            turn.say("utter_them", name=customer.name)


class AskInForm(people.AskWhom):
    @property
    def form(self) -> str:
        return "x_form"


def refusals(session: Session) -> list[str]:
    return [row.subject for row in session.exec(select(AuditEntry).where(AuditEntry.refused))]


def test_by_name_and_remembered_as_her(session: Session) -> None:
    assistant = a_staff(session)
    customer = a_customer(session, "王晓梅", assistant=assistant)
    said = say(Ask, a_message(session, assistant), entities={"customer_name": "王女士"})
    assert said.only["name"] == "王晓梅"
    again = say(Ask, a_message(session, assistant), slots=said.slots)
    assert (again.only["name"], again.slots) == ("王晓梅", {"customer_id": customer.id})


def test_two_of_one_name_are_a_list_that_goes_on_with_the_question(session: Session) -> None:
    assistant = a_staff(session)
    for name, phone in (("王晓梅", "+8613812345678"), ("王芳", "+8613900001234")):
        a_customer(session, name, phone=phone, assistant=assistant)
    said = say(Ask, a_message(session, assistant), entities={"customer_name": "王女士"})
    assert said.only["lines"] == "1. 王晓梅 尾号5678\n2. 王芳 尾号1234"
    assert "13812345678" not in str(said.events)
    picked = said.slots["options"][1]
    assert (picked["action"], picked["slots"]["wanted"]) == ("action_ask_about", "大衣")
    pick = say(
        Ask, a_message(session, assistant), intent="select_option", slots=picked["slots"],
        entities={"option": "2", "customer_name": "王女士"},
    )  # fmt: skip
    assert pick.only["name"] == "王芳"


def test_a_list_too_long_asks_for_more(session: Session) -> None:
    assistant = a_staff(session)
    for number in range(10):
        a_customer(session, f"王{number}", assistant=assistant)
    said = say(Ask, a_message(session, assistant), entities={"customer_name": "王姐"}).only
    assert (said["count"], said["lines"].count("\n")) == (10, 8)
    assert "全名" in said["more"]


def test_by_phone_tail_phone_and_card(session: Session) -> None:
    assistant = a_staff(session)
    customer = a_customer(session, phone="+8613812345678", assistant=assistant)
    a_customer(session, "赵敏", phone="+8613900005678", assistant=assistant)
    customers.identify(session, customer, IdentityKind.CARD, "VIP0012345", source="test")
    session.commit()
    message = a_message(session, assistant)
    for entities in (
        {"phone_tail": "5678", "customer_name": "林小姐"},
        {"phone": "13812345678"},
        {"card_no": "VIP0012345"},
    ):
        assert say(Ask, message, entities=dict(entities)).only["name"] == "林晓月"


def _ask_for(session: Session, assistant: str, entities: dict[str, str]) -> Said:
    asking = a_staff(session, assistant)
    return say(Ask, a_message(session, asking), entities=dict(entities))


def test_somebody_elses_and_nobody_get_the_same_words_and_both_are_noted(session: Session) -> None:
    hers = a_customer(session, "王晓梅", phone="+8613812345678", assistant=a_staff(session, "李娜"))
    customers.identify(session, hers, IdentityKind.CARD, "VIP1", source="test")
    session.commit()
    asked = (
        {"customer_name": "王晓梅"}, {"customer_name": "张三丰"}, {"phone_tail": "5678"},
        {"phone_tail": "0000"}, {"card_no": "VIP1"}, {"card_no": "VIP2"},
    )  # fmt: skip
    answers = [_ask_for(session, f"导购{n}", entities) for n, entities in enumerate(asked)]
    assert all(said.only == answers[0].only for said in answers)
    assert answers[0].names == ["utter_error_customer_not_found"]
    assert all(said.slots == {} for said in answers)
    known = f"customer:{hers.id}"
    assert refusals(session) == [known, "customer", known, "customer", known, "customer"]


def test_her_who_was_given_to_somebody_else(session: Session) -> None:
    customer = a_customer(session, assistant=a_staff(session, "李娜"))
    said = say(Ask, a_message(session, a_staff(session)), slots={"customer_id": customer.id})
    assert said.names == ["utter_error_customer_not_found"]


def test_nobody_was_named(session: Session) -> None:
    assert say(Ask, a_message(session, a_staff(session))).names == ["utter_which_customer"]


def test_a_manager_finds_everybody_of_the_store(session: Session) -> None:
    store = a_store(session)
    manager = a_staff(session, "店长", role=Role.MANAGER, store=store)
    a_customer(session, "王晓梅", assistant=a_staff(session, store=store))
    a_customer(session, "王芳", assistant=a_staff(session, store=a_store(session, "滨江店")))
    said = say(Ask, a_message(session, manager), entities={"customer_name": "王姐"})
    assert said.only["name"] == "王晓梅"


def test_a_marketer_finds_nobody(session: Session) -> None:
    a_customer(session, "王晓梅")
    marketer = a_staff(session, role=Role.MARKETER)
    said = say(Ask, a_message(session, marketer), entities={"customer_name": "王姐"})
    assert said.names == ["utter_error_forbidden"]


def test_a_form_lists_them_when_it_asks(session: Session) -> None:
    assistant = a_staff(session)
    for name in ("王晓梅", "王芳"):
        a_customer(session, name, assistant=assistant)
    said = say(
        AskInForm, a_message(session, assistant), entities={"customer_name": "王姐"}, form="x_form"
    )
    assert said.names == ["utter_which_of_them"]
    assert {option["action"] for option in said.slots["options"]} == {"x_form"}


def test_a_form_that_found_nobody_asks_whom(session: Session) -> None:
    message = a_message(session, a_staff(session))
    said = say(AskInForm, message, entities={"customer_name": "王姐"}, form="x_form")
    assert (said.names, said.then) == (["utter_which_customer"], None)
