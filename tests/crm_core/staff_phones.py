"""The border of WeCom: what staff receive, and the codes with which cards can be changed."""

import itertools
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import Session, col, select

from crm_core.alerts import service as alerts
from crm_core.outbox import jobs, ports
from crm_core.outbox.models import Outbound, OutboundState
from crm_core.staff.models import Staff

_codes = itertools.count(1)


@dataclass
class Phones:
    """Delivers the outbox as a worker does, to phones that only remember."""

    received: list[Outbound] = field(default_factory=list)

    def deliver(self, session: Session) -> None:
        """Send all that waits for staff; commits what the test has done so far."""
        session.commit()
        waiting = Outbound.state == OutboundState.PENDING, Outbound.channel == "wecom"
        for row in session.exec(select(Outbound).where(*waiting).order_by(col(Outbound.id))).all():
            jobs.deliver(row.id)
        session.rollback()  # sees what the deliveries wrote

    def cards(self, member: Staff) -> list[dict[str, Any]]:
        """The cards this person got, as they were sent."""
        return [row.payload for row in self._of(member, "card")]

    def changes(self, member: Staff) -> list[dict[str, Any]]:
        """What their cards were changed to."""
        return [row.payload["template_card"] for row in self._of(member, "card_update")]

    def texts(self, member: Staff) -> list[str]:
        return [row.payload["text"] for row in self._of(member, "text")]

    def send(self, row: Outbound) -> ports.Receipt:
        self.received.append(row)
        code = f"code{next(_codes)}" if row.kind == "card" else None
        return ports.Receipt(f"msg{row.id}", code)

    def _of(self, member: Staff, kind: str) -> list[Outbound]:
        return [
            row for row in self.received if (row.address, row.kind) == (member.wecom_userid, kind)
        ]


def plugged() -> Phones:
    """Phones that stand behind the outbox's WeCom port of this process."""
    phones = Phones()
    ports.plug("wecom", phones.send)
    ports.listen("alert", alerts.card_sent)
    return phones
