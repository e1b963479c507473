"""The stand-in for the platforms, with the demo's accounts."""

from fastapi import FastAPI

from app import logs, personas
from channels.sandbox.app import create_app as stand_in
from channels.sandbox.config import Accounts, SmsTemplate
from channels.sandbox.phones import Persona
from channels.sandbox.world import World
from crm_core import clock
from crm_core.db import reading
from crm_core.settings import Settings, settings


def accounts_of(config: Settings) -> Accounts:
    """The accounts that both sides know."""
    return Accounts(
        oa_appid=config.oa_appid,
        oa_secret=config.oa_secret.get_secret_value(),
        oa_token=config.oa_token.get_secret_value(),
        oa_aes_key=config.oa_aes_key.get_secret_value(),
        oa_mode=config.oa_mode,
        wecom_corpid=config.wecom_corpid,
        wecom_agent_id=config.wecom_agent_id,
        wecom_secret=config.wecom_secret.get_secret_value(),
        wecom_token=config.wecom_token.get_secret_value(),
        wecom_aes_key=config.wecom_aes_key.get_secret_value(),
        sms_access_key_id=config.sms_access_key_id,
        sms_access_key_secret=config.sms_access_key_secret.get_secret_value(),
        sms_sign_names=(config.sms_sign_name,),
        sms_templates={config.sms_template_code: SmsTemplate("${content}")},
    )


def create_app() -> FastAPI:
    """The ASGI app. It lives at the demo's time, and everybody of the store has a phone."""
    logs.configure()
    config = settings()
    made = stand_in(accounts_of(config), f"http://127.0.0.1:{config.port}")
    world: World = made.state.world
    world.clock.set_to(clock.now())
    with reading() as session:
        for persona in personas.everybody(session, config.oa_appid):
            phone = world.phones.register(Persona.model_validate(persona))
            phone.followed_at = int(world.clock.now())
    return made
