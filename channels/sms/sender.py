"""Delivers outbox rows by SMS."""

from channels.sms.client import Client
from crm_core.outbox.models import Outbound
from crm_core.outbox.ports import Receipt, Sender, SendError


def sms(client: Client) -> Sender:
    """Rows of channel "sms": kind "text" says its `text`, kind "code" tells a code."""

    def send(row: Outbound) -> Receipt:
        if not row.address:
            raise SendError("no phone", permanent=True)
        return Receipt(provider_id=client.send(row.address, _text(row), str(row.id)))

    return send


def _text(row: Outbound) -> str:
    if row.kind == "code":
        return f"您的验证码是 {row.payload['code']}，5 分钟内有效，请勿告诉他人。"
    return str(row.payload["text"])
