"""Literals out of Python source, without running it."""

from __future__ import annotations

import ast
from typing import Any

from cdkd_kg.errors import ArtifactError


def constant(source: bytes, name: str, where: str) -> Any:
    """Return the literal that is assigned to ``name`` at the top of Python source.

    The source is parsed, never imported or run; ``where`` is its place, for errors.

    Raises:
        ArtifactError: there is no such assignment, or its value is no literal.
    """
    try:
        for statement in ast.parse(source).body:
            targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
            value = getattr(statement, "value", None)
            if value is not None and any(isinstance(target, ast.Name) and target.id == name for target in targets):
                return ast.literal_eval(value)
    except (SyntaxError, ValueError) as error:
        raise ArtifactError(f"{name} is not a literal", where=where, why=str(error)) from error
    raise ArtifactError(f"the source assigns nothing to {name}", where=where)
