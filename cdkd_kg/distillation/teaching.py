"""What teaches a student beside the cached signal, and the losses that come of it."""

from __future__ import annotations

from dataclasses import dataclass

from transformers import PreTrainedModel, PreTrainedTokenizerBase

from cdkd_kg.config_losses import OFF, ONLINE, LossesConfig
from cdkd_kg.distillation.joint import JointGraph
from cdkd_kg.distillation.losses.combine import CombinedLoss, Sizes, make_losses
from cdkd_kg.distillation.tokens import TokenTeacher
from cdkd_kg.distillation.training_set import TrainingSet
from cdkd_kg.errors import ConfigError
from cdkd_kg.teachers.entity_signal import EntitySignal
from cdkd_kg.teachers.signals import TeacherSignal
from cdkd_kg.teachers.text import TextTeacher


@dataclass(frozen=True)
class Beside:
    """What teaches beside the signal, and what judges it.

    Attributes:
        graph: where the teacher is to be a network over it that learns with the student.
        text_teacher: for the losses that compare tokens, which no signal holds.
        entities: what mentions are drawn to; without it, as where no graph teaches, ``entity_alignment`` is left out.
        validation: labelled texts that the signal knows and nobody learned from.
    """

    graph: JointGraph | None = None
    text_teacher: TextTeacher | None = None
    entities: EntitySignal | None = None
    validation: TrainingSet | None = None


ALONE = Beside()


def losses_of(config: LossesConfig, model: PreTrainedModel, signal: TeacherSignal, beside: Beside) -> CombinedLoss:
    """Return the losses of a student, at the widths and depths of those who teach it.

    Raises:
        ConfigError: a layer is not there, or there is nothing to learn from.
    """
    sizes = Sizes(
        student=model.config.hidden_size,
        teacher=signal.hidden.shape[1],
        embedding=signal.embedding.shape[1] if beside.graph is None else beside.graph.config.hidden,
        student_layers=model.config.num_hidden_layers,
        teacher_layers=0 if beside.text_teacher is None else beside.text_teacher.model.config.num_hidden_layers,
        entity=0 if beside.entities is None else beside.entities.vectors.shape[1],
    )
    return make_losses(_with_what_is_there(config, beside), sizes)


def token_teacher_of(config: LossesConfig, tokenizer: PreTrainedTokenizerBase, beside: Beside) -> TokenTeacher | None:
    """Return who reads every batch again, where a loss compares tokens.

    Raises:
        ConfigError: there is no text teacher that reads the student's tokens.
    """
    if not config.online():
        return None
    asked, teacher = [name for name in ONLINE if name in config.weights()], beside.text_teacher
    if teacher is None or teacher.tokenizer.get_vocab() != tokenizer.get_vocab():
        raise ConfigError(
            f"the losses {asked} compare the tokens of the student with those of one text teacher",
            where="distillation.losses",
            why="its tokens are not the student's" if teacher else "there are several, one a domain, or none",
            remedy="leave them at 0; hidden_states and the relations of documents need no common tokens",
        )
    return TokenTeacher(teacher.model, attention=any(name != "layer_states" for name in asked))


def _with_what_is_there(config: LossesConfig, beside: Beside) -> LossesConfig:
    if beside.entities is not None or not config.entity_alignment.weight:
        return config
    if list(config.weights()) == ["entity_alignment"]:
        raise ConfigError(
            "entity_alignment alone teaches nothing where there is no graph",
            where="distillation.losses",
            remedy="switch on another loss beside it, or leave out the conditions without a graph",
        )
    return config.model_copy(update={"entity_alignment": OFF})
