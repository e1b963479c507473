from typing import Any

import pytest
from sqlmodel import Session, col, select

from actions.base import CrmAction
from actions.profile import AskPreferences, PreferencesForm, QueryProfile, UpdatePreferences
from actions.undo import UndoChange
from crm_core.audit.models import AuditEntry
from crm_core.authz import system
from crm_core.customers import claims
from crm_core.customers.models import Customer
from crm_core.merging import binding
from crm_core.preferences import service as preferences
from crm_core.preferences.models import Preference, PreferenceKind
from crm_core.preferences.service import Key, Known
from tests.actions.talk import Said, a_message, say
from tests.factories import a_customer, a_staff, themselves

SIZE, STYLE = PreferenceKind.SIZE, PreferenceKind.STYLE
FORM = "preferences_form"


def known(session: Session, customer: Customer) -> Known:
    session.expire_all()
    return preferences.current(session, system("test"), customer.id)


def given(session: Session, *, size: str = "", styles: tuple[str, ...] = ()) -> Customer:
    customer = a_customer(session)
    told: dict[Key, str | None] = {(STYLE, style): style for style in styles}
    told |= {(SIZE, ""): size} if size else {}
    preferences.change(session, system("test"), customer.id, told, ref="given")
    session.commit()
    return customer


def tell(
    session: Session, customer: Customer, text: str, *, intent: str = "update_size", **more: Any
) -> Said:
    return say(UpdatePreferences, a_message(session, customer), text=text, intent=intent, **more)


def answer(
    session: Session, customer: Customer, text: str, intent: str, *, about: str = "size"
) -> Said:
    """What the form makes of an answer to its question."""
    slots = {"requested_slot": "preferences_said", "preferences_about": about}
    message = a_message(session, customer)
    return say(PreferencesForm, message, text=text, intent=intent, slots=slots, form=FORM)


class TestUpdating:
    def test_several_things_in_one_sentence_ask_nothing(self, session: Session) -> None:
        customer = a_customer(session)
        said = tell(session, customer, "我平时穿[M|size]，喜欢[法式|style]和[通勤|style]")
        assert said.only["response"] == "utter_preferences_changed"
        assert said.only["changes"] == "尺码 M；风格加上法式、通勤"
        now = known(session, customer)
        assert (now.sizes, now.styles) == ({"": "M"}, ["法式", "通勤"])

    def test_a_retry_answers_the_same_and_changes_nothing_more(self, session: Session) -> None:
        customer = given(session, size="M")
        message = a_message(session, customer)
        first, again = (say(UpdatePreferences, message, text="[大一号|size:+1]") for _ in range(2))
        assert first.only["changes"] == again.only["changes"] == "尺码由 M 改为 L"
        assert known(session, customer).sizes == {"": "L"}

    def test_the_same_again_is_said(self, session: Session) -> None:
        customer = given(session, size="M", styles=("法式",))
        said = tell(session, customer, "穿[M|size]，喜欢[法式|style]，不要[甜美|style]")
        assert said.names == ["utter_preferences_same"]
        assert said.only["same"] == "尺码本来就是 M；风格里已经有法式；风格里本来就没有甜美"
        assert "undo" not in said.slots

    def test_what_is_new_and_what_is_not(self, session: Session) -> None:
        customer = given(session, size="M")
        said = tell(session, customer, "我穿[M|size]，喜欢[法式|style]").only
        assert (said["changes"], said["same"]) == ("风格加上法式", "尺码本来就是 M。")

    def test_a_garment_of_its_own(self, session: Session) -> None:
        customer = given(session, size="M")
        said = tell(session, customer, "[牛仔裤|category]穿[29|size]")
        assert said.only["changes"] == "牛仔裤尺码 29"
        assert known(session, customer).sizes == {"": "M", "牛仔裤": "29"}

    def test_measures_are_kept_too(self, session: Session) -> None:
        customer = a_customer(session)
        text = "[身高168|measure:height=168cm]不是[158|measure:height=158cm]，穿[M|size]"
        said = tell(session, customer, text)
        assert said.only["changes"] == "尺码 M；身高 168cm"

    @pytest.mark.parametrize(
        ("text", "became"),
        [
            ("[大一号|size:+1]", "L"),
            ("[小两号|size:-2]", "XS"),
            ("[L|size]扣不上，换[大一号|size:+1]", "XL"),
        ],
    )
    def test_relative_sizes(self, session: Session, text: str, became: str) -> None:
        customer = given(session, size="M")
        tell(session, customer, text)
        assert known(session, customer).sizes == {"": became}

    def test_a_relative_size_of_a_garment_starts_from_the_general_one_just_said(
        self, session: Session
    ) -> None:
        customer = a_customer(session)
        tell(session, customer, "平时[M|size]，[羽绒服|category][大一号|size:+1]")
        assert known(session, customer).sizes == {"": "M", "羽绒服": "L"}

    def test_a_relative_size_from_nothing_asks(self, session: Session) -> None:
        said = tell(session, a_customer(session), "[大一号|size:+1]")
        assert (said.names, said.then) == (["utter_size_from_nothing"], FORM)

    def test_changed_styles_take_the_place_of_the_others(self, session: Session) -> None:
        customer = given(session, styles=("甜美", "复古"))
        said = tell(session, customer, "风格改成[通勤|style]", intent="update_style")
        assert said.only["changes"] == "风格加上通勤，去掉甜美、复古"
        assert known(session, customer).styles == ["通勤"]

    def test_two_sizes_side_by_side_are_asked(self, session: Session) -> None:
        customer = a_customer(session)
        said = tell(session, customer, "[M|size]跟[L|size]我都穿，喜欢[法式|style]")
        assert said.only["lines"] == "1. M\n2. L"
        picked = said.slots["options"][1]["slots"]
        tell(session, customer, "第二个", intent="select_option", slots=picked)
        now = known(session, customer)
        assert (now.sizes, now.styles) == ({"": "L"}, ["法式"])

    def test_staff_have_no_profile_of_their_own(self, session: Session) -> None:
        said = say(UpdatePreferences, a_message(session, a_staff(session)))
        assert said.names == ["utter_error_forbidden"]
        assert session.exec(select(AuditEntry).where(AuditEntry.refused)).one()


