"""What the graph moved is worth judging: 0 where it moved nothing, 1 where it turned a certain answer round."""

from __future__ import annotations

from pathlib import Path

import pytest

from cdkd_kg.artifacts import write_json
from cdkd_kg.curation.disagreement import disagreement
from cdkd_kg.evaluation.answered import FUSED, TEXT, Said, write_said

FAR = 40.0


def run_of(folder: Path, *, multi_label: bool, rows: list[tuple[str, str, int, list[float]]]) -> Path:
    """Write what a run says of documents: (who, document, seed, logits)."""
    write_json(folder / "results.json", {"config": {"corpus": {"tasks": {"topic": {"multi_label": multi_label}}}}})
    said = (Said("topic", who, seed, document, logits, ()) for who, document, seed, logits in rows)
    write_said(said, folder / "signals.parquet")
    return folder


def test_one_label_a_document(tmp_path: Path) -> None:
    rows = [
        *((who, "d/same", seed, [1.0, 0.0]) for who in (TEXT, FUSED) for seed in (0, 1)),
        *((TEXT, "d/turned", seed, [FAR, 0.0]) for seed in (0, 1)),
        *((FUSED, "d/turned", seed, [0.0, FAR]) for seed in (0, 1)),
        *((TEXT, "d/torn", seed, [FAR, 0.0]) for seed in (0, 1)),
        (FUSED, "d/torn", 0, [FAR, 0.0]),
        (FUSED, "d/torn", 1, [0.0, FAR]),
        *(("concepts", name, 0, [0.0, FAR]) for name in ("d/same", "d/turned", "d/torn")),
    ]
    found = disagreement(run_of(tmp_path, multi_label=False, rows=rows))
    assert found["d/same"] == pytest.approx(0)
    assert found["d/turned"] == pytest.approx(1)
    assert 0.2 < found["d/torn"] < 0.4  # of two seeds one was turned: p = (1, 0), q = (1/2, 1/2)


def test_several_labels_a_document(tmp_path: Path) -> None:
    rows = [(TEXT, "d/1", 0, [FAR, -FAR]), (FUSED, "d/1", 0, [FAR, FAR])]
    assert disagreement(run_of(tmp_path, multi_label=True, rows=rows)) == {"d/1": pytest.approx(0.5)}
