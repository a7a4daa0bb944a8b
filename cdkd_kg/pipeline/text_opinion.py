"""What the text teachers say together: one of all domains, or one a source domain, weighed for every document."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from cdkd_kg.config import Config
from cdkd_kg.pipeline.geometry_stage import load_geometry
from cdkd_kg.pipeline.text_teacher_stage import OPINION

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from cdkd_kg.corpus.corpus import Corpus
    from cdkd_kg.teachers.graph import GraphTask

TEXT, SECOND, WITHOUT = "text_teacher ", "second ", "without "
"""How a job knows its text teachers: by the domain they learned from (nothing is all of them) or did without."""
WEIGHTS = "domain_weights.safetensors"


@dataclass(frozen=True)
class TextOpinion:
    """What the text teachers say of N documents.

    Attributes:
        logits: ``[N, C]``.
        hidden: ``[N, H]`` states.
        weights: ``[N, K]`` of domain teachers; None where one teacher speaks for all domains.
        notes: how they were weighed, for the report.
    """

    logits: NDArray[np.float32]
    hidden: NDArray[np.float32]
    weights: NDArray[np.float32] | None = None
    notes: dict[str, Any] = field(default_factory=dict)


def text_opinion(
    config: Config,
    corpus: Corpus,
    name: str,
    seed: int,
    inputs: Mapping[str, Path],
    view: GraphTask,
    left: str | None = None,
) -> TextOpinion:
    """Return what the text teachers say that have not seen the labels of the domain ``left``.

    Two of different starts are averaged. With one teacher a source domain, each is calibrated on the validation rows
    of its own domain first; a document of such a domain is then its own teacher's, any other gets the product of all
    with the weights of ``teachers.text.weights``. Answers come from the cache; states, the largest of what is there,
    are read one teacher after the other.
    """
    import numpy as np

    every = {key.removeprefix(TEXT): folder for key, folder in sorted(inputs.items()) if key.startswith(TEXT)}
    if without := every.get(f"{WITHOUT}{left}"):
        return TextOpinion(_said([without], "logits"), _said([without], "hidden"))
    teachers = {
        domain: [folder, *([every[f"{SECOND}{domain}"]] if f"{SECOND}{domain}" in every else [])]
        for domain, folder in every.items()
        if not domain.startswith((SECOND, WITHOUT)) and domain != left
    }
    if whole := teachers.get(""):
        return TextOpinion(_said(whole, "logits"), _said(whole, "hidden"))
    logits = {domain: _said(folders, "logits") for domain, folders in teachers.items()}
    for domain, answer in logits.items():
        answer /= _own_temperature(corpus, name, domain, answer)
    weights, notes = _weights(config, seed, logits, view, inputs)
    strange = ~np.isin(view.domains, list(teachers))
    return TextOpinion(
        _mixed(logits.values(), weights, strange),
        _mixed((_said(folders, "hidden") for folders in teachers.values()), weights, strange),
        weights.astype(np.float32),
        {"domain_teachers": notes},
    )


def _said(folders: Sequence[Path], kind: Literal["logits", "hidden"]) -> NDArray[np.float32]:
    """Return one array of a teacher's opinion, the mean over its starts; no other is read."""
    from safetensors import safe_open

    total: Any = 0.0
    for folder in folders:
        with safe_open(folder / OPINION, framework="numpy") as opinion:
            total = total + opinion.get_tensor(kind)
    answer: NDArray[np.float32] = total / len(folders)
    return answer


def _mixed(
    opinions: Iterable[NDArray[np.float32]], weights: NDArray[np.floating], strange: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """Return the weighted sum of ``[N, X]`` arrays, one after the other.

    Weights of strangers are taken relative to equal ones, so that these, which are 1 then, give the very mean.
    """
    import numpy as np

    counts = np.where(strange, weights.shape[1], 1).astype(np.float32)[:, None]
    shares = (weights * counts).astype(np.float32)
    total = sum(shares[:, place, None] * opinion for place, opinion in enumerate(opinions))
    return np.asarray(total / counts)


def _weights(
    config: Config,
    seed: int,
    logits: Mapping[str, NDArray[np.float32]],
    view: GraphTask,
    inputs: Mapping[str, Path],
) -> tuple[NDArray[np.floating], dict[str, Any]]:
    """Return weights ``[N, K]``, equal on documents of other tasks, and what the report says of them."""
    import numpy as np

    from cdkd_kg.teachers.weighting.opinions import DomainOpinions
    from cdkd_kg.teachers.weighting.weigh import mean_weights, weigh

    mine, way = view.training | view.validation | view.unlabelled, config.teachers.text.weights
    opinions = DomainOpinions(
        teachers=tuple(logits),
        logits=np.stack([answer[mine] for answer in logits.values()]),
        geometry=load_geometry(inputs["document_geometry"])[mine],
        domains=view.domains[mine],
        targets=view.targets[mine],
        judged=view.validation[mine],
        multi_label=view.multi_label,
    )
    found = weigh(way, opinions, seed)
    weights = np.full((len(mine), len(logits)), 1 / len(logits))
    weights[mine] = found.weights
    notes: dict[str, Any] = {"way": way, "weights": mean_weights(opinions, found.weights)}
    if found.strength is not None:
        notes["strength"] = "equal" if found.strength == np.inf else found.strength
    return weights, notes | ({"warning": found.warning} if found.warning else {})


def _own_temperature(corpus: Corpus, name: str, domain: str, logits: NDArray[np.float32]) -> float:
    import numpy as np

    from cdkd_kg.teachers.calibration import fit_temperature

    judges = corpus.labelled(name, "validation")
    judges = judges.filter(lambda other: other == domain, input_columns=["domain"])
    places = np.searchsorted(corpus.graph_documents()["id"][:], judges["id"][:])
    return fit_temperature(logits[places], corpus.targets(judges, name), corpus.tasks[name].multi_label)
