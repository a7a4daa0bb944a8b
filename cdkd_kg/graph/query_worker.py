"""The process that answers one user's query: a task as JSON comes in, the answer as JSON goes out."""

from __future__ import annotations

import json
import resource
import sys
from itertools import islice
from pathlib import Path
from typing import Any

from pyoxigraph import (
    BlankNode,
    Literal,
    NamedNode,
    QueryBoolean,
    QuerySolutions,
    QueryTriples,
    Store,
    Triple,
    Variable,
)  # fmt: skip

from cdkd_kg.graph.iris import graph_iri
from cdkd_kg.graph.namespaces import PREFIXES
from cdkd_kg.graph.stores.copies import linked, unwritten
from cdkd_kg.graph.terms import term_of

MEMORY = 4 << 30


def main() -> None:
    """Answer the task on standard input."""
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    sys.stdout.write(json.dumps(answer(json.load(sys.stdin))))


def answer(task: dict[str, Any]) -> dict[str, Any]:
    """Return what :func:`cdkd_kg.graph.user_query.user_query` promises, or why the query is not answered."""
    with unwritten(Path(task["store"]), task["wait"]) as still:
        return _found(task) if still else {"busy": True}


def _found(task: dict[str, Any]) -> dict[str, Any]:
    rejected, decisions, vocabulary = (
        graph_iri(task["name"], part) for part in ("rejected", "decisions", "vocabulary")
    )
    store = _without(Path(task["store"]), rejected, Path(task["aside"]))
    names = list(store.named_graphs())
    bindings: dict[Variable, NamedNode | BlankNode | Literal | Triple] = {
        Variable(name): term_of(value) for name, value in task["bindings"].items()
    }
    try:
        found = store.query(
            task["query"],
            prefixes=PREFIXES,
            default_graph=[name for name in names if name not in (rejected, decisions)] or [vocabulary],
            named_graphs=names,
            substitutions=bindings,
        )
    except (SyntaxError, ValueError, RuntimeError) as error:
        return {"refused": str(error)}
    if isinstance(found, QueryBoolean):
        return {"answer": bool(found)}
    variables = ["subject", "predicate", "object"]
    if isinstance(found, QuerySolutions):
        variables = [variable.value for variable in found.variables]
    assert isinstance(found, QuerySolutions | QueryTriples)  # noqa: S101 - there is no fourth kind
    rows = [[None if term is None else str(term) for term in row] for row in islice(found, task["rows"] + 1)]
    return {"variables": variables, "rows": rows[: task["rows"]], "more": len(rows) > task["rows"]}


def _without(folder: Path, rejected: NamedNode, aside: Path) -> Store:
    """Return the store without what was rejected, wherever else it is said.

    It costs a look-up for each rejected triple; where one is also said elsewhere, it is removed from a copy of the
    folder, of which the big files are hard links.
    """
    store = Store.read_only(str(folder))
    hidden = [
        quad
        for gone in store.quads_for_pattern(None, None, None, rejected)
        for quad in store.quads_for_pattern(gone.subject, gone.predicate, gone.object, None)
        if quad.graph_name != rejected
    ]
    if not hidden:
        return store
    copy = Store(str(aside)) if linked(folder, aside) else _in_memory(store)
    for quad in hidden:
        copy.remove(quad)
    return copy


def _in_memory(store: Store) -> Store:
    copy = Store()
    copy.extend(store)
    return copy


if __name__ == "__main__":
    main()
