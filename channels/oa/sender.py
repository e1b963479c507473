"""Delivers outbox rows to the official account's followers."""

from channels.oa.client import Client
from channels.rendering import clean, parts, text_of
from crm_core.outbox.models import Outbound
from crm_core.outbox.ports import Receipt, Sender, SendError


def custom(client: Client) -> Sender:
    """Customer-service messages, for rows of channel "oa" (kinds "text" and "replies")."""

    def send(row: Outbound) -> Receipt:
        text = text_of(row.payload["replies"]) if row.kind == "replies" else row.payload["text"]
        if not row.address:
            raise SendError("no openid", permanent=True)
        for part in parts(clean(text)):
            client.send_text(row.address, part)
        return Receipt()

    return send


def mass(client: Client) -> Sender:
    """Mass sends, for rows of channel "oa_mass": one call for many openids."""

    def send(row: Outbound) -> Receipt:
        sent = client.mass_send(
            row.payload["openids"], clean(row.payload["text"]), row.payload["clientmsgid"]
        )
        return Receipt(provider_id=sent)

    return send
