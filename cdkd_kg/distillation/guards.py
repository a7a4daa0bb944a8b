"""What a teacher must be before a student learns from it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest
from sklearn.metrics import balanced_accuracy_score
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from cdkd_kg.config import TaskConfig
from cdkd_kg.config_losses import LossesConfig
from cdkd_kg.distillation.training_set import TrainingSet
from cdkd_kg.distillation.word_set import WordSet
from cdkd_kg.errors import ConfigError, TrainingError
from cdkd_kg.teachers.models import predict
from cdkd_kg.teachers.signals import TeacherSignal
from cdkd_kg.teachers.words import predict_words

BATCH = 64
UNLIKELY = 0.05
SAME = 1e-3
ROWS = 4096
"""Rows of a signal that are looked at together: it may be larger than memory."""
OF_HIDDEN = ("hidden_states",)
OF_EMBEDDING = (
    "document_relations",
    "distance_relations",
    "angle_relations",
    "similarity_preserving",
    "cka",
    "contrastive",
)
LARGEST = float(np.finfo(np.float16).max)


def need_same_labels(signal: TeacherSignal, task: TaskConfig) -> None:
    """Refuse a signal about other labels, or in another order.

    Raises:
        ConfigError: with both lists.
    """
    if signal.labels != task.labels:
        raise ConfigError(
            "teacher and student have different labels",
            where=f"teacher {signal.teacher[:12]}",
            why=f"the teacher's are {list(signal.labels)}, the student's {list(task.labels)}",
            remedy="run the teacher stages again for these labels, in this order",
        )


def need_fitting_losses(losses: LossesConfig, task: TaskConfig) -> None:
    """Refuse a loss that is for another kind of task.

    Raises:
        ConfigError: with the reason.
    """
    if reason := losses.unfit(len(task.labels), task.multi_label, task.regression):
        raise ConfigError(
            "a loss does not fit the task", where="distillation.losses", why=reason, remedy="leave this loss at 0"
        )


def need_useful_teacher(
    signal: TeacherSignal,
    validation: TrainingSet | None,
    task: TaskConfig,
    student: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    max_length: int,
) -> None:
    """Refuse a teacher that says the same of every text, or knows less than a student that has learned nothing.

    A teacher that was never trained, or whose labels are mixed up, would be copied without a word. It is refused where
    its balanced accuracy is lower (an untrained head may say the commonest class of everything) *and*, of the
    validation texts that one of the two has right and the other wrong, so few are the teacher's as guessing between
    them gives less than once in twenty times (an exact sign test). Few texts refuse no one. Of values, it is the mean
    squared error that is higher, and the texts whose value one of the two is nearer to are counted.

    Args:
        signal: of the teacher.
        validation: labelled texts that the signal knows; without any, nothing is compared.
        task: the label space.
        student: before its training.
        tokenizer: the student's.
        max_length: the student's.

    Raises:
        TrainingError: with what each had right.
    """
    need_varied_teacher(signal, task.regression)
    logits = np.asarray(signal.logits, dtype=np.float32)
    if validation is None or not len(validation.ids):
        return
    rows = signal.rows(validation.ids, validation.text_hashes)
    untaught, _ = predict(student, tokenizer, validation.texts, max_length, BATCH, "judging the teacher")
    _need_no_worse(signal, logits[rows], untaught, validation.targets, task, "texts")


def need_useful_word_teacher(
    signal: TeacherSignal,
    validation: WordSet | None,
    task: TaskConfig,
    student: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    max_length: int,
) -> None:
    """Refuse a teacher of words as :func:`need_useful_teacher` refuses one of texts.

    It is judged by the labelled words that both have read. Those of one text are counted as if each stood alone.

    Raises:
        TrainingError: with what each had right.
    """
    need_varied_teacher(signal)
    if validation is None or not len(validation.ids):
        return
    rows = signal.rows(*validation.keys())
    untaught = predict_words(student, tokenizer, validation.words, max_length, BATCH, "judging the teacher")
    targets = np.concatenate(validation.targets(task))
    judged = untaught.read & (np.asarray(signal.weight)[rows] > 0) & (targets >= 0).all(axis=1)
    if judged.any():
        logits = np.asarray(signal.logits, dtype=np.float32)[rows[judged]]
        _need_no_worse(signal, logits, untaught.logits[judged], targets[judged], task, "words")


def _need_no_worse(
    signal: TeacherSignal,
    logits: NDArray[np.float32],
    untaught: NDArray[np.float32],
    targets: NDArray[np.float32],
    task: TaskConfig,
    of: str,
) -> None:
    said = [_Said.of(answer, targets, task) for answer in (logits, untaught)]
    teacher, alone = said
    ahead, behind = (int((one.right > other.right).sum()) for one, other in (said, said[::-1]))
    if (
        teacher.score < alone.score
        and behind
        and binomtest(ahead, ahead + behind, alternative="less").pvalue < UNLIKELY
    ):
        right, theirs = int(teacher.right.sum()), int(alone.right.sum())
        why = f"of {len(targets)} {of} it has {right} right, the student before training {theirs}"
        if task.regression:
            why = f"its mean squared error is {-teacher.score:.3g}, the student's before training {-alone.score:.3g}"
        raise _refusal(signal, "is worse than an untrained student on source validation", why)


def need_varied_teacher(signal: TeacherSignal, regression: bool = False) -> None:
    """Refuse a teacher that says the same of everything it was asked about, or values that a signal does not hold.

    Raises:
        TrainingError: its training collapsed, or its values are too large.
    """
    if regression and float(np.abs(signal.logits).max(initial=0)) >= LARGEST:
        raise TrainingError(
            f"a signal holds values up to {LARGEST:.0f}",
            where=f"teacher {signal.teacher[:12]}",
            why="they are kept as float16, to three digits",
            remedy="divide values and targets by a constant",
        )
    logits = np.asarray(signal.logits, dtype=np.float32)[np.asarray(signal.weight) > 0]
    if len(logits) > 1 and float(np.ptp(logits, axis=0).max()) <= (0 if regression else SAME):
        raise _refusal(signal, "says the same of every text", "its training collapsed")


def need_varied_states(signal: TeacherSignal, losses: LossesConfig, *, geometry: bool = True) -> None:
    """Refuse hidden states or a geometry that are the same everywhere, where a loss would draw the student to them.

    A single text, or copies of one, refuse no one.

    Args:
        signal: of the teacher.
        losses: those that are switched on say what is looked at.
        geometry: whether the signal's is what is taught; a network that learns with its student has its own.

    Raises:
        TrainingError: with the losses that learn from it.
    """
    for name, states, uses in (
        ("hidden states", signal.hidden, OF_HIDDEN),
        ("geometry", signal.embedding, OF_EMBEDDING if geometry else ()),
    ):
        learn = [loss for loss in uses if loss in losses.weights()]
        if learn and _says_the_same(signal, states):
            raise _refusal(
                signal, f"has the same {name} for every text", f"it tells none apart, and {', '.join(learn)} copy that"
            )


def _says_the_same(signal: TeacherSignal, states: NDArray[np.float16]) -> bool:
    """Say whether rows of different texts are alike in all columns, to what half precision can tell."""
    counted = np.flatnonzero(np.asarray(signal.weight) > 0)
    if len({signal.text_hashes[row] for row in counted}) < 2:
        return False
    lowest = highest = np.asarray(states[counted[0]], dtype=np.float32)
    for begin in range(0, len(counted), ROWS):
        some = np.asarray(states[counted[begin : begin + ROWS]], dtype=np.float32)
        lowest, highest = np.minimum(lowest, some.min(axis=0)), np.maximum(highest, some.max(axis=0))
        if float((highest - lowest).max(initial=0)) > SAME * float(np.maximum(-lowest, highest).max(initial=0)):
            return False
    return True


class _Said(NamedTuple):
    """How right each answer is, ``[N]``, and all of them are; the more, the better."""

    right: NDArray[np.floating]
    score: float

    @classmethod
    def of(cls, logits: NDArray[np.float32], targets: NDArray[np.float32], task: TaskConfig) -> _Said:
        if task.regression:
            nearness = -np.square(logits - targets).sum(axis=1)
            return cls(nearness, float(nearness.mean()))
        return cls(_right(logits, targets, task.multi_label).astype(float), _balanced(logits, targets, task))


def _balanced(logits: NDArray[np.float32], targets: NDArray[np.float32], task: TaskConfig) -> float:
    if not task.multi_label:
        return float(balanced_accuracy_score(targets.argmax(axis=1), logits.argmax(axis=1)))
    return float(np.mean([balanced_accuracy_score(y > 0, z > 0) for z, y in zip(logits.T, targets.T, strict=True)]))


def _right(logits: NDArray[np.float32], targets: NDArray[np.float32], multi_label: bool) -> NDArray[np.bool_]:
    said = logits > 0 if multi_label else np.eye(logits.shape[1], dtype=bool)[logits.argmax(axis=1)]
    right: NDArray[np.bool_] = (said == (targets > 0)).all(axis=1)
    return right


def _refusal(signal: TeacherSignal, what: str, why: str) -> TrainingError:
    return TrainingError(
        f"the teacher {what}",
        where=f"teacher {signal.teacher[:12]}",
        why=why,
        remedy="train it longer, give it more labels (corpus.labels_per_class), or check that its labels are in order",
    )
