"""The log keeps what it was given, from several writers, and refuses what would contradict it."""

from __future__ import annotations

import json
import multiprocessing
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, Triple

from cdkd_kg.errors import ArtifactError, ConflictError, DataRefusedError
from cdkd_kg.graph.decisions.decision import Decision, Draft, fold
from cdkd_kg.graph.decisions.log import DecisionLog
from cdkd_kg.graph.namespaces import RDF, SKOS, XSD

NODE = NamedNode("urn:a")
WRITERS, EACH = 8, 250


def draft(about: str = "urn:a", value: str = "x") -> Draft:
    return Draft("accept", f"accept {value}", (about,), (Triple(NODE, SKOS.altLabel, Literal(value)),))


def undo(target: Decision) -> Draft:
    return Draft("undo", "undo", target.what.about, undoes=target.id)


def test_what_was_appended_is_there_in_order_with_numbers(tmp_path: Path) -> None:
    log = DecisionLog(tmp_path / "g")
    assert (log.entries(), log.last(), log.decisions()) == ([], 0, [])
    first = log.append(draft(value="1"), "ada", "because")
    second = log.append(draft(value="2"), "bob")
    assert log.entries() == [first, second]
    assert log.entries(since=1) == [second]
    assert [first.number, second.number, log.last()] == [1, 2, 2]
    assert (first.decision.why, first.decision.base, second.decision.base) == ("because", "", first.decision.id)
    assert first.decision.at < second.decision.at


def test_numbers_and_dates_are_kept_by_value_as_the_graph_keeps_them(tmp_path: Path) -> None:
    number = Triple(NODE, SKOS.notation, Literal("01", datatype=XSD.integer))
    entry = DecisionLog(tmp_path).append(Draft("accept", "", (), (number,)), "ada")
    assert [triple.object.value for triple in entry.decision.what.accepts] == ["1"]


def test_who_has_not_seen_what_was_decided_about_the_same_is_told(tmp_path: Path) -> None:
    log = DecisionLog(tmp_path)
    log.append(draft("urn:a", "old"), "ada", seen=0)
    log.append(draft("urn:b"), "bob", seen=0)
    with pytest.raises(ConflictError, match="ada: accept old") as refused:
        log.append(draft("urn:a", "new"), "eve", seen=0)
    assert [entry.decision.who for entry in refused.value.theirs] == ["ada"]
    assert log.last() == 2
    late = log.append(draft("urn:a", "new"), "eve", seen=1)
    assert late.decision.base == log.entries()[0].decision.id  # what eve saw, and not what bob decided meanwhile
    log.append(draft("urn:a", "whatever"), "eve")


def test_undoing_is_refused_where_it_makes_no_sense(tmp_path: Path) -> None:
    log, concept = DecisionLog(tmp_path), NamedNode("urn:new")
    made = log.append(Draft("create", "new", ("urn:m",), (Triple(concept, RDF.type, SKOS.Concept),)), "ada").decision
    named = log.append(Draft("relabel", "named", (concept.value,)), "ada").decision
    with pytest.raises(DataRefusedError, match=r"rests on this one.*named"):
        log.append(undo(made), "ada")
    log.append(undo(named), "ada")
    gone = log.append(undo(made), "ada").decision
    with pytest.raises(DataRefusedError, match="undone before"):
        log.append(undo(made), "ada")
    with pytest.raises(DataRefusedError, match="no such decision"):
        log.append(Draft("undo", "", (), undoes="0" * 32), "ada")
    log.append(undo(gone), "ada")
    assert fold(log.decisions()) == fold([made])


def test_decisions_from_elsewhere_are_taken_in_once(tmp_path: Path) -> None:
    here, there = DecisionLog(tmp_path / "a"), DecisionLog(tmp_path / "b")
    for log, name in ((here, "1"), (there, "2"), (here, "3")):
        log.append(draft(value=name), "ada")
    assert here.absorb(there.decisions()) == 1
    assert there.absorb(here.decisions()) == 2
    assert here.absorb(there.decisions()) == 0
    assert here.decisions() == there.decisions()
    with pytest.raises(ConflictError):
        here.append(draft(), "eve", seen=2)


@pytest.mark.parametrize("statement", ["DELETE FROM decision", "UPDATE decision SET record = '{}'"])
def test_nothing_that_was_decided_can_be_taken_away(tmp_path: Path, statement: str) -> None:
    log = DecisionLog(tmp_path)
    log.append(draft(), "ada")
    with sqlite3.connect(log.file) as connection, pytest.raises(sqlite3.IntegrityError, match="a decision is never"):
        connection.execute(statement)
    assert log.last() == 1


def test_a_log_that_was_tampered_with_is_refused(tmp_path: Path) -> None:
    log = DecisionLog(tmp_path)
    record = log.append(draft(), "ada").decision.record() | {"who": "eve"}
    with sqlite3.connect(log.file) as connection:
        connection.execute("DROP TRIGGER fixed")
        connection.execute("UPDATE decision SET record = ?", (json.dumps(record),))
    with pytest.raises(ArtifactError, match="entry 1"):
        log.entries()
    other = DecisionLog(tmp_path / "other")
    other.file.parent.mkdir()
    other.file.write_bytes(b"no database" * 100)
    with pytest.raises(ArtifactError, match="cannot be read or written"):
        other.last()


def test_a_log_of_another_version_is_refused(tmp_path: Path) -> None:
    log = DecisionLog(tmp_path)
    log.begin()
    with sqlite3.connect(log.file) as connection:
        connection.execute("PRAGMA user_version = 9")
    with pytest.raises(ArtifactError, match="another version"):
        log.last()


def write(folder: Path, writer: int) -> None:
    log = DecisionLog(folder)
    for number in range(EACH):
        while True:
            try:
                log.append(draft(f"urn:{number % 5}", f"{writer} {number}"), f"writer {writer}", seen=log.last())
                break
            except ConflictError:
                continue


def test_eight_writers_lose_nothing(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    spawn = multiprocessing.get_context("forkserver")
    writers = [spawn.Process(target=write, args=(tmp_path, number)) for number in range(WRITERS)]
    for process in writers:
        process.start()
    for process in writers:
        process.join()
    assert [process.exitcode for process in writers] == [0] * WRITERS
    found = DecisionLog(tmp_path).decisions()
    assert {one.what.label for one in found} == {f"accept {w} {n}" for w in range(WRITERS) for n in range(EACH)}
    assert len(found) == WRITERS * EACH == len({one.at for one in found})
    record_property("decisions of 8 writers at the same time", len(found))
