"""Excel workbooks, read line by line: the first sheet, under the first line with words in it."""

from collections.abc import Generator, Sequence
from datetime import date, datetime, time
from typing import Any, BinaryIO
from zipfile import BadZipFile

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from app.imports.reading import BadFile, Row, checked, of_cells

MOST_LINES = 100_000
MARK = b"PK\x03\x04"


def rows(binary: BinaryIO) -> Generator[Row]:
    """The records of a workbook; as `reading.rows` yields them of a CSV file.

    Raises:
        BadFile: it is no workbook, or has more than 100,000 lines.
    """
    try:
        book = load_workbook(binary, read_only=True, data_only=True)
    except (InvalidFileException, BadZipFile, KeyError, ValueError) as error:
        raise BadFile(f"不是 Excel 文件：{type(error).__name__}") from error
    try:
        yield from _records(book.worksheets[0])
    finally:
        book.close()


def _records(sheet: Any) -> Generator[Row]:
    header: Sequence[str] = []
    for line, record in enumerate(sheet.iter_rows(values_only=True), 1):
        if line > MOST_LINES + 1:
            raise BadFile(f"Excel 文件最多 {MOST_LINES:,} 行，更多请另存为 CSV")
        cells = [_text(value) for value in record]
        if not any(cells):
            continue
        if not header:
            header = checked(cells)
            yield Row(line, {name: name for name in header})
        else:
            yield of_cells(line, header, cells)
    if not header:
        raise BadFile("文件是空的")


def _text(value: object) -> str:
    """A cell as it would stand in a CSV file: 13812345678.0 is a phone, not a fraction."""
    match value:
        case None:
            return ""
        case bool():
            return "是" if value else "否"
        case float() if value.is_integer():
            return str(int(value))
        case datetime():
            return f"{value:%Y-%m-%d}" if value.time() == time() else f"{value:%Y-%m-%d %H:%M:%S}"
        case date():
            return value.isoformat()
        case _:
            return str(value).strip()
