"""Which role may ask for what: `nlu/roles.yml`, read once."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import yaml

FILE = Path(__file__).parent / "roles.yml"
_ADMIN = "admin"
_EVERYONE = "everyone"


@lru_cache(maxsize=16)
def intents_of(role: str | None) -> frozenset[str] | None:
    """What a role may ask for; None for no role, for headquarters, and for a role not listed."""
    listed = _roles()
    if role is None or role == _ADMIN or role not in listed:
        return None
    return frozenset(listed[role]) | frozenset(listed[_EVERYONE])


def roles_of(intent: str) -> list[str]:
    """The roles that may ask for an intent."""
    listed = _roles()
    names = [role for role in listed if role != _EVERYONE]
    return [role for role in names if intent in listed[role] or intent in listed[_EVERYONE]]


def known_intents() -> frozenset[str]:
    """Every intent that some role may ask for."""
    return frozenset(intent for intents in _roles().values() for intent in intents)


@lru_cache(maxsize=1)
def _roles() -> dict[str, list[str]]:
    roles: dict[str, list[str]] = yaml.safe_load(FILE.read_text("utf-8"))
    return roles
