from __future__ import annotations

from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cdkd_kg.corpus.lines import read_lines

LIMIT = 16


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.binary(max_size=40), st.sampled_from([b"\n", b"\r\n"])), max_size=8))
def test_every_line_comes_with_its_number_size_and_content(tmp_path: Path, lines: list[tuple[bytes, bytes]]) -> None:
    bodies = [body.replace(b"\n", b"").replace(b"\r", b"") for body, _ in lines]
    path = tmp_path / "file"
    path.write_bytes(b"".join(body + end for body, (_, end) in zip(bodies, lines, strict=True)))
    read = list(read_lines(path, LIMIT))
    assert [line.number for line in read] == list(range(1, len(bodies) + 1))
    assert [line.over for line in read] == [len(body) > LIMIT for body in bodies]
    assert [line.content for line in read if not line.over] == [body for body in bodies if len(body) <= LIMIT]
    assert [line.size for line in read] == [len(body) for body in bodies]
    assert [line.end for line in read] == [end for _, end in lines]


def test_the_last_line_needs_no_end(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"one\ntwo")
    assert [line.content for line in read_lines(path, 100)] == [b"one", b"two"]


def test_a_line_at_the_limit_is_read_and_one_byte_more_is_not(tmp_path: Path) -> None:
    path = tmp_path / "file"
    for end in (b"\n", b"\r\n", b""):
        path.write_bytes(b"a" * LIMIT + end)
        assert [line.over for line in read_lines(path, LIMIT)] == [False]
        path.write_bytes(b"a" * (LIMIT + 1) + end)
        assert [line.over for line in read_lines(path, LIMIT)] == [True]


def test_a_byte_order_mark_is_cut_off_the_first_line_alone(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"\xef\xbb\xbfone\n\xef\xbb\xbftwo\n")
    assert [(line.content, line.bom) for line in read_lines(path, 100)] == [
        (b"one", True),
        (b"\xef\xbb\xbftwo", False),
    ]
