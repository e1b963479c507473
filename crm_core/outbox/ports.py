"""Where channels plug in: what sends, and who wants to know how it went. Workers fill it."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlmodel import Session

from crm_core.outbox.models import Outbound


@dataclass(frozen=True)
class Receipt:
    """What the platform answered."""

    provider_id: str | None = None  # its name for the message
    response_code: str | None = None  # with which a card can be changed once


class SendError(Exception):
    """The platform refused; `permanent` when trying again cannot help."""

    def __init__(self, reason: str, *, permanent: bool) -> None:
        super().__init__(reason)
        self.permanent = permanent


class Unanswered(Exception):
    """The call was cut off: the message may or may not have arrived."""


Sender = Callable[[Outbound], Receipt]
Listener = Callable[[Session, Outbound, Receipt | None], None]
Guard = Callable[[Session, Outbound], str | None]


@dataclass(frozen=True)
class Port:
    send: Sender
    repeatable: bool = False  # the platform drops a repeat of the same row by itself


_ports: dict[str, Port] = {}
_listeners: dict[str, Listener] = {}
_guards: dict[str, Guard] = {}


def plug(channel: str, send: Sender, *, repeatable: bool = False) -> None:
    """Let `send` deliver the rows of `channel`."""
    _ports[channel] = Port(send, repeatable)


def port(channel: str) -> Port:
    """What delivers the rows of `channel`.

    Raises:
        SendError: nothing is plugged in; trying later may help.
    """
    if channel not in _ports:
        raise SendError(f"no sender for {channel} in this process", permanent=False)
    return _ports[channel]


def listen(purpose: str, listener: Listener) -> None:
    """Call `listener` in the transaction that records how a row of `purpose` went (once, at the
    end: sent, failed or unknown; the receipt is None unless it was sent).
    """
    _listeners[purpose] = listener


def tell(session: Session, row: Outbound, receipt: Receipt | None) -> None:
    """Tell who listens for this row's purpose."""
    if listener := _listeners.get(row.purpose):
        listener(session, row, receipt)


def watch(purpose: str, guard: Guard) -> None:
    """Ask `guard` in the transaction that claims a row of `purpose`, right before it is sent.

    What it returns is why the row is not wanted any more: it has failed with that as its error.
    A guard may also change the payload.
    """
    _guards[purpose] = guard


def objection(session: Session, row: Outbound) -> str | None:
    """Why this row is not to be sent any more, if whoever watches its purpose says so."""
    guard = _guards.get(row.purpose)
    return guard(session, row) if guard else None
