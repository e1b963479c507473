"""The WeCom app's callbacks: always encrypted, with the CorpID as receiver."""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree import ElementTree as ET

from channels.sandbox import answers, xml
from channels.sandbox.envelope import BadAnswer, Sealed
from channels.sandbox.phones import Channel, Item, Persona, Phone
from channels.sandbox.said import NotPossible, Said, content_of, message_number
from channels.sandbox.world import World
from channels.sandbox.xml import Value

CALLBACK = "/channels/wecom/callback"


class WecomApp:
    """The platform's side of an app's 接收消息 settings."""

    channel: Channel = "wecom"
    path = CALLBACK
    repeats_on_error_status = True
    apology = ""

    def __init__(self, world: World) -> None:
        self._world = world
        self._envelope = world.wecom_envelope
        self._corpid = world.accounts.wecom_corpid
        self._agent_id = str(world.accounts.wecom_agent_id)

    def seal(self, message: str, sender: str) -> Sealed:  # noqa: ARG002 - not in WeCom's query
        encrypted = self._envelope.encrypt(message)
        body = {"ToUserName": self._corpid, "AgentID": self._agent_id, "Encrypt": encrypted}
        return Sealed(self._params(encrypted), xml.render(body))

    def open(self, answer: bytes) -> ET.Element | None:
        if answer in {b"", b"success"}:
            return None
        try:
            return xml.parse(self._envelope.open(xml.parse(answer)))
        except xml.NotXml as error:
            raise BadAnswer("the reply is not XML") from error

    def identity(self, persona: Persona) -> str | None:
        return persona.userid

    def compose(self, said: Said, phone: Phone) -> str:
        """Write the message.

        Raises:
            NotPossible: the kind exists for official accounts only.
        """
        if said.kind in {"subscribe", "unsubscribe", "scan", "click"}:
            raise NotPossible(422, f"{said.kind} is an event of official accounts")
        number = message_number(said.message_id) if said.message_id else self._world.next_id()
        userid = str(phone.persona.userid)
        return _message(said, userid=userid, number=number, world=self._world)

    def read(self, reply: ET.Element, phone: Phone, *, to_event: bool) -> Item | None:  # noqa: ARG002
        item = answers.read(reply, to=str(phone.persona.userid), sender=self._corpid)
        if item:
            item.text = cut(item.text, self._world.limits.text_bytes)
        return item

    def url_check(self) -> tuple[Mapping[str, str], str]:
        clear = str(secrets.randbelow(9 * 10**18) + 10**18)
        encrypted = self._envelope.encrypt(clear)
        return {**self._params(encrypted), "echostr": encrypted}, clear

    def _params(self, encrypted: str) -> dict[str, str]:
        timestamp, nonce = self._envelope.stamp()
        signature = self._envelope.sign(timestamp, nonce, encrypted)
        return {"msg_signature": signature, "timestamp": timestamp, "nonce": nonce}


def cut(text: str, size: int) -> str:
    """At most `size` bytes of `text`, on a character; WeCom drops the rest."""
    return text.encode()[:size].decode(errors="ignore")


def card_click(
    card: Mapping[str, Any],
    key: str,
    selected: Mapping[str, Sequence[str]],
    *,
    userid: str,
    response_code: str,
    world: World,
) -> str:
    """The document for a tap on a card; `selected` maps questions to option ids."""
    chosen: list[Value] = [
        {"QuestionKey": question, "OptionIds": {"OptionId": list(options)}}
        for question, options in selected.items()
    ]
    event: dict[str, Value] = {
        "MsgType": "event",
        "Event": "template_card_event",
        "EventKey": key,
        "TaskId": str(card.get("task_id") or ""),
        "CardType": str(card.get("card_type") or ""),
        "ResponseCode": response_code,
        "AgentID": world.accounts.wecom_agent_id,
    }
    if chosen:
        event["SelectedItems"] = {"SelectedItem": chosen}
    return xml.render(_common(userid, world) | event)


def _common(userid: str, world: World) -> dict[str, Value]:
    return {
        "ToUserName": world.accounts.wecom_corpid,
        "FromUserName": userid,
        "CreateTime": int(world.clock.now()),
    }


def _message(said: Said, *, userid: str, number: int, world: World) -> str:
    agent: dict[str, Value] = {"AgentID": world.accounts.wecom_agent_id}
    if said.kind == "enter_agent":
        event: dict[str, Value] = {"MsgType": "event", "Event": "enter_agent", "EventKey": ""}
        return xml.render(_common(userid, world) | event | agent)
    content = content_of(said, said.media_id or f"media-{number}")
    fields = _common(userid, world) | {"MsgType": said.kind} | content | {"MsgId": number}
    return xml.render(fields | agent)
