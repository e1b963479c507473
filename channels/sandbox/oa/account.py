"""The official account's callbacks: what they say, and how they are sealed in each mode."""

from collections.abc import Mapping
from xml.etree import ElementTree as ET

from channels.sandbox import answers, xml
from channels.sandbox.envelope import BadAnswer, Sealed
from channels.sandbox.phones import Channel, Item, Persona, Phone
from channels.sandbox.said import NotPossible, Said, content_of, message_number
from channels.sandbox.world import World
from channels.sandbox.xml import Value

CALLBACK = "/channels/oa/callback"


class OfficialAccount:
    """The platform's side of the server configuration (服务器配置)."""

    channel: Channel = "oa"
    path = CALLBACK
    repeats_on_error_status = False  # the follower is told at once that the account is out of order
    apology = "该公众号暂时无法提供服务，请稍后再试"

    def __init__(self, world: World) -> None:
        self._world = world
        self._mode = world.accounts.oa_mode
        self._envelope = world.oa_envelope
        self._name = world.accounts.oa_original_id

    def seal(self, message: str, sender: str) -> Sealed:
        timestamp, nonce = self._envelope.stamp()
        params = {
            "signature": self._envelope.sign(timestamp, nonce),
            "timestamp": timestamp,
            "nonce": nonce,
            "openid": sender,
        }
        if self._mode == "plain":
            return Sealed(params, message)
        encrypted = self._envelope.encrypt(message)
        params["encrypt_type"] = "aes"
        params["msg_signature"] = self._envelope.sign(timestamp, nonce, encrypted)
        if self._mode == "safe":
            return Sealed(params, xml.render({"ToUserName": self._name, "Encrypt": encrypted}))
        both = message.removesuffix("</xml>") + f"<Encrypt>{xml.cdata(encrypted)}</Encrypt></xml>"
        return Sealed(params, both)

    def open(self, answer: bytes) -> ET.Element | None:
        if answer in {b"", b"success"}:
            return None
        try:
            reply = xml.parse(answer)
            if reply.find("Encrypt") is not None and self._mode != "plain":
                return xml.parse(self._envelope.open(reply))
        except xml.NotXml as error:
            raise BadAnswer("the reply is not XML") from error
        if self._mode == "safe":
            raise BadAnswer("the reply is not encrypted")
        return reply

    def identity(self, persona: Persona) -> str | None:
        return persona.openid

    def compose(self, said: Said, phone: Phone) -> str:
        """Open the windows, follow or leave, and write the message.

        Raises:
            NotPossible: who does not follow can only follow or scan.
        """
        persona, follows = phone.persona, phone.persona.following
        if said.kind == "enter_agent":
            raise NotPossible(422, "enter_agent is a WeCom event")
        if not follows and said.kind not in {"subscribe", "scan"}:
            raise NotPossible(409, "not_following")
        openid = str(persona.openid)
        number = message_number(said.message_id) if said.message_id else self._world.next_id()
        if not follows:
            phone.followed_at = int(self._world.clock.now())
        persona.following = said.kind != "unsubscribe"
        self._open_window(said, openid)
        return _message(said, openid=openid, number=number, follows=follows, world=self._world)

    def read(self, reply: ET.Element, phone: Phone, *, to_event: bool) -> Item | None:
        openid, articles = str(phone.persona.openid), 8 if to_event else 1
        item = answers.read(reply, to=openid, sender=self._name, articles=articles)
        if item and len(item.text.encode()) > self._world.limits.text_bytes:
            raise BadAnswer("the text is too long")
        return item

    def url_check(self) -> tuple[Mapping[str, str], str]:
        timestamp, nonce = self._envelope.stamp()
        signature = self._envelope.sign(timestamp, nonce)
        params = {"signature": signature, "timestamp": timestamp, "nonce": nonce}
        return params | {"echostr": nonce[::-1]}, nonce[::-1]

    def _open_window(self, said: Said, openid: str) -> None:
        now = self._world.clock.now()
        if said.kind in {"subscribe", "scan", "click"} or said.menu_id is not None:
            self._world.windows.did_something(openid, now)
        elif said.kind != "unsubscribe":
            self._world.windows.said_something(openid, now)


def finished(world: World, event: str, fields: Mapping[str, Value], *, sender: str) -> str:
    """The document for a job's end (MASSSENDJOBFINISH, TEMPLATESENDJOBFINISH)."""
    job: dict[str, Value] = {"MsgType": "event", "Event": event}
    return xml.render(_common(world, sender) | job | dict(fields))


def _common(world: World, sender: str) -> dict[str, Value]:
    return {
        "ToUserName": world.accounts.oa_original_id,
        "FromUserName": sender,
        "CreateTime": int(world.clock.now()),
    }


def _message(said: Said, *, openid: str, number: int, follows: bool, world: World) -> str:
    if event := _event(said, follows=follows, world=world):
        return xml.render(_common(world, openid) | {"MsgType": "event"} | event)
    fields = _common(world, openid) | {"MsgType": said.kind}
    fields |= content_of(said, said.media_id or f"media-{number}")
    if said.kind == "voice" and said.recognition is not None:
        fields["Recognition"] = said.recognition
    fields["MsgId"] = number
    if said.menu_id is not None:
        fields["bizmsgmenuid"] = said.menu_id
    return xml.render(fields)


def _event(said: Said, *, follows: bool, world: World) -> dict[str, Value]:
    ticket = world.scenes.ticket(said.scene, world.clock.now())
    if said.kind == "scan" and follows:
        return {"Event": "SCAN", "EventKey": said.scene, "Ticket": ticket}
    if said.kind in {"subscribe", "scan"}:
        if not said.scene:
            return {"Event": "subscribe", "EventKey": ""}
        return {"Event": "subscribe", "EventKey": f"qrscene_{said.scene}", "Ticket": ticket}
    if said.kind == "unsubscribe":
        return {"Event": "unsubscribe", "EventKey": ""}
    if said.kind == "click":
        return {"Event": "CLICK", "EventKey": said.key}
    return {}
