"""The side of sentence-transformers in benchmarks/distillation.py: MSELoss on embeddings made once, an epoch at a time.

    python -m benchmarks.distillation_sentence_transformers FOLDER

As in its example that takes layers of the teacher: no labels, no logits, texts tokenised as they come.
"""

from __future__ import annotations

import sys
from pathlib import Path

from datasets import Dataset
from sentence_transformers import (
    SentenceTransformer,
    SentenceTransformerTrainer,
    SentenceTransformerTrainingArguments,
)
from sentence_transformers.base.modules import Transformer
from sentence_transformers.sentence_transformer.losses import MSELoss
from sentence_transformers.sentence_transformer.modules import Pooling

from benchmarks.distillation_pace import Pace
from benchmarks.distillation_turns import Turns, read_task


def encoder(folder: Path, max_length: int) -> SentenceTransformer:
    """Return a model without its head, with mean pooling."""
    words = Transformer(str(folder), max_seq_length=max_length)
    return SentenceTransformer(modules=[words, Pooling(words.get_embedding_dimension())], device="cpu")


def main() -> None:
    """Train, an epoch a turn."""
    turns, folder = Turns(), Path(sys.argv[1])
    task = read_task(folder)
    teacher, student = (encoder(folder / name, task["max_length"]) for name in ("teacher", "student"))
    data = Dataset.from_dict({"sentence": task["texts"]})
    data = data.map(lambda batch: {"label": teacher.encode(batch["sentence"])}, batched=True)
    arguments = SentenceTransformerTrainingArguments(
        output_dir=str(folder / "sentence-transformers"),
        num_train_epochs=task["epochs"],
        per_device_train_batch_size=task["batch"],
        learning_rate=task["learning_rate"],
        weight_decay=task["weight_decay"],
        warmup_steps=task["warmup"],
        seed=0,
        use_cpu=True,
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
    )
    trainer = SentenceTransformerTrainer(
        model=student, args=arguments, train_dataset=data, loss=MSELoss(student), callbacks=[Pace(turns)]
    )
    trainer.train()


if __name__ == "__main__":
    main()
