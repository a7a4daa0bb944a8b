"""What a service saw, as rows of domains beside those that a student was made of."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from cdkd_kg.config import CorpusConfig, DomainConfig
from cdkd_kg.corpus.build import check_corpus
from cdkd_kg.corpus.corpus import SPLITS
from cdkd_kg.errors import ConfigError
from cdkd_kg.renewal.rows import FEWEST, key_of, place_of, write_rows
from cdkd_kg.serving.store import Judged

SERVED = "served"


class Served(NamedTuple):
    """Texts of a service as domains.

    Attributes:
        domains: by name; each is part of the domain that it was asked for, if any.
        texts: how many there are, and how many of them were ``judged``.
        judged: see ``texts``.
        left_out: how many a corpus cannot have, or are of a domain that has too few.
    """

    domains: dict[str, DomainConfig]
    texts: int
    judged: int
    left_out: int = 0


def served_domains(
    texts: Sequence[Judged], task: str, domains: Mapping[str, DomainConfig], multi_label: bool, folder: Path
) -> Served:
    """Write the texts of a service into a folder, one file a domain, and return the domains that read them.

    What an earlier retraining wrote of the same domain is taken in; a judgement holds until there is a newer one.

    Args:
        texts: with the labels that people gave.
        task: of the student.
        domains: of the run that made the student.
        multi_label: whether labels are independent.
        folder: whose files are named by their content, so that none is ever changed.

    Raises:
        ConfigError: the run has a domain of its own of such a name.
    """
    found: dict[str, DomainConfig] = {}
    rows = 0
    judged = 0
    for part_of, name in sorted({_home(one.domain, domains) for one in texts}, key=lambda home: home[1]):
        mine = _rows(one for one in texts if _home(one.domain, domains)[1] == name)
        merged = _merged(_read(name, domains[name]) if name in domains else {}, mine)
        source = write_rows(merged, multi_label, folder / name)
        found[name] = DomainConfig(task=task, part_of=part_of, source=source)
        rows += len(merged)
        judged += sum(row["label"] is not None for row in merged.values())
    return Served(found, rows, judged)


def usable(served: Served, corpus: CorpusConfig, task: str) -> Served:
    """Return of served domains those that a corpus can have: what cannot be used is left out, and stops nothing.

    Raises:
        ConfigError: no domain has two texts or more that can be used.
    """
    domains = dict(corpus.domains) | served.domains
    checked, _ = check_corpus(corpus.model_copy(update={"domains": domains}))
    used = Counter(name for split in SPLITS for name in checked.rows(task, split)["domain"][:])
    judged = Counter(name for split in SPLITS for name in checked.labelled(task, split)["domain"][:])
    kept = {name: domain for name, domain in served.domains.items() if used[name] >= FEWEST}
    if not kept:
        raise ConfigError(
            "the service has seen too few texts that can be used",
            where="--with",
            why=f"of {served.texts:,} texts {sum(used[name] for name in served.domains):,} can be, and a domain needs "
            f"{FEWEST} at least",
            remedy="serve on",
        )
    texts = sum(used[name] for name in kept)
    return Served(kept, texts, sum(judged[name] for name in kept), served.texts - texts)


def _home(domain: str, domains: Mapping[str, DomainConfig]) -> tuple[str, str]:
    """Return the domain that a text counts as, and what the one is called that it joins."""
    known = domains.get(domain)
    if known is None or domain == SERVED:
        return SERVED, SERVED
    base = known.part_of or domain
    return base, f"{base}_{SERVED}"


def _rows(texts: Iterable[Judged]) -> dict[str, dict[str, Any]]:
    """Return rows by id, which is the digest of the text."""
    found: dict[str, dict[str, Any]] = {}
    for one in texts:
        name = key_of(one.text, one.text_pair)[:24]
        label = found[name]["label"] if name in found and one.labels is None else one.labels
        split = place_of(one.text, one.text_pair)
        found[name] = {"text": one.text, "text_pair": one.text_pair, "label": label, "split": split}
    return found


def _read(name: str, domain: DomainConfig) -> dict[str, dict[str, Any]]:
    """Return the rows that an earlier retraining wrote."""
    path = domain.source.path
    if domain.part_of is None or path is None:
        raise ConfigError(
            f"the run has a domain of its own called {name!r}",
            where="corpus.domains",
            why="so is called what a service saw",
            remedy="give it another name, and run and export it again",
        )
    rows = (json.loads(line) for line in path.read_text("utf-8").split("\n") if line)
    return {row.pop("id"): {"text_pair": None} | row | {"label": _labels(row["label"])} for row in rows}


def _labels(label: str | list[str] | None) -> list[str] | None:
    return [label] if isinstance(label, str) else label


def _merged(old: dict[str, dict[str, Any]], new: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return the rows of both; what nobody judged anew keeps its judgement."""
    kept = {
        name: row | {"label": old[name]["label"]} for name, row in new.items() if name in old and row["label"] is None
    }
    return old | new | kept
