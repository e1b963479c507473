"""A small model, trained once with the shop's own pipeline and parsed as the launcher does."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nlu.train import ROOT, calm_libraries, train

calm_libraries()

Parse = Callable[..., dict[str, Any]]
DATA = Path(__file__).parent / "shop.yml"
CONFIGS = {
    "bot/config.yml": "full",
    "nlu/config-fast.yml": "fast",
    "nlu/config-cascade.yml": "both",
}


@pytest.fixture(scope="session", params=CONFIGS, ids=list(CONFIGS.values()))
def parse(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Parse:
    """Parses a text as a sender of some role would be understood."""
    from rasa.core.agent import Agent  # noqa: PLC0415 - once the libraries are calm
    from rasa.core.channels.channel import UserMessage  # noqa: PLC0415 - likewise

    model = tmp_path_factory.mktemp("models") / "dianyu-small.tar.gz"
    assert train(model, ROOT / request.param, [DATA], understanding_only=True)
    processor = Agent.load(str(model)).processor
    assert processor is not None

    def parse_text(
        text: str, role: str = "customer", now: str = "2026-03-12T14:00:00+08:00"
    ) -> dict[str, Any]:
        message = UserMessage(text, metadata={"role": role, "now": now})
        parsed: dict[str, Any] = asyncio.run(processor.parse_message(message))
        return parsed

    return parse_text
