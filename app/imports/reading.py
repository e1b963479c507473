"""CSV files as shops have them: UTF-8 or GBK, commas or tabs, from spreadsheets of any kind."""

import codecs
import csv
import io
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

_CHUNK_BYTES = 1 << 16
_ENCODINGS = ("utf-8-sig", "utf-16", "gb18030")  # the last one contains GBK
_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class BadFile(Exception):
    """The file cannot be read at all; the message says why."""


@dataclass(frozen=True)
class Row:
    """One record: the line it begins on, and its cells by the header's names."""

    line: int
    cells: dict[str, str]
    beyond: tuple[str, ...] = ()  # cells without a heading: a comma that was not quoted, mostly


def encoding(path: Path) -> str:
    """The first encoding in which the whole file makes sense; it is never read into memory.

    Raises:
        BadFile: there is none, or no such file.
    """
    try:
        with path.open("rb") as file:
            return encoding_of(file)
    except OSError as error:
        raise BadFile(f"打不开 {path}：{error.strerror}") from error


def encoding_of(file: BinaryIO) -> str:
    """As `encoding`, of an open file; it is left at some place in it.

    Raises:
        BadFile: there is none.
    """
    marked = file.read(2) in _UTF16_MARKS
    for name in _ENCODINGS:
        file.seek(0)
        if (name == "utf-16") == marked and _makes_sense(file, name):
            return name
    raise BadFile("文件的编码既不是 UTF-8 也不是 GBK")


def rows(binary: BinaryIO, name: str) -> Generator[Row]:
    """The records of a file in this encoding, one after the other; blank ones are left out.

    The first `Row` is the header: its cells are their own names.

    Raises:
        BadFile: it is no CSV file.
    """
    text = io.TextIOWrapper(binary, encoding=name, newline="")
    try:
        yield from _records(text)
    except csv.Error as error:
        raise BadFile(f"不是 CSV 文件：{error}") from error
    finally:
        text.detach()  # the caller closes what it has opened


def of_cells(line: int, header: Sequence[str], cells: list[str]) -> Row:
    """A record under its header: short ones are filled up, what is beyond it is noticed."""
    padded = cells + [""] * (len(header) - len(cells))
    beyond = cells[len(header) :]
    kept = tuple(beyond) if any(beyond) else ()
    return Row(line, dict(zip(header, padded, strict=False)), kept)


def _records(text: io.TextIOWrapper) -> Iterator[Row]:
    header: Sequence[str] = []
    reader = csv.reader(_clean(text), delimiter=_delimiter(text))
    begins = 1
    for record in reader:
        cells = [cell.strip() for cell in record]
        if any(cells) and not header:
            header = checked(cells)
            yield Row(begins, {name: name for name in header})
        elif any(cells):
            yield of_cells(begins, header, cells)
        begins = reader.line_num + 1
    if not header:
        raise BadFile("文件是空的")


def _makes_sense(file: BinaryIO, name: str) -> bool:
    decoder = codecs.getincrementaldecoder(name)()
    try:
        while chunk := file.read(_CHUNK_BYTES):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _delimiter(text: io.TextIOWrapper) -> str:
    """What divides the header: a tab, a semicolon or a comma; the text is rewound."""
    header = text.readline()
    text.seek(0)
    return max(",\t;", key=header.count)


def _clean(text: io.TextIOWrapper) -> Iterator[str]:
    for line in text:
        yield line.replace("\0", "")


def checked(header: list[str]) -> list[str]:
    """The header, if no two columns have one name.

    Raises:
        BadFile: two have.
    """
    named = [name for name in header if name]
    if len(set(named)) < len(named):
        raise BadFile("表头有两列同名")
    return header
