"""Which labels may be used: so many a class, drawn by a hash, so that a larger budget holds a smaller one."""

from __future__ import annotations

from collections import defaultdict

from cdkd_kg.corpus.corpus import Corpus
from cdkd_kg.corpus.draw import draw_key


def label_budget(corpus: Corpus, task: str, seed: int, labels_per_class: int | None) -> list[str]:
    """Return the sorted ids of the source training rows of a task whose labels may be used.

    ``labels_per_class`` rows of each domain and label are drawn by SHA-256 of (seed, id); None takes all, as is done
    of a domain that is ``part_of`` another: what people say of the texts of a service is always heard. A row with
    several labels counts for each of them. The budget is no part of the corpus, so that corpus, entities and graph are
    the same under every budget.
    """
    labelled = corpus.labelled(task)
    members: dict[tuple[str, str], list[str]] = defaultdict(list)
    everything, heard = [], []
    for name, domain, labels in zip(labelled["id"][:], labelled["domain"][:], labelled["label"][:], strict=True):
        if corpus.domains[domain].role != "source":
            continue
        everything.append(name)
        if corpus.domains[domain].part_of is not None:
            heard.append(name)
            continue
        for label in labels:
            members[domain, label].append(name)
    if labels_per_class is None:
        return sorted(everything)
    drawn = set(heard)
    for names in members.values():
        drawn.update(sorted(names, key=lambda name: draw_key(seed, name))[:labels_per_class])
    return sorted(drawn)
