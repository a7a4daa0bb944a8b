"""Rows and configurations in a few words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cdkd_kg.config import CorpusConfig
from cdkd_kg.corpus.rows import RawRow, Row

TOPICS = ("sport", "business")


def raw(text: Any = "a text", label: Any = "sport", **fields: Any) -> RawRow:
    given = {"file": "f.jsonl", "line": 1, "id": "1", "split": None, "domain": "news"} | fields
    return RawRow(text=text, label=label, **given)


def row(name: str, text: str | None = None, labels: tuple[str, ...] | None = ("sport",), **fields: Any) -> Row:
    text = name if text is None else text
    given = {"split": None, "domain": "news", "group": None, "order": 0} | fields
    return Row("f.jsonl", 1, name, True, text, " ".join(text.split()).encode(), labels, **given)


def labelled_rows(count: int, labels: tuple[str, ...] = TOPICS, **fields: Any) -> list[dict[str, Any]]:
    return [
        {"id": f"r{i}", "text": f"text number {i}", "label": labels[i % len(labels)]} | fields for i in range(count)
    ]


def write_jsonl(path: Path, rows: list[Any]) -> Path:
    path.write_text("".join(json.dumps(value) + "\n" for value in rows), "utf-8")
    return path


def corpus_config(domains: dict[str, dict[str, Any]], labels: tuple[str, ...] = TOPICS, **fields: Any) -> CorpusConfig:
    task = {"labels": labels, "multi_label": fields.pop("multi_label", False)}
    named = {name: {"task": "topic"} | domain for name, domain in domains.items()}
    return CorpusConfig.model_validate({"tasks": {"topic": task}, "domains": named} | fields)


def from_path(path: Path, **fields: Any) -> dict[str, Any]:
    return {"source": {"path": str(path)} | fields.pop("source", {})} | fields
