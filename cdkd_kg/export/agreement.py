"""Whether what is exported still says what the student said: else nothing is exported."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cdkd_kg.errors import ExportRefusedError
from cdkd_kg.evaluation.metrics import decisions

SAME, MOST_LOST = 0.995, 0.005
"""The share of test documents on which an exact form must decide alike, and the accuracy that any may lose."""
Floats = NDArray[np.floating]


class Agreement(NamedTuple):
    """How a form answers, held against the student that it is made of.

    Attributes:
        documents: test documents that were asked.
        same: the share on which both decide alike.
        furthest: the largest difference of two logits.
        labelled: test documents whose label is known.
        accuracy: of the form on these; with independent labels, all labels of a document must be right.
        before: that of the student.
    """

    documents: int
    same: float
    furthest: float
    labelled: int
    accuracy: float
    before: float

    @property
    def lost(self) -> float:
        """The accuracy that is lost; less than 0 where it was won."""
        return self.before - self.accuracy


def agreement(student: Floats, form: Floats, targets: Floats, multi_label: bool) -> Agreement:
    """Compare logits ``[N, C]`` of the same test documents; rows of -1 in ``targets`` ``[N, C]`` are unlabelled."""
    one, other = decisions(student, multi_label), decisions(form, multi_label)
    known = (targets >= 0).all(axis=1)
    truth = targets[known].astype(bool)
    before, after = (float((said[known] == truth).all(axis=1).mean()) if known.any() else 0.0 for said in (one, other))
    return Agreement(
        documents=len(student),
        same=float((one == other).all(axis=1).mean()),
        furthest=float(np.abs(student - form).max()),
        labelled=int(known.sum()),
        accuracy=after,
        before=before,
    )


def need_same(found: Agreement, what: str) -> None:
    """Refuse a form of full precision that decides otherwise on more than 0.5 % of the documents.

    Raises:
        ExportRefusedError: with the figures.
    """
    if not found.same >= SAME:
        raise ExportRefusedError(
            f"{what} does not decide as the student does",
            why=f"the same decision on {found.same:.2%} of {found.documents:,} test documents, at least {SAME:.1%} are "
            f"asked for; logits differ by up to {found.furthest:.3g}",
            remedy="export without it, and report the architecture",
        )


def need_as_good(found: Agreement, what: str, remedy: str) -> None:
    """Refuse a smaller form that loses more than half a point of accuracy on the labelled test documents.

    Where none is labelled, each decision that differs counts as lost.

    Raises:
        ExportRefusedError: with the figures.
    """
    lost = found.lost if found.labelled else 1 - found.same
    if not lost <= MOST_LOST + 1e-9:
        raise ExportRefusedError(
            f"{what} loses too much",
            why=f"accuracy {found.accuracy:.2%} in place of {found.before:.2%} on {found.labelled:,} labelled test "
            f"documents, the same decision on {found.same:.2%} of {found.documents:,}; at most {100 * MOST_LOST:g} "
            "point may be lost",
            remedy=remedy,
        )


def told(found: Agreement) -> dict[str, Any]:
    """Return an agreement as JSON has it."""
    return {name: round(value, 6) for name, value in found._asdict().items()}
