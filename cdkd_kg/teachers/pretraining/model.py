"""A table of vectors, what may transform them, and a decoder on top."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from cdkd_kg.errors import ConfigError
from cdkd_kg.teachers.pretraining.decoders.decoder import Decoder
from cdkd_kg.teachers.pretraining.known import Known
from cdkd_kg.teachers.pretraining.negatives import false_answers


class LinkPredictor(nn.Module):
    r"""Entity vectors that a decoder scores triples with.

    Args:
        decoder: of vectors of W numbers.
        entities: V.
        encoder: makes ``[V, W]`` of the table of nodes; without one the table is what is learned.
        start: the table at the start ``[V, H]``, say features of texts; left out, it is random and H is W.
        dropout: share of a question's numbers dropped in training; small graphs are learned by heart without.
    """

    def __init__(
        self,
        decoder: Decoder,
        entities: int,
        encoder: Callable[[Tensor], Tensor] | None = None,
        start: Tensor | None = None,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        table = torch.randn(entities, decoder.width) * decoder.spread if start is None else start.detach().clone()
        self.nodes = nn.Parameter(table)
        self.encoder = encoder if encoder is not None else nn.Identity()
        self.decoder = decoder
        self.dropout = nn.Dropout(dropout)
        with torch.no_grad():
            shape = tuple(self.vectors().shape)
        if shape != (entities, decoder.width):
            raise ConfigError(
                f"the entities' vectors have shape {list(shape)}, the decoder needs {[entities, decoder.width]}",
                remedy="choose an encoder with as many outputs as the decoder is wide",
            )

    def vectors(self) -> Tensor:
        """Return the vectors ``[V, W]`` of all entities."""
        vectors: Tensor = self.encoder(self.nodes)
        return vectors

    def loss(self, asked: Tensor, known: Known, negatives: int | None) -> Tensor:
        r"""Return the mean cross-entropy of the right answer against false ones.

        .. math:: -\log \frac{e^{s_a}}{e^{s_a} + \sum_{v \in F} e^{s_v}}

        where F is every other entity, or a sample of those that are not known to be right. Other right answers stay
        in the former: what one triple pushes down the next one pulls up, and on small sets ranks are better for it.

        Args:
            asked: ``[B, 3]`` questions with their answers.
            known: what is true by the training triples.
            negatives: how many false answers are drawn for each question; None for all.

        Source: Lacroix et al., Canonical Tensor Decomposition for Knowledge Base Completion, ICML 2018 (all entities);
        van den Oord et al., Representation Learning with Contrastive Predictive Coding, 2018 (a sample).
        """
        vectors = self.vectors()
        anchors, relations, answers = asked.unbind(1)
        questions = self.dropout(self.decoder.question(self.dropout(vectors[anchors]), relations))
        if negatives is None:
            return nn.functional.cross_entropy(self.decoder.compare(questions, vectors), answers)
        false, true = false_answers(asked, known, negatives)
        candidates = torch.cat([answers.unsqueeze(1), false], dim=1)
        scores = self.decoder.compare(questions, vectors[candidates])
        scores = scores.masked_fill(nn.functional.pad(true, (1, 0)), -torch.inf)
        return nn.functional.cross_entropy(scores, torch.zeros_like(answers))
