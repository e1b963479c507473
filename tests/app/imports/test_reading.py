from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.imports.reading import BadFile, Row, encoding, rows


def read(path: Path) -> list[Row]:
    with path.open("rb") as file:
        return list(rows(file, encoding(path)))


@pytest.mark.parametrize("name", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
def test_the_encodings_of_spreadsheets(tmp_path: Path, name: str) -> None:
    path = tmp_path / "stores.csv"
    path.write_bytes("编码,名称\r\nS1,万达店\r\n".encode(name))
    assert read(path)[1] == Row(2, {"编码": "S1", "名称": "万达店"})


@pytest.mark.parametrize("divider", [",", "\t", ";"])
def test_what_divides_the_header_divides_the_rows(tmp_path: Path, divider: str) -> None:
    path = tmp_path / "stores.csv"
    path.write_text(f"编码{divider}名称\nS1{divider}万达店\n", encoding="utf-8")
    assert read(path)[1].cells == {"编码": "S1", "名称": "万达店"}


def test_lines_are_counted_as_editors_do(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('\n编码,正文\nA,"一\n二"\n\nB,三\n', encoding="utf-8")
    assert [row.line for row in read(path)] == [2, 3, 6]


def test_cells_are_stripped_short_rows_filled_and_long_ones_noticed(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a,b\n 1 \n1,2,,3\n1,2,\n", encoding="utf-8")
    assert read(path)[1:] == [
        Row(2, {"a": "1", "b": ""}),
        Row(3, {"a": "1", "b": "2"}, ("", "3")),
        Row(4, {"a": "1", "b": "2"}),
    ]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "空"),
        (b"a,a\n1,2\n", "同名"),
        (b"a\n" + b"x" * 200_000, "CSV"),
        (b"\xff\x00\x81", "编码"),
    ],
)
def test_what_is_no_csv_file_is_refused(tmp_path: Path, content: bytes, why: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with pytest.raises(BadFile, match=why):
        read(path)


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="打不开"):
        encoding(tmp_path / "missing.csv")


@given(content=st.binary(max_size=300))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_in_a_file_it_is_read_or_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with suppress(BadFile):
        assert read(path)
