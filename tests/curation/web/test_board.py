"""What all requests work on, loaded again while they go on, or not where that fails."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from pyoxigraph import Literal, NamedNode, Quad

from cdkd_kg.curation.web import board as boards
from cdkd_kg.curation.web.board import Board
from cdkd_kg.errors import ArtifactError
from cdkd_kg.graph.decisions.decision import Draft
from cdkd_kg.graph.decisions.log import DecisionLog
from cdkd_kg.graph.folder import graph_folder
from cdkd_kg.graph.kept_mentions import TEXTS
from cdkd_kg.graph.namespaces import SKOS
from tests.graph.helpers import EX


@pytest.fixture
def board(folder: Path) -> Iterator[Board]:
    with closing(Board(folder)) as found:
        yield found


def add_ague(folder: Path) -> None:
    with graph_folder(folder) as graph:
        graph.add([Quad(NamedNode(EX + "ague"), SKOS.prefLabel, Literal("ague"), graph.vocabulary)])


def test_nobody_waits_while_it_is_loaded(board: Board, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go_on, queue = threading.Event(), threading.Event(), boards.kept_queue

    def slow(*asked: Any) -> Any:
        begun.set()
        assert go_on.wait(20)
        return queue(*asked)

    add_ague(folder)
    monkeypatch.setattr(boards, "kept_queue", slow)
    loading = threading.Thread(target=board.load)
    loading.start()
    assert begun.wait(20)
    number, items = board.items()
    board.decide("accept", [items[0].id], "ada", "", number)
    assert board.find("ague") == []
    go_on.set()
    loading.join()
    assert [hit.name for hit in board.find("ague")] == ["ague"]
    number, after = board.items()
    assert (number, len(after)) == (1, len(items) - 1)  # what was decided meanwhile holds


def test_a_load_that_fails_changes_nothing_and_is_still_to_be_done(board: Board, folder: Path) -> None:
    before = board.items()
    add_ague(folder)
    texts = next((folder / "mentions").glob(f"*/{TEXTS}"))
    whole = texts.read_bytes()
    texts.write_bytes(b"no table")
    with pytest.raises(ArtifactError, match="texts of the graph cannot be read"):
        board.load()
    assert board.changed
    assert board.items() == before
    texts.write_bytes(whole)
    board.load()
    assert not board.changed
    assert board.find("ague")


def test_what_is_written_while_it_is_copied_is_not_missed(
    board: Board, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = boards.kept_queue

    def written_meanwhile(*asked: Any) -> Any:
        add_ague(folder)
        return queue(*asked)

    monkeypatch.setattr(boards, "kept_queue", written_meanwhile)
    board.load()
    assert board.changed


def test_whoever_asks_at_the_same_time_gets_an_answer(board: Board, folder: Path) -> None:
    wrong: list[BaseException] = []

    def over_and_over(work: Any) -> None:
        try:
            for _ in range(8):
                work()
        except BaseException as error:
            wrong.append(error)

    names = iter(range(1000))
    works = [
        board.load,
        board.load,
        lambda: board.find("fl"),
        lambda: board.near("influensa"),
        lambda: board.again("bob"),
        lambda: board.entity("flu"),
        lambda: DecisionLog(folder).append(Draft("relabel", "x", (f"urn:{next(names)}",)), "eve"),
        lambda: board.decide("add-alias", ["flu", f"name {next(names)}"], "ada", "", 10**9),
    ]
    threads = [threading.Thread(target=over_and_over, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert board.items()[0] == 16
