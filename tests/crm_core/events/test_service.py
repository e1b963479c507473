from datetime import timedelta
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from sqlmodel import Session

from crm_core import clock
from crm_core.authz import Forbidden, system
from crm_core.events import service as events
from crm_core.events.service import NewEvent
from crm_core.timeline import service as timeline
from crm_core.timeline.models import EventKind
from tests.factories import a_customer, themselves

US = system("test")
FITS: dict[str, dict[str, Any]] = {
    "browse": {"product": "A2031", "page": "/p/A2031"},
    "dwell": {"zone": "橱窗", "seconds": 45},
    "favourite": {"product": "A2031", "on": True},
    "cart": {"product": "A2031", "action": "add", "quantity": 2, "size": "M"},
    "fitting": {"product": "A2031", "store_code": "WD01", "mirror": "试衣镜 2", "seconds": 90},
    "delivery": {"order_no": "DD1", "status": "in_transit", "longitude": 121.5, "latitude": 31.2},
}  # fmt: skip


def an_event(type_: str, **data: Any) -> NewEvent:
    return NewEvent(type_, clock.now() - timedelta(minutes=1), data)


def test_every_type_has_a_schema_and_a_place_on_the_timeline() -> None:
    assert set(events.schemas()) == set(FITS)
    for type_, schema in events.schemas().items():
        Draft202012Validator.check_schema(schema)
        assert EventKind(type_)


@pytest.mark.every_database
@pytest.mark.parametrize("type_", FITS)
def test_what_fits_is_on_the_timeline_once(session: Session, type_: str) -> None:
    customer, new = a_customer(session), an_event(type_, **FITS[type_])
    assert events.take(session, US, customer.id, new, ref="e1")
    assert not events.take(session, US, customer.id, new, ref="e1")
    (event,) = timeline.latest(session, customer.id, EventKind(type_))
    assert (event.data, event.at) == (FITS[type_], new.at)


def test_an_unknown_type_is_refused_with_those_there_are(session: Session) -> None:
    with pytest.raises(events.UnknownEvent) as refused:
        events.take(session, US, a_customer(session).id, an_event("teleport"), ref="e1")
    assert refused.value.values["known"] == ", ".join(sorted(FITS))


@pytest.mark.parametrize(
    ("type_", "data", "pointer", "reason"),
    [
        ("cart", {"product": "A", "action": "steal"}, "/data/action", "enum"),
        ("cart", {"product": "A"}, "/data", "needed: product, action"),
        ("dwell", {"seconds": -1}, "/data/seconds", "minimum: 0"),
        ("favourite", {"product": "A", "phone": "13800138000"}, "/data", "only these are known"),
        ("browse", {}, "/data", "minProperties"),
        ("delivery", {"order_no": "D", "status": "delivered", "latitude": 91}, "/data/latitude",
         "maximum"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_with_the_reason(
    session: Session, type_: str, data: dict[str, Any], pointer: str, reason: str
) -> None:
    with pytest.raises(events.BadEvent) as refused:
        events.take(session, US, a_customer(session).id, an_event(type_, **data), ref="e1")
    assert refused.value.values["pointer"] == pointer
    assert reason in str(refused.value.values["reason"])
    assert "13800138000" not in str(refused.value.values)


def test_the_future_is_not_known(session: Session) -> None:
    new = NewEvent("browse", clock.now() + timedelta(hours=1), FITS["browse"])
    with pytest.raises(events.BadEvent, match="at"):
        events.take(session, US, a_customer(session).id, new, ref="e1")


def test_a_reference_with_other_data_is_a_conflict(session: Session) -> None:
    customer = a_customer(session)
    events.take(session, US, customer.id, an_event("browse", page="/a"), ref="e1")
    with pytest.raises(events.EventConflict):
        events.take(session, US, customer.id, an_event("browse", page="/b"), ref="e1")


def test_customers_write_no_events(session: Session) -> None:
    customer = a_customer(session)
    with pytest.raises(Forbidden):
        events.take(
            session, themselves(customer), customer.id, an_event("browse", page="/a"), ref="e1"
        )
