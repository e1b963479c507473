"""Versions of a representation, so that nobody overwrites what they have not seen."""

import hashlib

from pydantic import BaseModel

_HEX = 32


def of(body: BaseModel) -> str:
    """The ETag of what a GET answers."""
    return f'"{hashlib.sha256(body.model_dump_json().encode()).hexdigest()[:_HEX]}"'


def names(header: str, etag: str) -> bool:
    """Whether an If-Match or If-None-Match header names this version."""
    listed = [part.strip().removeprefix("W/") for part in header.split(",")]
    return "*" in listed or etag in listed
