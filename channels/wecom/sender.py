"""Delivers outbox rows to staff in the WeCom app."""

from typing import Any

from channels.rendering import clean, parts, text_of
from channels.wecom.client import Client
from crm_core.outbox.models import Outbound
from crm_core.outbox.ports import Receipt, Sender, SendError


def app_message(client: Client) -> Sender:
    """Rows of channel "wecom": "text", "replies", "markdown", "card" and "card_update"."""

    def send(row: Outbound) -> Receipt:
        if not row.address:
            raise SendError("no user id", permanent=True)
        match row.kind:
            case "card":
                return _send(client, row.address, "template_card", row.payload)
            case "card_update":
                code, card = row.payload["response_code"], row.payload["template_card"]
                client.update_card([row.address], code, card)
                return Receipt()
            case "markdown":
                return _send(client, row.address, "markdown", {"content": row.payload["text"]})
            case _:
                return _texts(client, row.address, row)

    return send


def _texts(client: Client, userid: str, row: Outbound) -> Receipt:
    text = text_of(row.payload["replies"]) if row.kind == "replies" else row.payload["text"]
    receipt = Receipt()
    for part in parts(clean(text)):
        receipt = _send(client, userid, "text", {"content": part})
    return receipt


def _send(client: Client, userid: str, kind: str, content: dict[str, Any]) -> Receipt:
    answer = client.send(userid, kind, content)
    if answer.get("invaliduser"):  # errcode is 0 where only some receivers are unknown
        raise SendError("81013", permanent=True)
    return Receipt(answer.get("msgid"), answer.get("response_code"))
