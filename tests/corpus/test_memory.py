"""A line of 100 MB is passed over: measured in a process of its own, over what the imports take."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.corpus.helpers import labelled_rows

PROGRAM = """
import json, resource, sys
from cdkd_kg.config import CorpusConfig
from cdkd_kg.corpus.build import check_corpus

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024

before = peak()
_, report = check_corpus(CorpusConfig.model_validate(json.loads(sys.argv[1])))
rules = [[row.rule, row.line] for row in report.set_aside]
print(json.dumps({"mib": peak() - before, "rules": rules, "used": report.rows_used}))
"""
MIB = 1 << 20
LINE = 100 * 1000 * 1000


def write(path: Path, prefix: bytes, unit: bytes, suffix: bytes) -> None:
    with path.open("ab") as handle:
        handle.write(prefix)
        for _ in range(LINE // len(unit)):
            handle.write(unit)
        handle.write(suffix)


@pytest.mark.parametrize("kind", ["rows.jsonl", "rows.csv", "quoted.csv"])
def test_a_line_of_100_mb_takes_no_memory(tmp_path: Path, kind: str) -> None:
    path = tmp_path / kind
    rows = labelled_rows(20)
    if path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        write(path, b'{"text": "', b"a" * MIB, b'"}\n')
        path.open("a").write('{"id": "last", "text": "the last", "label": "sport"}\n')
    else:
        path.write_text("id,text,label\n" + "".join(",".join(row.values()) + "\n" for row in rows))
        write(path, b'big,"' if kind == "quoted.csv" else b"big,", b"a" * MIB, b'",sport\n')
        path.open("a").write("last,the last,sport\n")
    task = {"labels": ["sport", "business"]}
    config = {"tasks": {"t": task}, "domains": {"d": {"task": "t", "source": {"path": str(path)}}}}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, json.dumps(config)], capture_output=True, check=True, text=True
    )
    found = json.loads(done.stdout)
    assert found["rules"] == [["line-too-long", 21 + (path.suffix == ".csv")]]
    assert found["used"] == 21
    assert found["mib"] < 300, found
