"""Language-model adaptation: the text teacher's encoder reads the unlabelled texts before it learns labels."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers import AutoModelForCausalLM, AutoModelForMaskedLM, DataCollatorForLanguageModeling, set_seed

from cdkd_kg.artifacts import new_folder
from cdkd_kg.config import TextTeacherConfig, TrainingConfig
from cdkd_kg.processes import barrier, is_first
from cdkd_kg.teachers.models import SAFE, load_tokenizer
from cdkd_kg.teachers.pretrained import load_pretrained
from cdkd_kg.teachers.resumable import ResumableTrainer
from cdkd_kg.teachers.training import tokenised, train_quietly, training_arguments, workspace

EPOCHS, LEARNING_RATE, MASKED = 3, 5e-5, 0.15
IGNORED = -100
"""What torch and transformers call a token that no loss asks for."""


class _Masking(DataCollatorForLanguageModeling):  # type: ignore[misc]
    """Leaves one word out at least: of one short text none may be drawn, and the loss of nothing is no number."""

    def torch_mask_tokens(self, inputs: Tensor, *others: Any, **more: Any) -> tuple[Tensor, Tensor]:
        whole = inputs.clone()
        inputs, labels = super().torch_mask_tokens(inputs, *others, **more)
        if (labels == IGNORED).all():
            special = torch.isin(whole, torch.tensor(self.tokenizer.all_special_ids))
            first = (~special).flatten().nonzero()[:1, 0]
            labels.view(-1)[first] = whole.view(-1)[first]
            inputs.view(-1)[first] = self.tokenizer.mask_token_id
        return inputs, labels


def adapt(texts: Sequence[str], config: TextTeacherConfig, seed: int, folder: Path) -> None:
    """Train ``config.model`` to fill in words that were left out of the texts, and save it with its tokenizer.

    A decoder, whose tokenizer has no mask, learns to say the next word instead.

    What a graph teacher gains from unlabelled texts may be had without a graph: this is the rival that shows it. Batch
    size and length are those of the text teacher.

    Args:
        texts: of all domains, labelled or not.
        config: model, length and batch size.
        seed: decides which words are left out, and the order of the texts.
        folder: where to write, whole or not at all, the first of several processes for all; load it in place of the
            model.

    Source: Gururangan et al., Don't Stop Pretraining, ACL 2020.
    """
    set_seed(seed)
    tokenizer = load_tokenizer(config.model)
    masks = tokenizer.mask_token is not None
    model = load_pretrained(AutoModelForMaskedLM if masks else AutoModelForCausalLM, config.model, **SAFE)
    training = TrainingConfig(
        num_train_epochs=EPOCHS,
        learning_rate=LEARNING_RATE,
        per_device_train_batch_size=config.training.per_device_train_batch_size,
    )
    with workspace(None) as scratch:
        arguments = training_arguments(training, seed, scratch)
        arguments.save_strategy = "no"  # it is done again, whole, by whoever comes back to it
        trainer = ResumableTrainer(
            model=model,
            args=arguments,
            train_dataset=tokenised(tokenizer, texts, config.max_length),
            data_collator=_Masking(tokenizer, mlm=masks, mlm_probability=MASKED),
        )
        train_quietly(trainer)
    model = trainer.finished()
    if is_first():
        with new_folder(folder, keep_whole=True) as fresh:
            model.save_pretrained(fresh)
            tokenizer.save_pretrained(fresh)
    barrier()
