"""Train one student that labels every word of a text, with or without a teacher."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from transformers import set_seed

from cdkd_kg.config import DistillationConfig, TaskConfig
from cdkd_kg.config_losses import ONLINE
from cdkd_kg.distillation.distill import Student, optimisation_steps
from cdkd_kg.distillation.guards import need_same_labels, need_useful_word_teacher, need_varied_states
from cdkd_kg.distillation.losses.combine import hard_labels_only
from cdkd_kg.distillation.student import keep_layers
from cdkd_kg.distillation.subject import Answers, Subject, Tensors
from cdkd_kg.distillation.teaching import ALONE, losses_of
from cdkd_kg.distillation.trainer import DistillationTrainer
from cdkd_kg.distillation.word_set import WordCollator, WordSet, word_rows
from cdkd_kg.errors import ConfigError
from cdkd_kg.teachers.signals import TeacherSignal
from cdkd_kg.teachers.tracking import Tracking, tracked
from cdkd_kg.teachers.training import need_rows, train_quietly, training_arguments, workspace
from cdkd_kg.teachers.words import load_tagger

NOT_OF_WORDS = (*ONLINE, "angle_relations", "entity_alignment")
"""Losses that are about the tokens or mentions of whole texts, or whose cost grows with the cube of the words."""


class WordSubject(Subject):
    """A :class:`Subject` whose losses are over the words of a batch, as others' are over its documents."""

    def answers(self, output: Any, inputs: Tensors) -> Answers:
        """Return what the student says of the first token of every word."""
        words = inputs["word_row"], inputs["word_token"]
        return Answers(output.logits[words], output.hidden_states[-1][words])

    def rows(self, inputs: Tensors, texts: int) -> int:
        """Return how many words the first ``texts`` texts have."""
        return int((inputs["word_row"] < texts).sum())


def distill_words(
    training_set: WordSet,
    signal: TeacherSignal | None,
    task: TaskConfig,
    teacher_model: str | Path,
    config: DistillationConfig,
    seed: int,
    folder: Path | None = None,
    tracking: Tracking | None = None,
    validation: WordSet | None = None,
) -> Student:
    """Train a student that labels words (``AutoModelForTokenClassification``).

    Every loss of a run that compares answers, states or their relations takes words in place of documents. Teacher and
    student may cut words into different tokens: they meet at the first token of each word.

    Args:
        training_set: texts as words, labelled or not.
        signal: of :meth:`WordSet.signal`, or None to learn from the labelled texts alone, for as many steps.
        task: the label space; one label a word.
        teacher_model: what the teacher started from; the student may take layers of it.
        config: student, losses, training.
        seed: decides the new head, dropout and the order of the texts.
        folder: where checkpoints are kept while it trains, so that it can be resumed.
        tracking: who is told how it goes.
        validation: labelled words that the signal knows, by which it is judged; without any it is not.

    Raises:
        ConfigError: the task is of another kind, a loss is not for words, or the signal's labels are not the task's.
        StaleSignalError: the signal does not know a word.
        DataRefusedError: there is no text, or neither a label nor a signal.
        TrainingError: the signal says the same of every word, in its answers or in states that a loss copies, or is
            worse than a student that has learned nothing.
    """
    need_words(task, config)
    set_seed(seed)
    model, tokenizer = load_tagger(config.student.model or teacher_model, task.labels)
    if config.student.teacher_layers is not None:
        keep_layers(model, config.student.teacher_layers)
    steps = optimisation_steps(len(training_set.ids), config.training)
    if signal is None:
        training_set, losses = training_set.labelled(), hard_labels_only()
    need_rows(len(training_set.ids), "WordSet")
    if signal is not None:
        need_same_labels(signal, task)
        need_useful_word_teacher(signal, validation, task, model, tokenizer, config.student.max_length)
        need_varied_states(signal, config.losses)
        losses = losses_of(config.losses, model, signal, ALONE)
    rows = word_rows(tokenizer, training_set, task, config.student.max_length, signal)
    with workspace(folder) as scratch, tracked(tracking) as callbacks:
        arguments = training_arguments(config.training, seed, scratch)
        arguments.max_steps = steps
        trainer = DistillationTrainer(
            subject=WordSubject(model, losses),
            model=model,
            args=arguments,
            train_dataset=rows,
            data_collator=WordCollator(tokenizer, signal, len(task.labels)),
            ids=training_set.ids,
            callbacks=callbacks,
            layerwise_lr_decay=config.training.layerwise_lr_decay,
            fsdp=config.training.fsdp,
        )
        curve = train_quietly(trainer)
    return Student(trainer.finished(), tokenizer, curve, losses.versions())


def need_words(task: TaskConfig, config: DistillationConfig) -> None:
    """Refuse what is not for words.

    Raises:
        ConfigError: with the reason.
    """
    why = config.losses.unfit(len(task.labels), task.multi_label)
    if task.multi_label or task.regression:
        why = "a word takes one label, so the task may be neither multi_label nor regression"
    if wrong := [name for name in NOT_OF_WORDS if name in config.losses.weights()]:
        why = f"{', '.join(wrong)} are about whole texts"
    if config.domain_exponent is not None:
        why = "domain_exponent is about domains, and words have none here"
    if why:
        raise ConfigError("words cannot be labelled so", where="distillation", why=why, remedy="leave it out")
