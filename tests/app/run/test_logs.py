from pathlib import Path

from app.run import logs


def test_a_child_goes_on_writing_through_a_rotation(tmp_path: Path) -> None:
    path = tmp_path / "gateway.log"
    with logs.open_log(path) as child:
        child.write(b"before\n")
        logs.rotate(path, max_bytes=3)
        child.write(b"after\n")

    assert path.read_text() == "after\n"
    assert (tmp_path / "gateway.log.1").read_text() == "before\n"


def test_a_small_log_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "gateway.log"
    path.write_text("short\n")

    logs.rotate(path, max_bytes=100)

    assert [p.name for p in tmp_path.iterdir()] == ["gateway.log"]


def test_only_so_many_old_logs_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "gateway.log"
    for number in range(5):
        path.write_text(f"{number}\n")
        logs.rotate(path, max_bytes=1, kept=2)

    assert (tmp_path / "gateway.log.1").read_text() == "4\n"
    assert (tmp_path / "gateway.log.2").read_text() == "3\n"
    assert not (tmp_path / "gateway.log.3").exists()


def test_the_tail_is_of_this_start(tmp_path: Path) -> None:
    path = tmp_path / "gateway.log"
    path.write_text("old\n")
    start = logs.size(path)
    with path.open("a") as file:
        file.writelines(f"{number}\n" for number in range(20))

    assert logs.tail(path, start, lines=3) == ["17", "18", "19"]
    assert "old" not in logs.tail(path, start, lines=100)


def test_the_tail_of_a_rotated_log_is_what_is_left(tmp_path: Path) -> None:
    path = tmp_path / "gateway.log"
    path.write_text("new\n")

    assert logs.tail(path, since=1000) == ["new"]


def test_a_log_that_is_not_there_has_no_lines(tmp_path: Path) -> None:
    assert logs.tail(tmp_path / "none.log") == []
