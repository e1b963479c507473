"""Proving to be a record's person by a code sent to the phone on it."""

import secrets
from datetime import datetime, timedelta
from enum import StrEnum, auto

from sqlmodel import Session, col, func, select

from crm_core import crypto, queues
from crm_core.audit import service as audit
from crm_core.authz import Actor, Permission
from crm_core.clock import now
from crm_core.customers import service as customers
from crm_core.customers.models import Verification
from crm_core.errors import CrmError
from crm_core.outbox import service as outbox

LIVES = timedelta(minutes=5)
MOST_TRIES = 5
PAUSE = timedelta(minutes=1)  # before another code goes to the same phone
MOST_A_DAY = 5  # to one phone, and asked for by one customer
PROOF_LIVES = timedelta(minutes=10)  # within it what was proven can be used
_DAY = timedelta(days=1)
_DIGITS = 6


class TooManyCodes(CrmError):
    """Enough codes went out already; waiting helps."""

    code = "too_many_codes"


class Verdict(StrEnum):
    RIGHT = auto()
    WRONG = auto()
    OVER = auto()  # too late, too many tries, or none was sent


def send(
    session: Session, actor: Actor, customer_id: int, target_id: int, phone: str, *, ref: str
) -> None:
    """Send a code to `phone`, which stands on the record `target_id`. A repeated `ref` sends none.

    Raises:
        Forbidden: the actor may not act for this customer.
        CustomerNotFound: there is no such customer.
        TooManyCodes: one was sent a moment ago, or enough today.
    """
    customers.lock(session, actor, Permission.CUSTOMER_WRITE, customer_id)
    if session.exec(select(Verification).where(Verification.ref == ref)).one_or_none():
        return
    _limit(session, customer_id, target_id)
    code = "".join(secrets.choice("0123456789") for _ in range(_DIGITS))
    row = Verification(
        customer_id=customer_id,
        target_id=target_id,
        code=_digest(target_id, code),
        ref=ref,
        expires_at=now() + LIVES,
    )
    session.add(row)
    session.flush()
    outbox.queue(
        session,
        outbox.Recipient("sms", phone, customer_id=target_id),
        outbox.Content("code", {"code": code}),
        key=f"code:{row.id}",
        purpose="code",
        lane=queues.URGENT,
    )
    audit.record(session, actor, "verification:send", f"customer:{target_id}")


def check(session: Session, actor: Actor, customer_id: int, code: str, *, ref: str) -> Verdict:
    """Compare what was typed with the code sent last; after MOST_TRIES wrong ones it is void.

    Does not raise on a wrong code, so that the try is kept. A repeated `ref` that was right stays
    right.

    Raises:
        Forbidden: the actor may not act for this customer.
        CustomerNotFound: there is no such customer.
    """
    customers.lock(session, actor, Permission.CUSTOMER_WRITE, customer_id)
    row = _last(session, customer_id)
    if row is not None and row.proven_by == ref:
        return Verdict.RIGHT
    is_over = row is None or row.proven_at or row.expires_at <= now() or row.tries >= MOST_TRIES
    if row is None or is_over:
        return Verdict.OVER
    row.tries += 1
    if not crypto.same(_digest(row.target_id, code), row.code):
        audit.record(session, actor, "verification:fail", f"customer:{row.target_id}")
        return Verdict.WRONG if row.tries < MOST_TRIES else Verdict.OVER
    row.proven_at, row.proven_by = now(), ref
    audit.record(session, actor, "verification:pass", f"customer:{row.target_id}")
    return Verdict.RIGHT


def is_proven(session: Session, customer_id: int, target_id: int) -> bool:
    """Whether this customer has just proven to be the person of the record `target_id`."""
    proofs = select(Verification).where(
        Verification.customer_id == customer_id,
        Verification.target_id == target_id,
        col(Verification.proven_at) > now() - PROOF_LIVES,
    )
    return session.exec(proofs).first() is not None


def _limit(session: Session, customer_id: int, target_id: int) -> None:
    by, to = Verification.customer_id == customer_id, Verification.target_id == target_id
    today = now() - _DAY
    if (
        _count(session, to, since=now() - PAUSE)
        or _count(session, to, since=today) >= MOST_A_DAY
        or _count(session, by, since=today) >= MOST_A_DAY
    ):
        raise TooManyCodes(target_id)


def _count(session: Session, which: bool, *, since: datetime) -> int:
    wanted = select(func.count()).where(which, Verification.created_at > since)
    return session.exec(wanted).one()


def _last(session: Session, customer_id: int) -> Verification | None:
    wanted = select(Verification).where(Verification.customer_id == customer_id)
    return session.exec(wanted.order_by(col(Verification.id).desc())).first()


def _digest(target_id: int, code: str) -> str:
    return crypto.digest(f"code for {target_id}", code)
