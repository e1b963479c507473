"""Finding the row of an identity by its keyed digest."""

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, select

from crm_core import crypto
from crm_core.customers.models import Identity, IdentityKind


def find(session: Session, kind: IdentityKind, value: str, account: str = "") -> Identity | None:
    """The row of this identity; None if nobody has it. The caller has the right to ask."""
    wanted = select(Identity).where(*is_identity(kind, account, value))
    return session.exec(wanted).one_or_none()


def is_identity(
    kind: IdentityKind, account: str, value: str
) -> tuple[bool, bool, ColumnElement[bool]]:
    """The conditions under which a row of identities is this one."""
    known = col(Identity.digest).in_(crypto.digests(kind.value, value))
    return Identity.kind == kind, Identity.account == account, known
