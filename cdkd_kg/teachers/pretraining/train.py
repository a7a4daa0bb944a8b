"""Pretraining: learn vectors by link prediction, keep the epoch that validation likes best, judge it once on test."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from cdkd_kg.errors import ConfigError, TrainingError
from cdkd_kg.progress import track
from cdkd_kg.teachers.pretraining.decoders import make_decoder
from cdkd_kg.teachers.pretraining.known import Known, questions
from cdkd_kg.teachers.pretraining.model import LinkPredictor
from cdkd_kg.teachers.pretraining.ranking import Ranking, ranking
from cdkd_kg.teachers.pretraining.triples import Triples

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Pretraining:
    """How to pretrain.

    Attributes:
        decoder: ``distmult``, ``complex`` or ``rotate``.
        width: real numbers of an entity's vector; even for ``complex`` and ``rotate``.
        epochs: passes over the training triples at most.
        batch: questions a step; each triple asks two.
        learning_rate: of AdamW.
        weight_decay: of AdamW.
        dropout: share of a question's numbers dropped in training.
        negatives: false answers a question; None for all entities, which is better wherever it can be afforded.
        look_every: epochs between looks at validation.
        patience: looks without a better one before training stops.
    """

    decoder: str = "complex"
    width: int = 64
    epochs: int = 200
    batch: int = 512
    learning_rate: float = 0.01
    weight_decay: float = 0.0
    dropout: float = 0.2
    negatives: int | None = None
    look_every: int = 5
    patience: int = 5

    def __post_init__(self) -> None:
        for name in ("epochs", "batch", "look_every", "patience", "negatives"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ConfigError(f"{name} is {value}", remedy="choose at least 1")
        if not self.learning_rate > 0 or not self.weight_decay >= 0:
            raise ConfigError("learning_rate must be above 0 and weight_decay not below")
        if not 0 <= self.dropout < 1:
            raise ConfigError(f"dropout is {self.dropout}", remedy="choose at least 0 and less than 1")


@dataclass(frozen=True)
class Pretrained:
    """What came of it.

    Attributes:
        vectors: ``[V, W]`` of the entities, in the order of ``Triples.entities``.
        model: the table, the encoder and the decoder at the epoch that was kept.
        epoch: that epoch.
        validation: measures it was kept for.
        test: measures on triples that nothing was chosen by; None where there are none.
    """

    vectors: Tensor
    model: LinkPredictor
    epoch: int
    validation: Ranking
    test: Ranking | None


def pretrain(
    triples: Triples,
    config: Pretraining,
    seed: int,
    encoder: Callable[[], nn.Module] | None = None,
    start: Tensor | None = None,
) -> Pretrained:
    """Learn vectors of entities by link prediction; the same seed gives the same vectors.

    Args:
        triples: what is true, in three parts.
        config: decoder, width, epochs.
        seed: decides the start, the order of the triples, false answers and dropout.
        encoder: makes the encoder, so that its weights too come from the seed; see :class:`LinkPredictor`.
        start: the table of nodes at the start, see there.

    Raises:
        ConfigError: decoder, width and encoder do not go together.
        DataRefusedError: there are no validation triples.
        TrainingError: the loss is not finite.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        decoder = make_decoder(config.decoder, len(triples.relations), config.width)
        model = LinkPredictor(decoder, len(triples.entities), encoder() if encoder else None, start, config.dropout)
        epoch, state = _train(model, triples, config)
    model.load_state_dict(state)
    model.eval()
    with torch.no_grad():
        vectors = model.vectors().detach()
    validation = ranking(vectors, decoder, triples.validation, triples.known())
    test = ranking(vectors, decoder, triples.test, triples.known(test=True)) if len(triples.test) else None
    if validation.mrr <= validation.chance:
        logger.warning("the %s decoder ranks no better than chance: MRR %.3f", config.decoder, validation.mrr)
    return Pretrained(vectors, model, epoch, validation, test)


def _train(model: LinkPredictor, triples: Triples, config: Pretraining) -> tuple[int, dict[str, Any]]:
    optimizer = torch.optim.AdamW(model.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay)
    asked, trained, known = questions(triples.training, len(triples.relations)), triples.trained(), triples.known()
    best, kept, state = -1.0, 0, dict[str, Any]()
    for epoch in track(range(1, config.epochs + 1), "link prediction"):
        _epoch(model, optimizer, asked, trained, config, epoch)
        if epoch % config.look_every and epoch != config.epochs:
            continue
        model.eval()
        with torch.no_grad():
            mrr = ranking(model.vectors(), model.decoder, triples.validation, known).mrr
        if mrr > best:
            best, kept, state = mrr, epoch, {name: value.clone() for name, value in model.state_dict().items()}
        elif epoch - kept >= config.patience * config.look_every:
            break
    return kept, state


def _epoch(
    model: LinkPredictor,
    optimizer: torch.optim.Optimizer,
    asked: Tensor,
    trained: Known,
    config: Pretraining,
    epoch: int,
) -> None:
    model.train()
    total = 0.0
    for batch in torch.split(asked[torch.randperm(len(asked))], config.batch):
        loss = model.loss(batch, trained, config.negatives)
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        optimizer.step()
        total += float(loss.detach())
    if not torch.isfinite(torch.tensor(total)):
        raise TrainingError(
            "the loss of link prediction is not finite", where=f"epoch {epoch}", remedy="lower its learning_rate"
        )
