"""What a vocabulary says of its concepts, as texts without labels: documents that whoever has a graph has, too."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from cdkd_kg.corpus.rows import Record


def read_vocabulary(path: Path) -> Iterator[Record]:
    """Yield "name: definition" of each concept of an RDF file that has both in English, by IRI; these are the lines.

    Raises:
        GraphError: the file is refused, as :func:`cdkd_kg.graph.parse.parse` says.
    """
    from cdkd_kg.graph.facts import definitions
    from cdkd_kg.graph.knowledge_graph import KnowledgeGraph
    from cdkd_kg.graph.labels import preferred

    graph = KnowledgeGraph("vocabulary")
    graph.load_background([path])
    names, defined = preferred(graph), definitions(graph)
    for number, iri in enumerate(sorted(names.keys() & defined.keys()), 1):
        yield Record(str(path), number, {"id": iri, "text": f"{names[iri]}: {defined[iri]}"})
