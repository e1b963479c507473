"""The official account as it is configured."""

from dataclasses import dataclass

from wechatpy.crypto import WeChatCrypto

from crm_core.settings import Settings


@dataclass(frozen=True)
class Account:
    """Its name, how it proves itself, and the mode that is set in its console."""

    appid: str
    token: str
    mode: str  # "plain", "safe" or "both"
    ring: tuple[WeChatCrypto, ...]  # the current key first

    @classmethod
    def of(cls, settings: Settings) -> "Account":
        """From the settings; an account without an appid answers nothing."""
        token = settings.oa_token.get_secret_value()
        keys = (settings.oa_aes_key, settings.oa_aes_key_previous)
        ring = tuple(
            WeChatCrypto(token, key.get_secret_value(), settings.oa_appid)
            for key in keys
            if key.get_secret_value()
        )
        return cls(settings.oa_appid, token, settings.oa_mode, ring)
