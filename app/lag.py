"""How far each source's orders are behind what it says it sent, for /metrics."""

from prometheus_client import Gauge
from sqlalchemy.exc import SQLAlchemyError

from crm_core.db import reading
from crm_core.imports import reconciling

LAG = Gauge("dianyu_source_lag_seconds", "How far a source's orders are behind.", ["source"])


def measure() -> None:
    """Look how things stand now; without a database the last figures stay."""
    try:
        with reading() as session:
            for source, seconds in reconciling.lags(session).items():
                LAG.labels(source).set(seconds)
    except SQLAlchemyError:
        return
