"""Plugging the channels into the outbox; workers do it when they start."""

from contextlib import ExitStack, closing

from channels.oa import sender as oa
from channels.oa.client import Client as OaClient
from channels.sms import sender as sms
from channels.sms.client import Client as SmsClient
from channels.webhooks import Client as WebhookClient
from channels.wecom import sender as wecom
from channels.wecom.client import Client as WecomClient
from crm_core.alerts import service as alerts
from crm_core.campaigns import service as campaigns
from crm_core.handover import talking
from crm_core.outbox import ports
from crm_core.ratings import jobs as surveys
from crm_core.settings import Settings
from crm_core.webhooks import ports as webhooks


def plug_in(settings: Settings) -> ExitStack:
    """Let this process deliver what stands in the outbox, until the result is closed."""
    connections = ExitStack()
    official_account = connections.enter_context(closing(OaClient(settings)))
    ports.plug("oa", oa.custom(official_account))
    ports.plug("oa_mass", oa.mass(official_account), repeatable=True)  # by clientmsgid
    app = connections.enter_context(closing(WecomClient(settings)))
    ports.plug("wecom", wecom.app_message(app))
    ports.plug("sms", sms.sms(connections.enter_context(closing(SmsClient(settings)))))
    webhooks.plug(connections.enter_context(closing(WebhookClient())).post)
    ports.listen("alert", alerts.card_sent)
    ports.listen("push", campaigns.delivered)
    ports.listen(talking.PURPOSE, talking.delivered)
    ports.watch("push", campaigns.objection)
    ports.watch("survey", surveys.objection)
    return connections
