from typing import Any

from sqlmodel import Session

from actions.customer_profile import CustomerProfileForm, UpdateCustomerProfile
from actions.undo import UndoChange
from crm_core.authz import Role, system
from crm_core.customers.models import Customer
from crm_core.preferences import service as preferences
from crm_core.preferences.service import Known
from crm_core.staff.models import Staff
from tests.actions.talk import Said, a_message, say
from tests.factories import a_customer, a_staff

FORM = "customer_profile_form"


def tell(session: Session, staff: Staff, text: str, **more: Any) -> Said:
    intent = more.pop("intent", "update_customer_profile")
    return say(UpdateCustomerProfile, a_message(session, staff), text=text, intent=intent, **more)


def answer(session: Session, staff: Staff, text: str, intent: str = "nlu_fallback") -> Said:
    slots = {"requested_slot": "profile_said"}
    message = a_message(session, staff)
    return say(CustomerProfileForm, message, text=text, intent=intent, slots=slots, form=FORM)


def known(session: Session, customer: Customer) -> Known:
    session.expire_all()
    return preferences.current(session, system("test"), customer.id)


def test_several_things_at_once(session: Session) -> None:
    assistant = a_staff(session)
    customer = a_customer(session, "苏敏", phone="+8613812345678", assistant=assistant)
    text = "完善[苏女士|customer_name]：[法式|style]、[黑色|color]、[S|size]、[怕冷|tag]"
    said = tell(session, assistant, text).only
    assert said["name"] == "苏敏 尾号5678"
    assert said["changes"] == "尺码 S；标签 怕冷；标签 偏爱黑色；风格加上法式"
    now = known(session, customer)
    assert (now.sizes, now.styles, now.tags) == ({"": "S"}, ["法式"], ["怕冷", "偏爱黑色"])


def test_a_tag_is_taken_off(session: Session) -> None:
    assistant = a_staff(session)
    customer = a_customer(session, assistant=assistant)
    slots = {"customer_id": customer.id}
    tell(session, assistant, "她[怕冷|tag]", slots=slots)
    said = tell(session, assistant, "去掉[怕冷|tag]", slots=slots)
    assert said.only["changes"] == "标签不再记 怕冷"
    assert known(session, customer).tags == []


def test_what_is_no_size_or_style_becomes_a_note(session: Session) -> None:
    assistant = a_staff(session)
    customer = a_customer(session, assistant=assistant)
    tell(session, assistant, "她生日是5月20号，补一下", slots={"customer_id": customer.id})
    tell(session, assistant, "她对羊毛过敏，记一下", slots={"customer_id": customer.id})
    assert known(session, customer).notes == ["她生日是5月20号，补一下", "她对羊毛过敏，记一下"]


def test_the_same_again_is_said(session: Session) -> None:
    assistant = a_staff(session)
    slots = {"customer_id": a_customer(session, assistant=assistant).id}
    tell(session, assistant, "她穿[M|size]", slots=slots)
    said = tell(session, assistant, "她穿[M|size]", slots=slots)
    assert said.names == ["utter_their_preferences_same"]


def test_a_relative_size_from_nothing_is_said(session: Session) -> None:
    assistant = a_staff(session)
    slots = {"customer_id": a_customer(session, assistant=assistant).id}
    said = tell(session, assistant, "她要[大一号|size:+1]", slots=slots)
    assert said.names == ["utter_their_size_from_nothing"]


def test_of_two_of_one_name_the_picked_one_gets_what_was_said(session: Session) -> None:
    assistant = a_staff(session)
    a_customer(session, "王晓梅", assistant=assistant)
    other = a_customer(session, "王芳", assistant=assistant)
    said = tell(session, assistant, "[王女士|customer_name]穿[M|size]")
    assert said.names == ["utter_which_of_them"]
    picked = said.slots["options"][1]["slots"]
    tell(session, assistant, "第二个", intent="select_option", slots=picked)
    assert known(session, other).sizes == {"": "M"}


def test_two_sizes_side_by_side_are_asked(session: Session) -> None:
    assistant = a_staff(session)
    customer = a_customer(session, assistant=assistant)
    text = "她[M|size]跟[L|size]都穿"
    said = tell(session, assistant, text, slots={"customer_id": customer.id})
    picked = said.slots["options"][0]["slots"]
    tell(session, assistant, "第一个", intent="select_option", slots=picked)
    assert known(session, customer).sizes == {"": "M"}


def test_nothing_said_is_asked_for(session: Session) -> None:
    assistant = a_staff(session)
    slots = {"customer_id": a_customer(session, assistant=assistant).id}
    assert tell(session, assistant, "改她尺码", slots=slots).then == FORM
    said = tell(session, assistant, "改她尺码", slots=slots, form="try_on_form")
    assert (said.names, said.then) == (["utter_finish_first"], "try_on_form")


def test_the_answer_is_written(session: Session) -> None:
    assistant = a_staff(session)
    customer = a_customer(session, assistant=assistant)
    for text in ("38", "下个月结婚"):
        slots = answer(session, assistant, text).slots | {"customer_id": customer.id}
        tell(session, assistant, text, slots=slots)
    now = known(session, customer)
    assert (now.sizes, now.notes) == ({"": "38"}, ["下个月结婚"])


def test_the_opening_message_is_no_answer(session: Session) -> None:
    message = a_message(session, a_staff(session))
    said = say(CustomerProfileForm, message, text="改", intent="update_customer_profile", form=FORM)
    assert said.events == []


def test_no_thanks_leaves(session: Session) -> None:
    said = answer(session, a_staff(session), "不用了", "deny")
    assert (said.names, said.then) == (["utter_cancelled"], "action_listen")


def test_a_slip_is_taken_back_though_the_talk_went_on(session: Session) -> None:
    assistant = a_staff(session)
    customer = a_customer(session, assistant=assistant)
    other = a_customer(session, "赵敏", assistant=assistant)
    slots = tell(session, assistant, "她穿[M|size]", slots={"customer_id": customer.id}).slots
    message = a_message(session, assistant)
    said = say(UndoChange, message, slots=slots | {"customer_id": other.id})
    assert said.names == ["utter_preferences_undone"]
    assert known(session, customer).sizes == {}


def test_nobody_and_somebody_elses_are_the_same(session: Session) -> None:
    assistant = a_staff(session)
    a_customer(session, "赵敏", assistant=a_staff(session, "李娜"))
    names = [
        tell(session, assistant, f"[{name}|customer_name]穿[M|size]").names
        for name in ("赵敏", "钱多多")
    ]
    assert names == [["utter_error_customer_not_found"]] * 2


def test_managers_look_but_do_not_change(session: Session) -> None:
    manager = a_staff(session, role=Role.MANAGER)
    assert tell(session, manager, "她穿[M|size]").names == ["utter_error_forbidden"]
