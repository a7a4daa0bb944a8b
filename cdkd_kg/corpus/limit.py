"""At most so many rows of a split: drawn by a hash, so that a larger limit keeps what a smaller one kept."""

from __future__ import annotations

from cdkd_kg.config import DomainConfig
from cdkd_kg.corpus.check import SetAside
from cdkd_kg.corpus.draw import stratified_order
from cdkd_kg.corpus.duplicates import Sieved
from cdkd_kg.corpus.rows import Row
from cdkd_kg.corpus.split import strata


def within_limits(rows: list[Row], domain: DomainConfig, seed: int) -> Sieved:
    """Keep ``domain.rows`` rows of each split of one domain, by label and with every label that is there.

    Training rows of a target domain are drawn without a look at their labels, which are hidden.
    """
    dropped: dict[int, SetAside] = {}
    for split, limit in domain.rows.items():
        inside = [row for row in rows if row.split == split]
        blind = domain.role == "target" and split != "test"
        of_row = dict(zip((row.id for row in inside), [""] * len(inside) if blind else strata(inside), strict=True))
        kept = set(stratified_order(of_row, seed, cover=True)[: max(limit, 0)])
        reason = f"over the row limit: {len(inside)} rows in {split}, {limit} asked for"
        dropped |= {row.order: SetAside.of(row, "over-row-limit", reason) for row in inside if row.id not in kept}
    return [row for row in rows if row.order not in dropped], list(dropped.values())
