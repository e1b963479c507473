"""Surveys and invitations that went out, as workers leave them."""

from sqlmodel import Session, col, select

from crm_core import clock
from crm_core.authz import system
from crm_core.campaigns import jobs as campaign_jobs
from crm_core.campaigns import service as campaigns
from crm_core.consents import service as consents
from crm_core.consents.models import Purpose
from crm_core.customers.models import Customer
from crm_core.outbox.models import Outbound, OutboundState
from crm_core.polls import publishing
from crm_core.polls.models import Poll
from crm_core.ratings import jobs
from tests.factories import an_order

HEADQUARTERS = system("test")


def agree(session: Session, customer: Customer) -> None:
    """Agree to all that can be sent."""
    for purpose in (Purpose.MEMBERSHIP, Purpose.MARKETING):
        consents.record(
            session, HEADQUARTERS, customer.id, purpose,
            granted=True, wording="…", channel="oa", ref="agreed",
        )  # fmt: skip
    session.commit()


def a_survey(session: Session, customer: Customer, order_no: str = "DD1") -> None:
    """Ask about an order of three days ago."""
    an_order(session, customer, order_no, hours_ago=72)
    jobs.send_due_surveys()
    arrive(session)


def an_invitation(session: Session, customer: Customer, poll: Poll) -> None:
    """Push a poll."""
    made = campaigns.send_to(
        session, HEADQUARTERS, [customer.id], poll.title,
        key=publishing.invitation_key(poll.id, f"to {customer.id}"),
    )  # fmt: skip
    session.commit()
    campaign_jobs.dispatch(made.id)
    arrive(session)


def arrive(session: Session, state: OutboundState = OutboundState.SENT) -> None:
    """Let all that is queued go out now."""
    session.rollback()
    queued = select(Outbound).where(col(Outbound.sent_at).is_(None))
    for row in session.exec(queued.execution_options(populate_existing=True)):
        row.state, row.claimed_at = state, clock.now()
        row.sent_at = clock.now() if state is OutboundState.SENT else None
    session.commit()
    session.expire_all()
