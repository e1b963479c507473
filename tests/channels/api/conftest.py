from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from tests.channels.api.client import Till, a_till


@pytest.fixture
def till(engine: Engine) -> Iterator[Till]:
    with a_till() as made:
        yield made
