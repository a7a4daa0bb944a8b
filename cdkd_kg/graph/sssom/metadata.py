"""The metadata at the head of a file of mappings: YAML from outside, short and without anchors, aliases and tags."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from cdkd_kg.errors import GraphError
from cdkd_kg.graph.files import MAX_PREFIX

MAX_METADATA = 1 << 16
"""Characters; YAML of this length takes seconds, however it is written."""
MAX_DEPTH = 10
_FORBIDDEN = (yaml.AliasToken, yaml.AnchorToken, yaml.TagToken, yaml.DirectiveToken)
_OPENING = (
    yaml.BlockMappingStartToken, yaml.BlockSequenceStartToken, yaml.FlowMappingStartToken, yaml.FlowSequenceStartToken,
)  # fmt: skip
_CLOSING = (yaml.BlockEndToken, yaml.FlowMappingEndToken, yaml.FlowSequenceEndToken)
_REMEDY = "correct the file; https://mapping-commons.github.io/sssom/ says how it is written"


def read_metadata(head: Sequence[str], path: Path) -> dict[str, Any]:
    """Return what the lines at the head of a file say: texts, and lists and dictionaries of texts.

    Args:
        head: lines that begin with ``#``, in all no more than ``MAX_METADATA``.
        path: of the file, for the message.

    Raises:
        GraphError: they are refused.
    """
    text = "\n".join(line[1:].rstrip() for line in head)
    try:
        _check_tokens(text, path)
        # All scalars as text: a version 1.10 is no number, and a prefix NO no truth value.
        metadata = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 - it makes text, lists and dicts alone
    except (yaml.YAMLError, RecursionError, ValueError, OverflowError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        raise refusal("the metadata are not YAML", f"{path}{line}", " ".join(str(error).split())[:300]) from error
    if not metadata:
        return {}
    if not isinstance(metadata, dict):
        raise refusal("the metadata are no mapping of names to values", f"{path}, line 1")
    return metadata


def _check_tokens(text: str, path: Path) -> None:
    """Refuse what makes much of little: YAML is checked token by token before anything is built of it."""
    depth = 0
    for token in yaml.scan(text, Loader=yaml.SafeLoader):
        where = f"{path}, line {token.start_mark.line + 1}"
        if isinstance(token, _FORBIDDEN):
            raise refusal("anchors, aliases, tags and directives of YAML are refused", where)
        depth += isinstance(token, _OPENING) - isinstance(token, _CLOSING)
        if depth > MAX_DEPTH:
            raise refusal(f"the metadata nest more than {MAX_DEPTH} levels deep", where)
        if isinstance(token, yaml.ScalarToken):
            token.value.encode()  # half a surrogate pair, as "\\ud800", is no text


def prefixes_in(metadata: Mapping[str, Any], path: Path) -> dict[str, str]:
    """Return the prefixes of CURIEs that the metadata name, and what each stands for.

    Raises:
        GraphError: they are refused.
    """
    prefixes = metadata.get("curie_map") or {}
    if not isinstance(prefixes, dict) or not all(isinstance(part, str) for pair in prefixes.items() for part in pair):
        raise refusal("the curie_map is no list of prefixes and IRIs", f"{path}, metadata")
    for prefix, iri in prefixes.items():
        if len(iri) > MAX_PREFIX:
            raise refusal(f"the prefix {prefix[:100]!r} is for an IRI over {MAX_PREFIX >> 10} KiB", f"{path}, metadata")
    return prefixes


def refusal(what: str, where: str, why: str = "") -> GraphError:
    """Return the error that refuses a file of mappings."""
    return GraphError(what, where=where, why=why, remedy=_REMEDY)
