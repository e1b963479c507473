"""Settings: environment variables (or `.env`) with the prefix DIANYU_; see docs/settings.md."""

import base64
import hashlib
import hmac
import os
import secrets
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Literal, Self
from urllib.parse import quote
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dotenv import dotenv_values
from pydantic import (
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "DIANYU_"
FOR_TESTS = "DIANYU_TEST_"  # read by the test suite only
DOT_ENV = ".env"

_SOCKET_PATH_BYTES = 107  # unix(7): sun_path holds 108 with the closing zero


class BadSettings(ValueError):
    """A setting is unknown or malformed; the message names it."""


class Settings(BaseSettings):
    model_config = SettingsConfigDict(
        env_prefix=PREFIX, frozen=True, extra="ignore", env_ignore_empty=True
    )

    port: int = Field(default=8000, ge=1024, le=65000)
    host: str = "127.0.0.1"
    home: Path = Path("var")
    demo: bool = False
    time_zone: str = "Asia/Shanghai"
    workers: int = Field(default=1, ge=1, le=32)
    rasa_workers: int = Field(default=1, ge=1, le=16)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    database_url: str = ""
    redis_url: str = ""
    rasa_url: str = ""
    internal_url: str = ""
    ui_url: str = ""
    sandbox_url: str = ""

    secret_key: SecretStr = SecretStr("")
    secret_key_previous: SecretStr = SecretStr("")
    internal_secret: SecretStr = SecretStr("")

    oa_appid: str = ""
    oa_secret: SecretStr = SecretStr("")
    oa_token: SecretStr = SecretStr("")
    oa_aes_key: SecretStr = SecretStr("")
    oa_aes_key_previous: SecretStr = SecretStr("")
    oa_mode: Literal["plain", "safe", "both"] = "safe"
    wecom_corpid: str = ""
    wecom_agent_id: int = 0
    wecom_secret: SecretStr = SecretStr("")
    wecom_token: SecretStr = SecretStr("")
    wecom_aes_key: SecretStr = SecretStr("")
    wecom_aes_key_previous: SecretStr = SecretStr("")
    wechat_api_base: str = ""
    wecom_api_base: str = ""
    sms_api_base: str = ""
    sms_access_key_id: str = ""
    sms_access_key_secret: SecretStr = SecretStr("")
    sms_sign_name: str = ""
    sms_template_code: str = ""

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except ZoneInfoNotFoundError:
            raise ValueError("there is no such time zone") from None
        return name

    @field_validator("oa_aes_key", "oa_aes_key_previous", "wecom_aes_key", "wecom_aes_key_previous")
    @classmethod
    def _aes_key_length(cls, key: SecretStr) -> SecretStr:
        if len(key.get_secret_value()) not in {0, 43}:
            raise ValueError("an EncodingAESKey has 43 characters")
        return key

    @field_validator(
        "database_url", "redis_url", "rasa_url", "internal_url", "ui_url", "sandbox_url"
    )
    @classmethod
    def _known_scheme(cls, urls: str, info: ValidationInfo) -> str:
        schemes = _SCHEMES.get(str(info.field_name), ("http://", "https://"))
        for url in filter(None, urls.split(",")):
            if not url.strip().startswith(schemes):
                raise ValueError(f"an address here begins with {' or '.join(schemes)}")
        return urls

    @model_validator(mode="after")
    def _fill_in(self) -> Self:
        for name, value in self._derived().items():
            if not _plain(getattr(self, name)):
                field = type(self).model_fields[name].annotation
                object.__setattr__(self, name, field(value) if field is SecretStr else value)
        return self

    def _derived(self) -> dict[str, object]:
        home = self.home.absolute()
        at = {n: f"http://127.0.0.1:{self.port + n}" for n in range(1, 5)}
        derived: dict[str, object] = {
            "database_url": f"sqlite:///{home}/dianyu.db",
            "redis_url": f"unix://{quote(str(redis_socket(home)))}",
            "internal_url": at[1],
            "rasa_url": at[2],
            "sandbox_url": at[3],
            "ui_url": at[4],
        }
        return derived | (self._sandbox_accounts(at[3]) if self.demo else _REAL_PLATFORMS)

    def _sandbox_accounts(self, default_url: str) -> dict[str, object]:
        """The demo's accounts exist only in the sandbox; their secrets follow from ours."""
        url = self.sandbox_url or default_url
        seed = self.internal_secret.get_secret_value().encode()

        def made(name: str) -> str:
            return hmac.new(seed, name.encode(), hashlib.sha256).hexdigest()

        def aes(name: str) -> str:
            key = hmac.new(seed, name.encode(), hashlib.sha256).digest()
            return base64.b64encode(key, altchars=b"AA").decode()[:43]

        return {
            "wechat_api_base": f"{url}/oa",
            "wecom_api_base": f"{url}/wecom",
            "sms_api_base": f"{url}/sms",
            "oa_appid": "wx" + made("oa appid")[:16],
            "oa_secret": made("oa secret")[:32],
            "oa_token": made("oa token")[:32],
            "oa_aes_key": aes("oa aes"),
            "wecom_corpid": "ww" + made("corpid")[:16],
            "wecom_agent_id": 1000002,
            "wecom_secret": made("wecom secret")[:43],
            "wecom_token": made("wecom token")[:32],
            "wecom_aes_key": aes("wecom aes"),
            "sms_access_key_id": made("sms id")[:24],
            "sms_access_key_secret": made("sms secret")[:30],
            "sms_sign_name": "店语",
            "sms_template_code": "SMS_0001",
        }

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def embedded_redis(self) -> bool:
        """Whether no server was named, so that ours is started."""
        return self.redis_url == self._derived()["redis_url"]

    @property
    def own_rasa(self) -> bool:
        """Whether no Rasa was named, so that ours is trained and started."""
        return self.rasa_url == self._derived()["rasa_url"]

    @property
    def rasa_urls(self) -> list[str]:
        return [url.strip().rstrip("/") for url in self.rasa_url.split(",")]


_SCHEMES = {
    "database_url": ("sqlite:///", "postgresql+psycopg://", "mysql+pymysql://"),
    "redis_url": ("unix://", "redis://", "rediss://"),
}

_REAL_PLATFORMS: dict[str, object] = {
    "wechat_api_base": "https://api.weixin.qq.com",
    "wecom_api_base": "https://qyapi.weixin.qq.com",
    "sms_api_base": "https://dysmsapi.aliyuncs.com",
}


@cache
def settings() -> Settings:
    return load(os.environ)


def load(environ: Mapping[str, str]) -> Settings:
    """Read the settings, `.env` and the secrets made on the first run included.

    Raises:
        BadSettings: a variable is unknown or its value malformed; the message names it.
    """
    given = {**dotenv_values(DOT_ENV), **environ}
    for name in given:
        known = name.removeprefix(PREFIX).lower() in Settings.model_fields
        if name.startswith(PREFIX) and not known and not name.startswith(FOR_TESTS):
            raise BadSettings(f"{name} is not a setting; docs/settings.md lists them all")
    home = Path(given.get(f"{PREFIX}HOME") or "var")
    try:
        return Settings(_env_file=(home / "secrets.env", DOT_ENV))
    except ValidationError as error:
        first = error.errors()[0]
        name = PREFIX + "_".join(str(part) for part in first["loc"]).upper()
        raise BadSettings(f"{name}: {first['msg'].removeprefix('Value error, ')}") from None


def redis_socket(home: Path) -> Path:
    """Where the embedded Redis of `home` listens.

    A path too long for a socket moves to a folder in the temporary directory, named after `home`.
    """
    path = home.absolute() / "redis" / "redis.sock"
    if len(os.fsencode(path)) <= _SOCKET_PATH_BYTES:
        return path
    name = hashlib.sha256(os.fsencode(home.absolute())).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"dianyu-{name}" / "redis.sock"


def make_secrets(home: Path) -> None:
    """Write `secrets.env` under `home` (mode 600) on the first run; later calls change nothing.

    It appears whole or, where the disk is full, not at all.
    """
    home.mkdir(parents=True, exist_ok=True)
    path = home / "secrets.env"
    if path.exists():
        return
    part = path.with_suffix(f".{os.getpid()}")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            for name in ("SECRET_KEY", "INTERNAL_SECRET"):
                file.write(f"{PREFIX}{name}={secrets.token_urlsafe(32)}\n")
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):  # another process was first
            path.hardlink_to(part)
    finally:
        part.unlink()


def _plain(value: object) -> object:
    return value.get_secret_value() if isinstance(value, SecretStr) else value
