"""How well mentions are found and linked: what GERBIL measures, candidate recall, and calibration."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cdkd_kg.entities.linking.linker import Link
from cdkd_kg.evaluation.metrics import bin_of

RANKS = (1, 10, 30)
Shares = Mapping[str, NDArray[np.float64]]
"""Measures by name, each ``[documents, 2]``: how many of a document, and of how many. Sums make the measure of all."""


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


def measures(shares: Shares) -> dict[str, float]:
    """Return each measure of all documents together; 0 where there is nothing to share."""
    return {name: float(_share(*counts.sum(axis=0))) for name, counts in shares.items()}


def intervals(shares: Shares, draws: NDArray[np.floating]) -> dict[str, tuple[float, float]]:
    """Return the 95 % percentile interval of each measure over resamples of the documents.

    Args:
        shares: of each document.
        draws: ``[resamples, documents]``, as :func:`~cdkd_kg.evaluation.resampling.resamples` draws them.
    """
    found = {}
    for name, counts in shares.items():
        low, high = np.percentile(_share(*(draws @ counts).T), [2.5, 97.5])
        found[name] = (float(low), float(high))
    return found


def with_gold_spans(gold: Sequence[Sequence[Gold]], links: Sequence[Sequence[Link]]) -> Shares:
    """Return how well given mentions are linked (D2KB).

    ``accuracy`` is the share of mentions with a concept in the vocabulary that got it (GERBIL's InKB); ``nil_*`` say
    how well the others were left unlinked; ``recall_at_k`` whether the k likeliest candidates hold the concept.

    Source: Röder, Usbeck and Ngonga Ngomo, GERBIL, Semantic Web 9(5), 2018.
    """
    documents = [list(zip(mine, theirs, strict=True)) for mine, theirs in zip(gold, links, strict=True)]
    known = [[(mention.iri, link) for mention, link in pairs if mention.iri is not None] for pairs in documents]
    made = [[(mention.iri, link) for mention, link in pairs if link.iri is not None] for pairs in documents]
    unknown = [[link.iri is None for mention, link in pairs if mention.iri is None] for pairs in documents]
    unlinked = [[mention.iri is None for mention, link in pairs if link.iri is None] for pairs in documents]
    return {
        "accuracy": _counts([[link.iri == iri for iri, link in pairs] for pairs in known]),
        "link_precision": _counts([[link.iri == iri for iri, link in pairs] for pairs in made]),
        "nil_precision": _counts(unlinked),
        "nil_recall": _counts(unknown),
    } | {
        f"recall_at_{rank}": _counts(
            [[iri in {one.iri for one in link.candidates[:rank]} for iri, link in pairs] for pairs in known]
        )
        for rank in RANKS
    }


def end_to_end(gold: Sequence[Sequence[Gold]], said: Sequence[Sequence[Said]]) -> Shares:
    """Return how well mentions are found and linked together (A2KB).

    InKB F1 counts links alone: a link is right where the IRI is, and the span is the same (``strong``) or overlaps
    (``weak``). Micro is over all links, macro the mean over documents with any. ``mention_f1`` asks for the spans.
    """
    found: dict[str, NDArray[np.float64]] = {}
    for name, same in (("strong", _is_same), ("weak", _overlaps)):
        right, made, known = _sums([_linked(mine, theirs, same) for mine, theirs in zip(gold, said, strict=True)])
        f1 = _share(2 * right, made + known)
        found |= {
            f"{name}_precision": np.stack([right, made], axis=1),
            f"{name}_recall": np.stack([right, known], axis=1),
            f"{name}_micro_f1": np.stack([2 * right, made + known], axis=1),
            f"{name}_macro_f1": np.stack([f1, (made + known > 0).astype(np.float64)], axis=1),
        }
        right, made, known = _sums([_matched(mine, theirs, same) for mine, theirs in zip(gold, said, strict=True)])
        found[f"{name}_mention_f1"] = np.stack([2 * right, made + known], axis=1)
    return found


def link_calibration_error(gold: Sequence[Sequence[Gold]], links: Sequence[Sequence[Link]], bins: int = 10) -> float:
    """Return the expected calibration error of the links that were made to given mentions."""
    pairs = [pair for mine, theirs in zip(gold, links, strict=True) for pair in zip(mine, theirs, strict=True)]
    return calibration_error(
        ((link.confidence, link.iri == mention.iri) for mention, link in pairs if link.iri is not None), bins
    )


def calibration_error(made: Iterable[tuple[float, bool]], bins: int) -> float:
    r"""Return the expected calibration error of (confidence, right) pairs; 0 for none.

    It is :math:`\sum_b \frac{n_b}{n} \lvert \mathrm{acc}(b) - \mathrm{conf}(b) \rvert` over ``bins`` equal bins of
    the confidence of n pairs.

    Source: Guo et al., On Calibration of Modern Neural Networks, ICML 2017.
    """
    rows = sorted(made)
    if not rows:
        return 0.0
    confidence, right = (np.array(column, dtype=np.float64) for column in zip(*rows, strict=True))
    gaps = np.bincount(bin_of(confidence, bins), confidence - right, minlength=bins)
    return float(np.abs(gaps).sum() / len(rows))


Counts = tuple[int, int, int]
"""What was said and is right, all that was said, all that is gold; of one document."""


def _linked(gold: Sequence[Gold], said: Sequence[Said], same: Callable[[Gold, Said], bool]) -> Counts:
    links, known = [one for one in said if one.link.iri], [one for one in gold if one.iri]
    return _matched(known, links, lambda mine, theirs: mine.iri == theirs.link.iri and same(mine, theirs))


def _matched(gold: Sequence[Gold], said: Sequence[Said], same: Callable[[Gold, Said], bool]) -> Counts:
    """Pair each gold mention with the first fitting one that is said and not taken yet."""
    free = list(said)
    right = 0
    for mention in gold:
        match = next((one for one in free if same(mention, one)), None)
        if match is not None:
            free.remove(match)
            right += 1
    return right, len(said), len(gold)


def _is_same(gold: Gold, said: Said) -> bool:
    return (gold.begin, gold.end) == (said.begin, said.end)


def _overlaps(gold: Gold, said: Said) -> bool:
    return gold.begin < said.end and said.begin < gold.end


def _counts(documents: Sequence[Sequence[bool]]) -> NDArray[np.float64]:
    return np.array([(sum(values), len(values)) for values in documents], dtype=np.float64).reshape(-1, 2)


def _sums(documents: Sequence[Counts]) -> NDArray[np.float64]:
    return np.array(documents, dtype=np.float64).reshape(-1, 3).T


def _share(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    part, whole = np.asarray(part), np.asarray(whole)
    return np.divide(part, whole, out=np.zeros_like(whole), where=whole > 0)