class TestAsking:
    @pytest.mark.parametrize(
        ("intent", "about"), [("update_size", "size"), ("update_style", "style")]
    )
    def test_nothing_said_is_asked_for(self, session: Session, intent: str, about: str) -> None:
        said = tell(session, a_customer(session), "改一下", intent=intent)
        assert (said.then, said.slots["preferences_about"]) == (FORM, about)

    def test_another_form_goes_first(self, session: Session) -> None:
        said = tell(session, a_customer(session), "改尺码", form="complaint_form")
        assert (said.names, said.then) == (["utter_finish_first"], "complaint_form")

    @pytest.mark.parametrize(
        ("about", "response", "present"),
        [("size", "utter_ask_size", "M"), ("style", "utter_ask_style", "法式、通勤")],
    )
    def test_the_question_says_what_is_recorded(
        self, session: Session, about: str, response: str, present: str
    ) -> None:
        customer = given(session, size="M", styles=("法式", "通勤"))
        message = a_message(session, customer)
        said = say(AskPreferences, message, slots={"preferences_about": about}, form=FORM)
        assert (said.only["response"], said.only["present"]) == (
            response,
            f"现在记的是 {present}。",
        )

    def test_the_question_says_nothing_where_nothing_is(self, session: Session) -> None:
        message = a_message(session, a_customer(session))
        assert say(AskPreferences, message).only["present"] == ""

    def test_the_opening_message_is_no_answer(self, session: Session) -> None:
        message = a_message(session, a_customer(session))
        said = say(PreferencesForm, message, text="改尺码", intent="update_size", form=FORM)
        assert said.events == []

    @pytest.mark.parametrize("intent", ["update_size", "select_option", "query_points"])
    def test_a_bare_number_is_an_answer_whatever_its_intent(
        self, session: Session, intent: str
    ) -> None:
        said = answer(session, a_customer(session), "40吧", intent)
        assert said.slots["preferences_said"]["sizes"] == {"": "40"}

    def test_the_answer_is_written(self, session: Session) -> None:
        customer = given(session, styles=("甜美",))
        said = answer(session, customer, "[法式|style]", "search_product", about="style")
        tell(session, customer, "[法式|style]", slots=said.slots)
        assert known(session, customer).styles == ["法式"]

    def test_a_digression_is_no_answer(self, session: Session) -> None:
        said = answer(session, a_customer(session), "[M码|size:M]还有货吗", "check_stock")
        assert said.events == []

    @pytest.mark.parametrize("intent", ["undo_change", "affirm", "lookup_last_purchase"])
    def test_what_is_recorded_can_stay(self, session: Session, intent: str) -> None:
        customer = given(session, size="M")
        said = answer(session, customer, "还是上次那个码", intent)
        assert (said.only["response"], said.only["present"]) == ("utter_preferences_stay", "M")
        assert said.then == "action_listen"
        assert known(session, customer).sizes == {"": "M"}

    def test_where_nothing_is_recorded_it_cannot_stay(self, session: Session) -> None:
        said = answer(session, a_customer(session), "还是上次那个码", "undo_change")
        assert said.slots == {"preferences_said": None}

    def test_no_thanks_leaves(self, session: Session) -> None:
        said = answer(session, a_customer(session), "不用了", "deny")
        assert (said.names, said.then) == (["utter_cancelled"], "action_listen")

    def test_the_same_request_again_asks_again(self, session: Session) -> None:
        said = answer(session, a_customer(session), "我要改我的尺码呀", "update_size")
        assert said.slots == {"preferences_said": None}


