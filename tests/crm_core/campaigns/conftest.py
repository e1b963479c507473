"""Platforms that take what campaigns send."""

from collections.abc import Callable

import pytest

from crm_core.campaigns import service as campaigns
from crm_core.outbox import ports
from crm_core.outbox.models import Outbound

PlugIn = Callable[[Callable[[Outbound], ports.Receipt]], None]


@pytest.fixture
def plug_in(monkeypatch: pytest.MonkeyPatch) -> PlugIn:
    """Let a function send what campaigns queue, wired as in a worker."""

    def plug(send: Callable[[Outbound], ports.Receipt]) -> None:
        for table in ("_ports", "_listeners", "_guards"):
            monkeypatch.setattr(ports, table, {})
        for channel in ("oa", "oa_mass", "sms"):
            ports.plug(channel, send, repeatable=channel == "oa_mass")
        ports.listen("push", campaigns.delivered)
        ports.watch("push", campaigns.objection)

    return plug


@pytest.fixture
def sent(plug_in: PlugIn) -> list[Outbound]:
    """What the platforms were given; every send works."""
    arrived: list[Outbound] = []

    def send(row: Outbound) -> ports.Receipt:
        arrived.append(row)
        return ports.Receipt()

    plug_in(send)
    return arrived
