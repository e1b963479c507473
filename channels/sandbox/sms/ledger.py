"""How many texts a number got lately (Aliyun: rolling 24 hours)."""

from collections import defaultdict
from dataclasses import dataclass

from channels.sandbox.clock import Recent
from channels.sandbox.config import Limits, SmsTemplate

_MINUTE_SECONDS = 60
_HOUR_SECONDS = 3600
_DAY_SECONDS = 24 * 3600


@dataclass(frozen=True)
class Text:
    """What is sent: the signature, the template's code and the template."""

    sign: str
    code: str
    template: SmsTemplate


class SmsLedger:
    """What each number got of codes, in all and per signature, and of the rest per template."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._codes: defaultdict[str, Recent] = defaultdict(Recent)
        self._codes_signed: defaultdict[tuple[str, str], Recent] = defaultdict(Recent)
        self._by_template: defaultdict[tuple[str, str], Recent] = defaultdict(Recent)

    def may_get(self, number: str, text: Text, now: float) -> bool:
        """Whether one more text to `number` stays within the limits of its kind."""
        if text.template.kind == "code":
            return self._may_get_code(number, text.sign, now)
        today = self._by_template[number, text.code].count(now, _DAY_SECONDS)
        return today < self._limits.sms_per_template_day

    def add(self, number: str, text: Text, now: float) -> None:
        if text.template.kind == "code":
            self._codes[number].add(now)
            self._codes_signed[number, text.sign].add(now)
        else:
            self._by_template[number, text.code].add(now)

    def _may_get_code(self, number: str, sign: str, now: float) -> bool:
        signed = self._codes_signed[number, sign]
        return (
            self._codes[number].count(now, _DAY_SECONDS) < self._limits.sms_codes_per_day_in_all
            and signed.count(now, _MINUTE_SECONDS) < self._limits.sms_codes_per_minute
            and signed.count(now, _HOUR_SECONDS) < self._limits.sms_codes_per_hour
            and signed.count(now, _DAY_SECONDS) < self._limits.sms_codes_per_day
        )
