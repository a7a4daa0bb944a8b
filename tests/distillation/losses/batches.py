"""Batches for the tests of losses, and every loss by name."""

import torch

from cdkd_kg.distillation.losses.angle_relations import AngleRelationsLoss
from cdkd_kg.distillation.losses.attention import AttentionLoss
from cdkd_kg.distillation.losses.batch import LinkedMentions, LossBatch, TokenStates
from cdkd_kg.distillation.losses.cka import CkaLoss
from cdkd_kg.distillation.losses.contrastive import ContrastiveLoss
from cdkd_kg.distillation.losses.decoupled import DecoupledLoss
from cdkd_kg.distillation.losses.distance_relations import DistanceRelationsLoss
from cdkd_kg.distillation.losses.document_relations import DocumentRelationsLoss
from cdkd_kg.distillation.losses.entity_alignment import EntityAlignmentLoss
from cdkd_kg.distillation.losses.hard_label import HardLabelLoss
from cdkd_kg.distillation.losses.hidden_states import HiddenStatesLoss
from cdkd_kg.distillation.losses.jensen_shannon import JensenShannonLoss
from cdkd_kg.distillation.losses.layer_states import LayerStatesLoss
from cdkd_kg.distillation.losses.logits import LogitsLoss
from cdkd_kg.distillation.losses.reverse_logits import ReverseLogitsLoss
from cdkd_kg.distillation.losses.similarity_preserving import SimilarityPreservingLoss
from cdkd_kg.distillation.losses.standardised_logits import StandardisedLogitsLoss
from cdkd_kg.distillation.losses.value_relations import ValueRelationsLoss

SOFTENED = {
    "logits": LogitsLoss,
    "reverse_logits": ReverseLogitsLoss,
    "jensen_shannon": JensenShannonLoss,
    "decoupled": DecoupledLoss,
    "standardised_logits": StandardisedLogitsLoss,
}
GEOMETRIC = {
    "document_relations": DocumentRelationsLoss(),
    "distance_relations": DistanceRelationsLoss(),
    "angle_relations": AngleRelationsLoss(),
    "similarity_preserving": SimilarityPreservingLoss(),
    "cka": CkaLoss(),
}
torch.manual_seed(0)
TOKENS = {
    "layer_states": LayerStatesLoss({0: 0, 1: 2}, 8, 8),
    "layer_states_cosine": LayerStatesLoss({1: 2}, 8, 8, "cosine"),
    "attention": AttentionLoss(4),
    "value_relations": ValueRelationsLoss(4),
}
FROM_TEACHER = (
    {name: kind(2.0) for name, kind in SOFTENED.items()}
    | {"hidden_states": HiddenStatesLoss(4, 4), "contrastive": ContrastiveLoss(4, 6)}
    | GEOMETRIC
)
EVERY = {"hard_label": HardLabelLoss(), "entity_alignment": EntityAlignmentLoss(8, 3)} | FROM_TEACHER | TOKENS
ROW_WISE = (
    "student_logits", "student_hidden", "targets", "teacher_logits", "teacher_hidden", "teacher_embedding", "weight",
)  # fmt: skip


def tokens(rows, layers, chance):
    """Return random states of six tokens, the last two of them padding in every other text."""
    mask = (torch.arange(6)[None] < torch.where(torch.arange(rows) % 2 == 0, 6, 4)[:, None]).long()
    states = [torch.randn(rows, 6, 8, generator=chance, requires_grad=True) for _ in range(layers + 4)]
    return TokenStates(mask, tuple(states[: layers + 1]), tuple(states[layers + 1 :]))


def batch(rows=5, classes=3, seed=0, multi_label=False, **changes):
    """Return a random batch; two of its documents are labelled, three mentions are linked."""
    chance = torch.Generator().manual_seed(seed)
    one_hot = torch.eye(classes)[torch.arange(rows) % classes]
    values = {
        "student_logits": torch.randn(rows, classes, generator=chance, requires_grad=True),
        "student_hidden": torch.randn(rows, 4, generator=chance, requires_grad=True),
        "targets": torch.where(torch.arange(rows)[:, None] < 2, one_hot, -1.0),
        "teacher_logits": torch.randn(rows, classes, generator=chance),
        "teacher_hidden": torch.randn(rows, 4, generator=chance),
        "teacher_embedding": torch.randn(rows, 6, generator=chance),
        "weight": torch.rand(rows, generator=chance) + 0.1,
        "student_tokens": tokens(rows, 1, chance),
        "teacher_tokens": tokens(rows, 2, chance),
        "mentions": LinkedMentions(
            torch.tensor([0, 0, rows - 1]),
            torch.tensor([[1, 1, 0, 0, 0, 0], [0, 0, 1, 0, 0, 0], [0, 1, 1, 1, 0, 0]]),
            torch.randn(3, 3, generator=chance),
        ),
    }
    return LossBatch(**values | changes, multi_label=multi_label)


def turned(made: LossBatch, order: list[int]) -> LossBatch:
    """Return the same documents in another order."""
    place = torch.tensor([order.index(row) for row in range(len(order))])

    def states(of: TokenStates) -> TokenStates:
        return TokenStates(of.mask[order], tuple(x[order] for x in of.layers), tuple(x[order] for x in of.attention))

    return LossBatch(
        **{name: getattr(made, name)[order] for name in ROW_WISE},
        multi_label=made.multi_label,
        student_tokens=states(made.student_tokens),
        teacher_tokens=states(made.teacher_tokens),
        mentions=LinkedMentions(place[made.mentions.rows], made.mentions.tokens, made.mentions.vectors),
    )
