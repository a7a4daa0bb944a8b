from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

from cdkd_kg.config import GraphConfig
from cdkd_kg.graph.build import build_graph
from cdkd_kg.graph.tensors import to_tensors
from tests.graph.helpers import EX, documents, extraction, mention, relation

WORDS = ["flu", "cold", "ann", "bob", "eve"]
CODE = "import sys, tests.graph.test_determinism as t; print(t.fingerprint(t.Path(sys.argv[1])))"


def fingerprint(vocabulary: Path) -> str:
    names = [f"d/{number}" for number in range(30)]
    rows = [
        mention(name, 10 * place, word, EX + word if word in ("flu", "cold") else None)
        for number, name in enumerate(names)
        for place, word in enumerate(WORDS[number % 3 :][:3])
    ]
    said = [relation(name, 0, ["see", "have"][number % 2], 10) for number, name in enumerate(names)]
    config = GraphConfig(name="test", max_document_share=1.0, min_npmi=-1.0)
    graph = build_graph(extraction(rows, said), documents(*names), [vocabulary], config, {"id": "r"})
    data = to_tensors(graph, config)
    digest = hashlib.sha256()
    for kind in data.edge_types:
        digest.update(data[kind].edge_index.numpy().tobytes() + data[kind].edge_weight.numpy().tobytes())
    return f"{graph.revision} {data['entity'].ids} {data.edge_types} {digest.hexdigest()}"


def test_any_hash_seed_gives_the_same_bytes(vocabulary: Path) -> None:
    seed = "4242" if os.environ.get("PYTHONHASHSEED") != "4242" else "1"
    there = subprocess.run(
        [sys.executable, "-c", CODE, str(vocabulary)],
        env={**os.environ, "PYTHONHASHSEED": seed},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    here = fingerprint(vocabulary)
    assert "comention" in here
    assert there.stdout.strip() == here
