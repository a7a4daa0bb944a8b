"""Layer-states loss: chosen layers of the student make of every token what layers of the teacher make of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from torch import Tensor, nn
from torch.nn import functional as F

from cdkd_kg.distillation.losses.batch import LossBatch, both_tokens, teacher_part, token_mean, weighted_mean

Distance = Literal["mse", "cosine"]


class LayerStatesLoss(nn.Module):
    r"""Distance of token states, layer by layer, after a projection where widths differ.

    .. math:: \frac{1}{|M|} \sum_{(l, m) \in M} \frac{1}{|x|} \sum_t d(P_l h^{S}_{l,t}, h^{T}_{m,t}), \qquad
        d = \tfrac{1}{H} \lVert \cdot - \cdot \rVert^2 \text{ or } 1 - \cos

    The projections :math:`P_l` are trained with the student, and are no part of it.

    Args:
        layers: M, layers of the student to layers of the teacher; 0 is what comes before the first. See
            :func:`evenly`.
        student_size: H of the student.
        teacher_size: H of the teacher.
        distance: ``mse`` or ``cosine``.

    Inputs:
        student_tokens: mask and layers.
        teacher_tokens: likewise, of the same tokens.
        weight: ``[B]``; None counts all documents alike.

    Siblings: :class:`HiddenStatesLoss` compares one vector a text, so tokenizers may differ and a cache may answer.

    Source: Jiao et al., TinyBERT, Findings of EMNLP 2020 (mse); Sanh et al., DistilBERT, 2019 (cosine).

    Example:
        >>> import torch
        >>> from cdkd_kg.distillation.losses.batch import TokenStates
        >>> x = torch.randn(1, 3, 4)
        >>> one, tokens = torch.zeros(1, 2), TokenStates(torch.ones(1, 3), (x, x))
        >>> batch = LossBatch(one, one, one - 1, None, None, None, None, False, tokens, tokens)
        >>> float(LayerStatesLoss({1: 1}, 4, 4)(batch))
        0.0
    """

    def __init__(
        self, layers: Mapping[int, int], student_size: int, teacher_size: int, distance: Distance = "mse"
    ) -> None:
        super().__init__()
        if not layers:
            raise ValueError("LayerStatesLoss needs a layer to compare")
        self.layers, self.distance = dict(layers), distance
        same = student_size == teacher_size
        self.projections = nn.ModuleDict(
            {str(layer): nn.Identity() if same else nn.Linear(student_size, teacher_size) for layer in layers}
        )

    def forward(self, batch: LossBatch) -> Tensor:
        """Return the loss of a batch, a scalar."""
        student, teacher = both_tokens(batch)
        terms = [
            self._distance(
                self.projections[str(mine)](student.layers[mine]),
                teacher_part(teacher.layers[theirs], f"layer {theirs}", len(student.mask)),
            )
            for mine, theirs in self.layers.items()
        ]
        found = token_mean(sum(terms[1:], terms[0]) / len(terms), student.mask)
        return weighted_mean(found, batch.weight)

    def _distance(self, student: Tensor, teacher: Tensor) -> Tensor:
        if self.distance == "cosine":
            return 1 - F.cosine_similarity(student, teacher, dim=-1)
        return (student - teacher).square().mean(dim=-1)


def evenly(student_layers: int, teacher_layers: int) -> dict[int, int]:
    """Return the layers of a student with those of a teacher that lie as far up, what comes before the first included.

    Example:
        >>> evenly(3, 12)
        {0: 0, 1: 4, 2: 8, 3: 12}
    """
    return {layer: layer * teacher_layers // student_layers for layer in range(student_layers + 1)}
