"""How well mentions are found and linked: what GERBIL measures, candidate recall, and calibration."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from cdkd_kg.entities.linking.linker import Link
from cdkd_kg.evaluation.metrics import bin_of

RANKS = (1, 10, 30)


class Gold(NamedTuple):
    """A piece of a text, in code points, and what it means; None where the vocabulary has no such concept."""

    begin: int
    end: int
    iri: str | None


class Said(NamedTuple):
    """A piece of a text that a system takes for a mention, and its link."""

    begin: int
    end: int
    link: Link


@dataclass(frozen=True)
class Counts:
    """True positives, what was said, what is gold; and the measures that they give."""

    right: int
    said: int
    gold: int

    @property
    def precision(self) -> float:
        """Share of what was said that is right; 0 where nothing was said."""
        return self.right / self.said if self.said else 0.0

    @property
    def recall(self) -> float:
        """Share of gold that was found; 0 where there is no gold."""
        return self.right / self.gold if self.gold else 0.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        return 2 * self.right / (self.said + self.gold) if self.said + self.gold else 0.0


def with_gold_spans(
    gold: Sequence[Sequence[Gold]], links: Sequence[Sequence[Link]], bins: int = 10
) -> dict[str, float]:
    r"""Return how well given mentions are linked (D2KB), document by document.

    ``accuracy`` is the share of mentions with a concept in the vocabulary that got it (GERBIL's InKB); ``nil_*`` say
    how well the others were left unlinked; ``recall_at_k`` whether the k likeliest candidates hold the concept;
    ``ece`` is :math:`\sum_b \frac{n_b}{n} \lvert \mathrm{acc}(b) - \mathrm{conf}(b) \rvert` over ``bins`` equal bins
    of the confidence of the n links that were made.

    Source: Röder, Usbeck and Ngonga Ngomo, GERBIL, Semantic Web 9(5), 2018; Guo et al., ICML 2017.
    """
    pairs = [pair for mine, theirs in zip(gold, links, strict=True) for pair in zip(mine, theirs, strict=True)]
    known = [(mention.iri, link) for mention, link in pairs if mention.iri is not None]
    unlinked = [mention.iri is None for mention, link in pairs if link.iri is None]
    unknown = sum(mention.iri is None for mention, _ in pairs)
    made = [(link.confidence, link.iri == mention.iri) for mention, link in pairs if link.iri is not None]
    found = {
        "mentions": float(len(pairs)),
        "in_kb": float(len(known)),
        "accuracy": _share([link.iri == iri for iri, link in known]),
        "link_precision": _share([right for _, right in made]),
        "nil_precision": _share(unlinked),
        "nil_recall": sum(unlinked) / unknown if unknown else 0.0,
        "ece": calibration_error(made, bins),
    }
    for rank in RANKS:
        hits = [iri in {one.iri for one in link.candidates[:rank]} for iri, link in known]
        found[f"recall_at_{rank}"] = _share(hits)
    return found


def end_to_end(gold: Sequence[Sequence[Gold]], said: Sequence[Sequence[Said]]) -> dict[str, float]:
    """Return how well mentions are found and linked together (A2KB).

    InKB F1 counts links alone: a link is right where the IRI is, and the span is the same (``strong``) or overlaps
    (``weak``). Micro is over all links, macro the mean over documents with any. ``mention_f1`` asks for the spans.
    """
    found: dict[str, float] = {}
    for name, same in (("strong", _is_same), ("weak", _overlaps)):
        documents = [_linked(mine, theirs, same) for mine, theirs in zip(gold, said, strict=True)]
        whole = _sum(documents)
        found |= {f"{name}_precision": whole.precision, f"{name}_recall": whole.recall, f"{name}_micro_f1": whole.f1}
        found[f"{name}_macro_f1"] = _share([one.f1 for one in documents if one.said + one.gold])
        spans = [_matched(mine, theirs, same) for mine, theirs in zip(gold, said, strict=True)]
        found[f"{name}_mention_f1"] = _sum(spans).f1
    return found


def calibration_error(made: Iterable[tuple[float, bool]], bins: int) -> float:
    """Return the expected calibration error of (confidence, right) pairs; 0 for none."""
    rows = sorted(made)
    if not rows:
        return 0.0
    confidence, right = (np.array(column, dtype=np.float64) for column in zip(*rows, strict=True))
    gaps = np.bincount(bin_of(confidence, bins), confidence - right, minlength=bins)
    return float(np.abs(gaps).sum() / len(rows))


def _linked(gold: Sequence[Gold], said: Sequence[Said], same: Callable[[Gold, Said], bool]) -> Counts:
    links, known = [one for one in said if one.link.iri], [one for one in gold if one.iri]
    return _pairs(known, links, lambda mine, theirs: mine.iri == theirs.link.iri and same(mine, theirs))


def _matched(gold: Sequence[Gold], said: Sequence[Said], same: Callable[[Gold, Said], bool]) -> Counts:
    return _pairs(gold, said, same)


def _pairs(gold: Sequence[Gold], said: Sequence[Said], same: Callable[[Gold, Said], bool]) -> Counts:
    """Pair each gold mention with the first fitting one that is said and not taken yet."""
    free = list(said)
    right = 0
    for mention in gold:
        match = next((one for one in free if same(mention, one)), None)
        if match is not None:
            free.remove(match)
            right += 1
    return Counts(right, len(said), len(gold))


def _sum(counts: Sequence[Counts]) -> Counts:
    return Counts(*(sum(getattr(one, name) for one in counts) for name in ("right", "said", "gold")))


def _is_same(gold: Gold, said: Said) -> bool:
    return (gold.begin, gold.end) == (said.begin, said.end)


def _overlaps(gold: Gold, said: Said) -> bool:
    return gold.begin < said.end and said.begin < gold.end


def _share(values: Sequence[float]) -> float:
    return float(np.mean(values)) if len(values) else 0.0
