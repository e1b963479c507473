import pytest
from sqlmodel import Session

from actions.knowledge import AskPolicy, ShowArticle, ShowStore, StoreInfo
from crm_core.authz import system
from crm_core.knowledge import service as knowledge
from crm_core.knowledge.models import Article
from crm_core.stores.models import Store
from tests.actions.talk import a_message, say
from tests.factories import a_customer, a_staff, a_store


def an_article(
    session: Session, title: str = "退换货政策", body: str = "7天无理由退货。", *keywords: str
) -> None:
    article = Article(code=title, title=title, body=body, keywords=list(keywords))
    knowledge.save(session, system("test"), article)
    session.commit()


class TestAskPolicy:
    def test_answers_with_the_source(self, session: Session) -> None:
        an_article(session)
        message = a_message(session, a_customer(session))
        said = say(AskPolicy, message, text="退换货政策是什么").only
        assert (said["response"], said["title"]) == ("utter_policy", "退换货政策")
        assert said["body"] == "7天无理由退货。"

    @pytest.mark.parametrize("text", ["退換貨政策是什麼", "tuihuan huo zhengce", "退焕货政册"])
    def test_looks_up_the_text_as_it_is_understood(self, session: Session, text: str) -> None:
        an_article(session)
        message = a_message(session, a_customer(session))
        said = say(AskPolicy, message, text=text, normalised="退换货政策是什么")
        assert said.names == ["utter_policy"]

    def test_what_is_not_written_is_not_made_up(self, session: Session) -> None:
        an_article(session)
        message = a_message(session, a_customer(session))
        said = say(AskPolicy, message, text="能开发票吗")
        assert said.names == ["utter_policy_unknown"]
        picked = say(ShowArticle, message, slots=said.slots["options"][0]["slots"])
        assert picked.only["title"] == "退换货政策"

    def test_an_empty_shelf_says_so(self, session: Session) -> None:
        message = a_message(session, a_customer(session))
        assert say(AskPolicy, message, text="能退吗").names == ["utter_no_articles"]
        assert say(ShowArticle, message, slots={"article": "x"}).names == ["utter_no_articles"]


class TestStoreInfo:
    def test_a_named_store(self, session: Session) -> None:
        for name in ("万达店", "滨江店"):
            a_store(session, name)
        message = a_message(session, a_customer(session))
        said = say(StoreInfo, message, text="滨江店在哪", entities={"store": "滨江店"}).only
        assert (said["name"], said["address"]) == ("滨江店", "中山路1号")

    def test_ones_own_store(self, session: Session) -> None:
        here = a_store(session, "万达店")
        a_store(session, "滨江店")
        assistant = a_staff(session, store=here)
        for asking in (assistant, a_customer(session, assistant=assistant)):
            assert (
                say(StoreInfo, a_message(session, asking), text="几点关门").only["name"] == "万达店"
            )

    def test_which_there_are(self, session: Session) -> None:
        here = a_store(session, "万达店")
        a_store(session, "滨江店")
        message = a_message(session, a_customer(session, assistant=a_staff(session, store=here)))
        said = say(StoreInfo, message, text="你们有几家店")
        assert said.only["lines"].count("中山路1号") == 2
        picked = say(ShowStore, message, slots=said.slots["options"][0]["slots"]).only
        assert picked["hours"] == "10:00-22:00"

    def test_the_only_store_needs_no_name(self, session: Session) -> None:
        session.add(Store(code="S1", name="老店", closed=False))
        session.commit()
        said = say(StoreInfo, a_message(session, a_customer(session)), text="地址").only
        assert (said["name"], said["address"]) == ("老店", "请致电门店")

    def test_no_stores_yet(self, session: Session) -> None:
        message = a_message(session, a_customer(session))
        assert say(StoreInfo, message, text="地址").names == ["utter_no_stores"]

    def test_a_closed_store_is_said_to_be(self, session: Session) -> None:
        session.add(Store(code="S1", name="老店", closed=True))
        session.commit()
        message = a_message(session, a_customer(session))
        said = say(StoreInfo, message, entities={"store": "老店"}).only
        assert said["name"] == "老店（已闭店）"

    def test_an_article_adds_what_it_knows(self, session: Session) -> None:
        a_store(session)
        an_article(session, "节假日营业安排", "国庆正常营业。", "国庆")
        message = a_message(session, a_customer(session))
        assert say(StoreInfo, message, text="国庆放假吗").names == [
            "utter_store_info", "utter_policy",
        ]  # fmt: skip

    def test_an_unknown_store(self, session: Session) -> None:
        message = a_message(session, a_customer(session))
        said = say(StoreInfo, message, entities={"store": "火星店"}).only
        assert (said["response"], said["name"]) == ("utter_error_store_not_found", "火星店")
