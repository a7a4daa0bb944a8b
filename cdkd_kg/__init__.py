"""Knowledge distillation across domains and tasks, guided by a knowledge graph.

The names below are the public interface; importing the package loads none of the heavy libraries.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_PUBLIC = {
    "Config": "cdkd_kg.config",
    "Corpus": "cdkd_kg.corpus.corpus",
    "DistillationTrainer": "cdkd_kg.distillation.trainer",
    "KnowledgeGraph": "cdkd_kg.graph.knowledge_graph",
    "Predictor": "cdkd_kg.inference.predictor",
    "RunResult": "cdkd_kg.pipeline.run",
    "TeacherSignal": "cdkd_kg.teachers.signals",
    "build_corpus": "cdkd_kg.corpus.build",
    "build_graph": "cdkd_kg.graph.build",
    "distill": "cdkd_kg.distillation.distill",
    "extract": "cdkd_kg.entities.extract",
    "load_config": "cdkd_kg.config",
    "plan_run": "cdkd_kg.pipeline.run",
    "run": "cdkd_kg.pipeline.run",
    "to_tensors": "cdkd_kg.graph.tensors",
}

__all__ = sorted(_PUBLIC)
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'cdkd_kg' has no attribute {name!r}")
    return getattr(import_module(_PUBLIC[name]), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
