"""What a person does on the phone, and the message the platform makes of it."""

import hashlib
from dataclasses import dataclass, field
from typing import Literal

from pydantic import BaseModel, Field

from channels.sandbox.phones import Item
from channels.sandbox.xml import Value

Kind = Literal[
    "text", "voice", "image", "location", "link",
    "subscribe", "unsubscribe", "scan", "click", "enter_agent",
]  # fmt: skip
EVENTS = frozenset({"subscribe", "unsubscribe", "scan", "click", "enter_agent"})


class NotPossible(Exception):
    """The person cannot do that on this phone; `status` is what control answers with."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


class Said(BaseModel):
    """The body of `POST /control/messages`; which fields count depends on `kind`."""

    persona: str
    channel: Literal["oa", "wecom"] | None = None
    kind: Kind = "text"
    message_id: str | None = Field(default=None, max_length=128)
    text: str = Field(default="", max_length=20_000)
    menu_id: str | None = None  # the text is a tap on this entry of a menu message
    recognition: str | None = None  # voice: the recognised words; None leaves the field out
    image_url: str = "http://mmbiz.qpic.cn/mmbiz_jpg/sandbox/0"
    media_id: str | None = None
    latitude: float = 31.2304
    longitude: float = 121.4737
    scale: int = 16
    label: str = ""
    title: str = ""
    description: str = ""
    url: str = ""
    scene: str = ""
    key: str = ""


@dataclass
class Delivered:
    """A message that may be sent again, exactly as it was, and what its answer showed."""

    said: Said
    message: str
    shown: list[Item] = field(default_factory=list)


def message_number(message_id: str) -> int:
    """The 64-bit MsgId for a caller's id: the number itself, else one derived from the text."""
    if message_id.isascii() and message_id.isdigit() and int(message_id) < 2**63:
        return int(message_id)
    return int.from_bytes(hashlib.sha256(message_id.encode()).digest()[:8]) >> 1


def content_of(said: Said, media_id: str) -> dict[str, Value]:
    """The fields of a plain message after the common ones, as both platforms document them."""
    content: dict[str, dict[str, Value]] = {
        "text": {"Content": said.text},
        "voice": {"MediaId": media_id, "Format": "amr"},
        "image": {"PicUrl": said.image_url, "MediaId": media_id},
        "location": {
            "Location_X": said.latitude,
            "Location_Y": said.longitude,
            "Scale": said.scale,
            "Label": said.label,
        },
        "link": {"Title": said.title, "Description": said.description, "Url": said.url},
    }
    return content[said.kind]


def as_item(said: Said) -> Item:
    """How it looks on the sender's own phone."""
    texts = {
        "text": said.text,
        "voice": said.recognition or "[语音]",
        "location": said.label or f"{said.latitude},{said.longitude}",
        "link": said.title,
        "subscribe": "关注了公众号",
        "unsubscribe": "取消了关注",
        "scan": f"扫描了二维码 {said.scene}",
        "click": f"点击了菜单 {said.key}",
        "enter_agent": "进入了应用",
    }
    kind = "event" if said.kind in EVENTS else said.kind
    image = said.image_url if said.kind == "image" else None
    return Item(kind=kind, text=texts.get(said.kind, ""), image=image)
