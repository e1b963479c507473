"""Settings of a stage's own, whatever the environment and `.env` say."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import SecretStr

from crm_core import crypto, queues
from crm_core.settings import PREFIX, Settings, settings


@contextmanager
def settings_of(home: Path, **urls: str) -> Iterator[Settings]:
    """Let this process, and its children, work in demo mode on `home` and these addresses."""
    before = {name: value for name, value in os.environ.items() if name.startswith(PREFIX)}
    for name in before:
        del os.environ[name]
    os.environ |= _everything(home, urls)
    _forget()
    try:
        yield settings()
    finally:
        queues.redis().close()
        for name in [name for name in os.environ if name.startswith(PREFIX)]:
            del os.environ[name]
        os.environ |= before
        _forget()


def _everything(home: Path, urls: dict[str, str]) -> dict[str, str]:
    """Every setting, since `.env` fills what the environment leaves out."""
    given = {
        "home": home,
        "demo": True,
        "log_level": "WARNING",
        "secret_key": secrets.token_urlsafe(32),
        "internal_secret": secrets.token_urlsafe(32),
    }
    made = Settings.model_validate(given | urls)
    named = ((name, _plain(getattr(made, name))) for name in Settings.model_fields)
    return {PREFIX + name.upper(): value for name, value in named if value}


def _plain(value: object) -> str:
    return str(value.get_secret_value() if isinstance(value, SecretStr) else value)


def _forget() -> None:
    settings.cache_clear()
    queues.redis.cache_clear()
    queues.get.cache_clear()
    crypto.forget()
