"""How good the teachers' opinions are on training rows whose labels nobody was shown."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cdkd_kg.config import EvaluationConfig
from cdkd_kg.corpus.corpus import Corpus
from cdkd_kg.evaluation.metrics import scores


def score_hidden(
    corpus: Corpus, task: str, logits: NDArray[np.floating], config: EvaluationConfig
) -> dict[str, dict[str, float]]:
    """Return ``{domain: scores}`` of one opinion on the target domains' training rows with hidden labels.

    Args:
        corpus: the documents and the hidden labels.
        task: the label space.
        logits: ``[N, C]`` for :meth:`Corpus.graph_documents`, in their order.
        config: calibration bins.
    """
    labels = {label: place for place, label in enumerate(corpus.tasks[task].labels)}
    rows = corpus.graph_documents()
    ids, domains = rows["id"][:], np.array(rows["domain"][:], dtype=str)
    targets = np.zeros((len(ids), len(labels)), dtype=np.float32)
    known = np.array([name in corpus.hidden for name in ids], dtype=bool)
    for row in np.flatnonzero(known):
        mine = corpus.hidden[ids[row]] if domains[row] in _domains(corpus, task) else []
        targets[row, [labels[label] for label in mine]] = 1
    return {
        domain: scores(logits[member], targets[member], corpus.tasks[task].multi_label, config.calibration_bins)
        for domain in _domains(corpus, task)
        if (member := known & (domains == domain)).any()
    }


def _domains(corpus: Corpus, task: str) -> list[str]:
    return [name for name, about in corpus.domains.items() if about.task == task]
