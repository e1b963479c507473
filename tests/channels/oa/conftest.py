from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from tests.channels.stage import Stage, stage

LIN = "customer:林晓月"


@pytest.fixture
def on_stage(monkeypatch: pytest.MonkeyPatch, engine: Engine) -> Iterator[Stage]:
    with stage(monkeypatch) as made:
        made.register(id=LIN, name="林晓月", openid="oLin")
        yield made