class TestUndoing:
    def undo(self, session: Session, customer: Customer, slots: dict[str, Any]) -> Said:
        return say(UndoChange, a_message(session, customer, "改错了"), slots=slots)

    def test_restores_what_the_last_message_changed(self, session: Session) -> None:
        customer = given(session, size="M", styles=("甜美",))
        changed = tell(session, customer, "我穿[L|size]，喜欢[法式|style]")
        said = self.undo(session, customer, changed.slots)
        assert said.only["changes"] == "尺码由 L 改为 M；风格去掉法式"
        now = known(session, customer)
        assert (now.sizes, now.styles) == ({"": "M"}, ["甜美"])

    def test_once(self, session: Session) -> None:
        customer = given(session, size="M")
        changed = tell(session, customer, "我穿[L|size]")
        said = self.undo(session, customer, changed.slots)
        assert self.undo(session, customer, said.slots).names == ["utter_nothing_to_undo"]
        assert known(session, customer).sizes == {"": "M"}

    def test_what_has_changed_again_is_nothing_to_undo(self, session: Session) -> None:
        customer = given(session, size="M")
        changed = tell(session, customer, "我穿[L|size]")
        tell(session, customer, "我穿[S|size]")
        assert self.undo(session, customer, changed.slots).names == ["utter_nothing_to_undo"]
        assert known(session, customer).sizes == {"": "S"}

    def test_nothing_was_changed(self, session: Session) -> None:
        assert self.undo(session, a_customer(session), {}).names == ["utter_nothing_to_undo"]

    def test_nobody_undoes_for_another(self, session: Session) -> None:
        customer, other = given(session, size="M"), a_customer(session)
        changed = tell(session, customer, "我穿[L|size]").slots["undo"]
        said = self.undo(session, other, {"undo": {**changed, "customer_id": customer.id}})
        assert said.names == ["utter_error_forbidden"]
        assert known(session, customer).sizes == {"": "L"}


class TestProfile:
    def shown(self, session: Session, customer: Customer) -> dict[str, Any]:
        session.commit()
        return say(QueryProfile, a_message(session, customer)).only

    def test_says_what_is_recorded(self, session: Session) -> None:
        customer = given(session, size="M", styles=("法式", "通勤"))
        customer.birthday = "1992-05-04"
        binding.bind(
            session, themselves(customer), customer.id, claims.phone("13812345678"), ref="b"
        )
        said = self.shown(session, customer)
        assert said["name"] == "林晓月"
        assert (said["tier"], said["bound"]) == ("普通会员", "138****5678")
        assert (said["sizes"], said["styles"]) == ("M", "法式、通勤")
        assert (said["birthday"], said["body"], said["missing"]) == ("1992-05-04", "", "")

    def test_says_what_is_missing_and_invites(self, session: Session) -> None:
        said = self.shown(session, a_customer(session, None))
        fields = ("name", "bound", "sizes", "styles", "birthday")
        assert {said[field] for field in fields} == {"没有记录"}
        assert "绑定" in said["missing"]

    def test_garments_and_measures(self, session: Session) -> None:
        customer = a_customer(session)
        told: dict[Key, str | None] = {
            (SIZE, "牛仔裤"): "29", (SIZE, ""): "M", (PreferenceKind.BODY, "height"): "168cm",
        }  # fmt: skip
        preferences.change(session, system("test"), customer.id, told, ref="r")
        said = self.shown(session, customer)
        assert (said["sizes"], said["body"]) == ("M，牛仔裤 29", "\n身材：身高 168cm")


@pytest.mark.parametrize("action", [QueryProfile, AskPreferences])
def test_staff_are_refused(session: Session, action: type[CrmAction]) -> None:
    assert say(action, a_message(session, a_staff(session))).names == ["utter_error_forbidden"]


def test_every_change_names_its_message(session: Session) -> None:
    customer = a_customer(session)
    tell(session, customer, "我穿[M|size]")
    row = session.exec(select(Preference).order_by(col(Preference.id).desc())).first()
    assert row is not None
    assert row.ref.startswith("chat:")
    assert row.ref.endswith(":action_update_preferences")
