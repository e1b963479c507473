"""A file as records, whatever it is: CSV in several encodings, Excel, either of them gzipped."""

import gzip
import hashlib
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from app.imports import sheets
from app.imports.reading import BadFile, Row, encoding_of, rows

Open = Callable[[Path], AbstractContextManager[BinaryIO]]
_GZIP_MARK = b"\x1f\x8b"
_MARK_BYTES = 4


@contextmanager
def table(path: Path, opened: Open) -> Iterator[Iterator[Row]]:
    """The records of a file, the header first; never all of them in memory.

    Raises:
        BadFile: it cannot be opened or read.
    """
    try:
        with opened(path) as binary, closing(_rows(path, binary)) as records:
            yield records
    except (OSError, EOFError) as error:
        raise BadFile(f"打不开 {path}：{getattr(error, 'strerror', None) or error}") from error


def plainly(path: Path) -> AbstractContextManager[BinaryIO]:
    """The file, for somebody who does not watch."""
    return path.open("rb")


def content(path: Path) -> str:
    """What tells this file from every other.

    Raises:
        BadFile: it cannot be opened.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise BadFile(f"打不开 {path}：{error.strerror}") from error


def _rows(path: Path, binary: BinaryIO) -> Generator[Row]:
    with path.open("rb") as file:
        mark = file.read(_MARK_BYTES)
    if mark.startswith(_GZIP_MARK):
        with gzip.open(path) as looked_at:
            name = encoding_of(cast("BinaryIO", looked_at))
        with gzip.GzipFile(fileobj=binary) as unpacked:
            yield from rows(cast("BinaryIO", unpacked), name)
    elif mark == sheets.MARK:
        yield from sheets.rows(binary)
    else:
        with path.open("rb") as looked_at:
            name = encoding_of(looked_at)
        yield from rows(binary, name)
