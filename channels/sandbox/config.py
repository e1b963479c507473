"""What the stand-in is set up with: whose accounts it keeps, and the platforms' limits."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Mode = Literal["plain", "safe", "both"]


@dataclass(frozen=True)
class SmsTemplate:
    """An approved text with `${name}` variables; codes have tighter limits than the rest."""

    text: str
    kind: Literal["code", "notice", "marketing"] = "notice"


@dataclass(frozen=True)
class Accounts:
    """The credentials the platforms know; the product under test is given the same ones."""

    oa_appid: str
    oa_secret: str
    oa_token: str
    oa_aes_key: str
    wecom_corpid: str
    wecom_agent_id: int
    wecom_secret: str
    wecom_token: str
    wecom_aes_key: str
    oa_mode: Mode = "safe"
    oa_original_id: str = "gh_dianyu000001"  # what the account is called in messages
    oa_templates: Mapping[str, str] = field(default_factory=dict)  # id to `{{name.DATA}}` text
    sms_access_key_id: str = "sandbox"
    sms_access_key_secret: str = "sandbox"  # noqa: S105 - opens nothing but this stand-in
    sms_sign_names: tuple[str, ...] = ("店语",)
    sms_templates: Mapping[str, SmsTemplate] = field(
        default_factory=lambda: {"SMS_0001": SmsTemplate("${content}")}
    )


@dataclass(frozen=True)
class Limits:
    """The platforms' documented limits; docs/sandbox.md names the page each one comes from."""

    callback_timeout_seconds: float = 5.0
    callback_tries: int = 3
    text_bytes: int = 2048

    token_seconds: int = 7200
    token_overlap_seconds: int = 300
    tokens_per_day: int = 2000
    forced_tokens_per_day: int = 20
    forced_token_gap_seconds: int = 30

    message_window_seconds: int = 48 * 3600
    message_window_sends: int = 5
    action_window_seconds: int = 60  # after a click, a scan or a follow
    action_window_sends: int = 3

    mass_receivers_min: int = 2
    mass_receivers_max: int = 10_000
    mass_per_month: int = 4
    mass_calls_per_minute: int = 60
    mass_repeat_seconds: int = 24 * 3600
    mass_id_bytes: int = 64

    qr_temporary_seconds: int = 2_592_000
    qr_default_seconds: int = 60
    qr_permanent_scenes: int = 100_000
    qr_scene_chars: int = 64
    menu_buttons: int = 3
    menu_sub_buttons: int = 5

    app_receivers: int = 1000
    app_per_member_minute: int = 30
    app_per_member_hour: int = 1000
    app_repeat_seconds: int = 1800
    card_code_seconds: int = 72 * 3600
    card_buttons: int = 6

    sms_receivers: int = 1000
    sms_per_template_day: int = 50
    sms_codes_per_minute: int = 1
    sms_codes_per_hour: int = 5
    sms_codes_per_day: int = 10
    sms_codes_per_day_in_all: int = 40
