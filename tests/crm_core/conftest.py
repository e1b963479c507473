"""What tests of several modules stand on."""

import pytest
from sqlmodel import Session

from tests.crm_core.shop import Shop, a_shop


@pytest.fixture
def shop(session: Session) -> Shop:
    """A shop with a manager, an assistant and a customer of theirs."""
    return a_shop(session)
