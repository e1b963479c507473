"""Columns that mean the same on SQLite, PostgreSQL and MariaDB; every model is built from these."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import orjson
from sqlalchemy import BigInteger, DateTime, Dialect, Enum, Integer, LargeBinary, String, Text
from sqlalchemy.dialects import mysql
from sqlalchemy.types import JSON, TypeDecorator, TypeEngine
from sqlmodel import Field, SQLModel

from crm_core import crypto
from crm_core.clock import now

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

# MariaDB's default collation makes the openids oABC and oabc one person.
_OPTIONS = {"mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin", "mysql_engine": "InnoDB"}

_BigId = BigInteger().with_variant(Integer(), "sqlite")


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment, kept in UTC to the microsecond."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name in {"mysql", "mariadb"}:
            return dialect.type_descriptor(mysql.DATETIME(fsp=6))
        return dialect.type_descriptor(DateTime(timezone=dialect.name == "postgresql"))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone cannot be stored")
        utc = value.astimezone(UTC)
        return utc if dialect.name == "postgresql" else utc.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


class Encrypted(TypeDecorator[Any]):
    """Any JSON value (a string mostly), encrypted; `context` is "table.column"."""

    impl = LargeBinary
    cache_ok = True

    def __init__(self, context: str) -> None:
        super().__init__()
        self.context = context

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name in {"mysql", "mariadb"}:
            return dialect.type_descriptor(mysql.MEDIUMBLOB())
        return dialect.type_descriptor(LargeBinary())

    def process_bind_param(self, value: Any, _dialect: Dialect) -> bytes | None:
        return None if value is None else crypto.encrypt(orjson.dumps(value), self.context)

    def process_result_value(self, value: bytes | None, _dialect: Dialect) -> Any:
        return None if value is None else orjson.loads(crypto.decrypt(value, self.context))


def args(*constraints: Any) -> Any:
    """`__table_args__` of every model: its constraints and the options every table has."""
    return (*constraints, _OPTIONS)


def key() -> Any:
    """The primary key, given by the database."""
    return Field(default=None, primary_key=True, sa_type=_BigId)


def link(target: str, *, optional: bool = False, **options: Any) -> Any:
    """An indexed foreign key to `target`.id."""
    if optional:
        options.setdefault("default", None)
    options.setdefault("index", True)
    return Field(foreign_key=f"{target}.id", nullable=optional, sa_type=_BigId, **options)


def at(*, optional: bool = False, **options: Any) -> Any:
    """A moment; without a default it is given, `optional` ones start empty."""
    if optional:
        options.setdefault("default", None)
    return Field(sa_type=UtcDateTime, nullable=optional, **options)


def created() -> Any:
    """The moment the row was made."""
    return Field(default_factory=now, sa_type=UtcDateTime, nullable=False)


def choice(kind: type[StrEnum], **options: Any) -> Any:
    """One of an enum's values, kept as a string that the database checks."""
    column = Enum(
        kind,
        native_enum=False,
        create_constraint=True,
        length=32,
        values_callable=lambda members: [member.value for member in members],
        name=_snake(kind.__name__),
    )
    return Field(sa_type=column, nullable=False, **options)


def word(length: int, **options: Any) -> Any:
    """A short string of at most `length` characters."""
    nullable = options.pop("optional", False)
    if nullable:
        options.setdefault("default", None)
    return Field(sa_type=String(length), nullable=nullable, **options)


def words(**options: Any) -> Any:
    """A text of any length that is not personal."""
    return Field(sa_type=Text, nullable=False, **options)


def secret(context: str, *, optional: bool = False, **options: Any) -> Any:
    """Personal data: encrypted; `context` is "table.column"."""
    if optional:
        options.setdefault("default", None)
    return Field(sa_type=Encrypted(context), nullable=optional, **options)


def json(**options: Any) -> Any:
    """A JSON value that is not personal."""
    return Field(sa_type=JSON, nullable=False, **options)


def _snake(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")
