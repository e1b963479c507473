"""Everything the stand-in remembers, in memory."""

import asyncio
import itertools
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Coroutine
from typing import Any

import aiohttp

from channels.sandbox.clock import Clock
from channels.sandbox.config import Accounts, Limits
from channels.sandbox.envelope import Envelope
from channels.sandbox.faults import Faults
from channels.sandbox.oa.mass import MassJobs
from channels.sandbox.oa.scenes import Scenes
from channels.sandbox.oa.windows import Windows
from channels.sandbox.phones import Channel, Item, Phone, Phones, Via
from channels.sandbox.said import Delivered
from channels.sandbox.sms.ledger import SmsLedger
from channels.sandbox.tokens import OaTokens, WecomTokens
from channels.sandbox.wecom.cards import Cards
from channels.sandbox.wecom.rates import AppRates

_KEEP_ALIVE_SECONDS = 2.0  # shorter than any server's, so that none closes first


class World:
    """One of each platform. Accounts and tokens stay; `reset` forgets the rest."""

    def __init__(self, accounts: Accounts, gateway: str, limits: Limits) -> None:
        self.accounts = accounts
        self.gateway = gateway.rstrip("/")
        self.limits = limits
        self.clock = Clock()
        self._http: aiohttp.ClientSession | None = None
        self.oa_envelope = Envelope(
            accounts.oa_token, accounts.oa_aes_key, accounts.oa_appid, self.clock
        )
        self.wecom_envelope = Envelope(
            accounts.wecom_token, accounts.wecom_aes_key, accounts.wecom_corpid, self.clock
        )
        self.oa_tokens = OaTokens(limits)
        self.wecom_tokens = WecomTokens(limits)
        self._ids = itertools.count(int(self.clock.now() * 1000) * 1000)
        self._tasks: set[asyncio.Task[None]] = set()
        self.reset()

    def reset(self) -> None:
        """Forget people, messages, counts, faults and the moved clock; tokens stay valid."""
        self.clock.offset_seconds = 0.0
        self.phones = Phones()
        self.faults = Faults([])
        self.counters: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.said: OrderedDict[tuple[Channel, str], Delivered] = OrderedDict()
        self.windows = Windows(self.limits)
        self.scenes = Scenes(self.limits)
        self.mass = MassJobs(self.limits, self.clock)
        self.menu: dict[str, Any] | None = None
        self.oa_templates = dict(self.accounts.oa_templates)
        self.template_ids: dict[tuple[str, str], tuple[float, int]] = {}
        self.cards = Cards(self.limits)
        self.app_rates = AppRates(self.limits)
        self.sms = SmsLedger(self.limits)
        self.sms_nonces: set[str] = set()
        self.sms_templates = dict(self.accounts.sms_templates)

    @property
    def http(self) -> aiohttp.ClientSession:
        """The client for callbacks; aiohttp, since httpx takes ten times as long for each."""
        if self._http is None:
            timeout = aiohttp.ClientTimeout(total=self.limits.callback_timeout_seconds)
            connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=_KEEP_ALIVE_SECONDS)
            self._http = aiohttp.ClientSession(timeout=timeout, connector=connector)
        return self._http

    def count(self, what: str, of: str, by: int = 1) -> None:
        self.counters[what][of] += by

    def next_id(self) -> int:
        """A number that no message had before, below 2**63."""
        return next(self._ids)

    def show(self, phone: Phone, item: Item, channel: Channel, via: Via) -> Item:
        """Put something on a phone as arriving over `channel`, by way of `via`."""
        item.channel, item.via = channel, via
        item.direction = "sent" if via == "phone" else "received"
        item.at = self.clock.local().isoformat(timespec="milliseconds")
        phone.put(item)
        self.count("shown", via)
        return item

    def later(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something after the answer to the current call has gone out."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def settle(self) -> None:
        """Wait until nothing is under way in the background."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def close(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await self.settle()
        if self._http:
            await self._http.close()
