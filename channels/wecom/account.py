"""The WeCom app as it is configured."""

from dataclasses import dataclass

from wechatpy.enterprise.crypto import WeChatCrypto

from crm_core.settings import Settings


@dataclass(frozen=True)
class Account:
    """A self-built app: what it receives is encrypted for the CorpID."""

    corpid: str
    token: str
    ring: tuple[WeChatCrypto, ...]  # the current key first

    @classmethod
    def of(cls, settings: Settings) -> "Account":
        """From the settings; an app without a key answers nothing."""
        token = settings.wecom_token.get_secret_value()
        keys = (settings.wecom_aes_key, settings.wecom_aes_key_previous)
        ring = tuple(
            WeChatCrypto(token, key.get_secret_value(), settings.wecom_corpid)
            for key in keys
            if key.get_secret_value()
        )
        return cls(settings.wecom_corpid, token, ring)
