"""Issuing, revoking and checking API keys."""

import hashlib
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlmodel import Session, col, select

from crm_core import crypto
from crm_core.apikeys.models import ApiKey
from crm_core.audit import service as audit
from crm_core.authz import Actor, Permission, Role
from crm_core.clock import now
from crm_core.errors import CrmError, Kind

_PREFIX = "dy_"
_NAME_BYTES = 4
_SECRET_BYTES = 32
_USED_EVERY = timedelta(minutes=10)  # a key's last use is kept no finer than this


class KeyNotFound(CrmError):
    code = "key_not_found"
    kind = Kind.NOT_FOUND


class UnknownScope(CrmError):
    code = "unknown_scope"
    kind = Kind.INVALID


@dataclass(frozen=True)
class Issued:
    """A new key; its text is nowhere else and is shown once."""

    row: ApiKey
    text: str


def issue(session: Session, actor: Actor, name: str, scopes: Collection[str]) -> Issued:
    """Make a key that may do what its scopes (permissions by name) say.

    Raises:
        Forbidden: the actor may not set up the shop.
        UnknownScope: there is none, or one that is none.
    """
    actor.require(Permission.SETUP_WRITE)
    if not scopes or not set(scopes) <= set(Permission):
        raise UnknownScope(scopes, name=", ".join(sorted(set(scopes) - set(Permission))))
    prefix = _PREFIX + secrets.token_hex(_NAME_BYTES)
    text = f"{prefix}_{secrets.token_urlsafe(_SECRET_BYTES)}"
    row = ApiKey(name=name, prefix=prefix, digest=_digest(text), scopes=sorted(set(scopes)))
    session.add(row)
    session.flush()
    audit.record(session, actor, "api_key:issue", f"apikey:{row.id}", scopes=row.scopes)
    return Issued(row, text)


def revoke(session: Session, actor: Actor, prefix: str) -> ApiKey:
    """Let a key open nothing any more, at once. Repeating changes nothing.

    Raises:
        Forbidden: the actor may not set up the shop.
        KeyNotFound: no key begins like this.
    """
    actor.require(Permission.SETUP_WRITE)
    if (row := _by_prefix(session, prefix)) is None:
        raise KeyNotFound(prefix, name=prefix)
    if row.revoked_at is None:
        row.revoked_at = now()
        session.add(row)
        audit.record(session, actor, "api_key:revoke", f"apikey:{row.id}")
    return row


def everything(session: Session, actor: Actor) -> Sequence[ApiKey]:
    """All keys, revoked ones too, oldest first.

    Raises:
        Forbidden: the actor may not set up the shop.
    """
    actor.require(Permission.SETUP_WRITE)
    return session.exec(select(ApiKey).order_by(col(ApiKey.id))).all()


def holder(session: Session, text: str) -> Actor | None:
    """Whoever comes with this key; None if it is none, or was revoked."""
    row = _by_prefix(session, text[: len(_PREFIX) + 2 * _NAME_BYTES])
    if row is None or row.revoked_at or not crypto.same(_digest(text), row.digest):
        return None
    scopes = frozenset(Permission(scope) for scope in row.scopes if scope in set(Permission))
    return Actor(f"apikey:{row.id}", Role.ADMIN, scopes=scopes)


def used(session: Session, actor: Actor) -> None:
    """Keep when a key was last used, roughly; in a transaction that writes anyway."""
    row = session.get_one(ApiKey, int(actor.name.partition(":")[2]))
    if row.last_used_at is None or row.last_used_at < now() - _USED_EVERY:
        row.last_used_at = now()
        session.add(row)


def _by_prefix(session: Session, prefix: str) -> ApiKey | None:
    return session.exec(select(ApiKey).where(ApiKey.prefix == prefix)).one_or_none()


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
