"""An RDF dataset of named graphs: vocabulary, proposals of each run, what was accepted and rejected, decisions."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, RdfFormat, Triple, serialize

from cdkd_kg.artifacts import write_bytes
from cdkd_kg.errors import GraphError
from cdkd_kg.graph.files import as_file, digest
from cdkd_kg.graph.iris import BLANK, GRAPH, check_scheme, graph_iri
from cdkd_kg.graph.parse import has_graphs, parse, plain_triples, refused
from cdkd_kg.graph.sssom.mappings import mapping_quads
from cdkd_kg.graph.sssom.read import is_sssom, read_sssom
from cdkd_kg.graph.stores.oxigraph import OxigraphStore
from cdkd_kg.graph.stores.port import Bound, GraphStore

if TYPE_CHECKING:
    import networkx
    import rdflib

    from cdkd_kg.entities.linking.aliases import Label

_KEPT = ("accepted", "rejected", "decisions")
_COMMON = ("http://", "https://", "urn:")
Term = NamedNode | BlankNode | Literal | Triple | DefaultGraph


class KnowledgeGraph:
    """Named graphs of one knowledge graph.

    The graphs are ``urn:cdkd:graph:<name>/vocabulary``, ``.../proposed/<run>``, ``.../accepted``,
    ``.../rejected`` and ``.../decisions``. There are no blank nodes, and nothing lies outside a named graph.

    Args:
        name: of the graph; lower-case letters, digits, ``_`` and ``-``.
        store: where its quads lie; Oxigraph in memory where it is left out.

    Example:
        >>> graph = KnowledgeGraph("medicine")
        >>> len(graph), graph.vocabulary.value
        (0, 'urn:cdkd:graph:medicine/vocabulary')
    """

    def __init__(self, name: str = "default", store: GraphStore | None = None) -> None:
        self.name = name
        self.store: GraphStore = OxigraphStore() if store is None else store
        self.vocabulary = graph_iri(name, "vocabulary")
        self.accepted = graph_iri(name, "accepted")
        self.rejected = graph_iri(name, "rejected")
        self.decisions = graph_iri(name, "decisions")

    def __len__(self) -> int:
        return len(self.store)

    def __iter__(self) -> Iterator[Quad]:
        return self.store.match()

    @classmethod
    def load(cls, path: Path | str) -> KnowledgeGraph:
        """Read a saved graph, a vocabulary in any RDF format, or mappings; triples without a graph are vocabulary.

        Raises:
            GraphError: the file is refused, or it holds graphs of several names.
        """
        path, graph, found = Path(path), cls(), set[NamedNode | BlankNode | DefaultGraph]()
        if is_sssom(path):
            graph.load_background([path])
            return graph
        graph.add(_noted(_skolemised(path), found), where=str(path))
        names = {_name_of(node) for node in found} - {None}
        if len(names) > 1:
            raise GraphError("the file holds several graphs", where=str(path), why=f"named {sorted(map(str, names))}")
        name = names.pop() if names else None
        return graph if name in (None, graph.name) else graph._called(name)

    @classmethod
    def from_rdflib(cls, dataset: rdflib.Dataset, name: str = "default") -> KnowledgeGraph:
        """Take the quads of an ``rdflib.Dataset``; blank nodes get IRIs, triples without a graph are vocabulary."""
        from cdkd_kg.graph.rdflib_view import from_rdflib

        graph = cls(name)
        graph.add(from_rdflib(dataset), where="rdflib.Dataset")
        return graph

    def save(self, path: Path | str) -> None:
        """Write sorted N-Quads: the same bytes for the same graph."""
        write_bytes(Path(path), self.to_bytes())

    def to_bytes(self) -> bytes:
        """Return sorted N-Quads, one a line."""
        return b"".join(line + b"\n" for line in sorted(self.store.dump().split(b"\n")) if line)

    @property
    def revision(self) -> str:
        """SHA-256 over the sorted N-Quads, as 64 hexadecimal digits."""
        return hashlib.sha256(self.to_bytes()).hexdigest()

    def proposed(self, run: str) -> NamedNode:
        """Return the IRI of the named graph with the proposals of ``run``."""
        return graph_iri(self.name, f"proposed/{run}")

    def visible(self) -> list[NamedNode]:
        """Return the named graphs that say what holds: all but the rejected triples and the decisions."""
        graphs = {self.vocabulary, *self.store.named_graphs()}
        return sorted(graphs - {self.rejected, self.decisions}, key=lambda node: node.value)

    def holding(
        self, subject: NamedNode | None = None, predicate: NamedNode | None = None, target: Bound | None = None
    ) -> Iterator[Quad]:
        """Yield the quads of the visible graphs that have the given terms and were not rejected."""
        rejected = {quad.triple for quad in self.store.match(subject, predicate, target, self.rejected)}
        for quad in self.store.match(subject, predicate, target):
            if quad.graph_name not in (self.rejected, self.decisions) and quad.triple not in rejected:
                yield quad

    def add(self, quads: Iterable[Quad], where: str = "") -> None:
        """Add quads, all or none; those without a graph go to the vocabulary.

        Args:
            quads: of IRIs and literals.
            where: where they come from, for the message.

        Raises:
            GraphError: a blank node, a triple term, or an IRI whose scheme is refused.
        """
        self.store.add(_checked(quads, self.vocabulary, where))

    def add_own(self, quads: Iterable[Quad]) -> None:
        """Add quads that this package made of IRIs that it minted or found in a graph: nothing is checked."""
        self.store.add(quads)

    def load_background(self, paths: Iterable[Path | str]) -> None:
        """Read vocabularies into the vocabulary graph; each file goes in whole or not at all.

        Blank nodes become ``urn:cdkd:bnode:<digest of the file>:<n>``, ``n`` by their order in the file. Of a graph
        that was saved here, under whatever name, what was accepted, rejected and decided keeps its place, and what
        runs proposed is left out.

        Args:
            paths: RDF, or mappings as SSSOM (``.sssom.tsv``), of which the negated ones are rejected triples.

        Raises:
            GraphError: a file is refused.
        """
        for path in map(Path, paths):
            if is_sssom(path):
                records = read_sssom(path)
                self.store.add([quad for one in records for quad in mapping_quads(one, self.vocabulary, self.rejected)])
            elif has_graphs(path):
                self.store.add(list(self._settled(_checked(_skolemised(path), self.vocabulary, str(path)))))
            else:
                self._load_triples(path)

    def _settled(self, quads: Iterable[Quad]) -> Iterator[Quad]:
        for quad in quads:
            part = _part_of(quad.graph_name)
            if not part.startswith("proposed/"):
                name = graph_iri(self.name, part) if part in _KEPT else self.vocabulary
                yield Quad(quad.subject, quad.predicate, quad.object, name)

    def _load_triples(self, path: Path) -> None:
        """Read RDF as N-Triples: into a folder that is faster than a transaction of quads."""
        source = plain_triples(path) or as_file(_lines(_checked(_skolemised(path), self.vocabulary, str(path))))
        try:
            self.store.load_triples(source, self.vocabulary)
        except (SyntaxError, ValueError) as error:
            raise refused(error, path) from error

    def include(self, path: Path | str) -> None:
        """Take the quads of a file, all or none: those of its named graphs into these, the others as vocabulary.

        Args:
            path: as :meth:`load_background` takes it.

        Raises:
            GraphError: the file is refused, or speaks of a graph of another name.
        """
        path = Path(path)
        if is_sssom(path) or not has_graphs(path):
            self.load_background([path])
            return
        quads = _checked(_of_name(self.name, _skolemised(path), path), self.vocabulary, str(path))
        self.store.load_quads(as_file(_blocks(quads, RdfFormat.N_QUADS)))

    def replace_vocabulary(self, paths: Iterable[Path | str]) -> None:
        """Let the vocabulary say what these files say and nothing else, all or none; the other graphs stay.

        Args:
            paths: as :meth:`load_background` takes them; they are read into memory first.

        Raises:
            GraphError: a file is refused.
        """
        fresh = KnowledgeGraph(self.name)
        fresh.load_background(paths)
        old, new = set(self.store.match(graph=self.vocabulary)), set(fresh)
        self.store.patch(old - new, new - old)

    def labels(self, language: str = "en") -> Iterator[Label]:
        """Yield the names of concepts that a text may use, sorted; see :func:`cdkd_kg.graph.labels.labels`."""
        from cdkd_kg.graph.labels import labels

        return labels(self, language)

    def to_rdflib(self) -> rdflib.Dataset:
        """Return an ``rdflib.Dataset`` with the same quads."""
        from cdkd_kg.graph.rdflib_view import to_rdflib

        return to_rdflib(self)

    def to_networkx(self) -> networkx.MultiDiGraph[str]:
        """Return entities and their relations; see :func:`cdkd_kg.graph.networkx_view.to_networkx`."""
        from cdkd_kg.graph.networkx_view import to_networkx

        return to_networkx(self)

    def _called(self, name: str) -> KnowledgeGraph:
        """Return the same store under another name; what was vocabulary here is so there."""
        other = KnowledgeGraph(name, self.store)
        stray = list(self.store.match(graph=self.vocabulary))
        self.store.patch(stray, [Quad(quad.subject, quad.predicate, quad.object, other.vocabulary) for quad in stray])
        return other


def _lines(quads: Iterator[Quad]) -> Iterator[bytes]:
    """Yield the triples of quads as N-Triples, some lines at a time."""
    return _blocks((quad.triple for quad in quads), RdfFormat.N_TRIPLES)


def _blocks(said: Iterator[Any], rdf_format: RdfFormat, size: int = 1000) -> Iterator[bytes]:
    while some := list(islice(said, size)):
        yield serialize(some, format=rdf_format) or b""


def _of_name(name: str, quads: Iterable[Quad], path: Path) -> Iterator[Quad]:
    """Yield quads; refuse one that lies in a named graph of a knowledge graph of another name."""
    for quad in quads:
        node = quad.graph_name
        if not isinstance(node, DefaultGraph) and _name_of(node) != name:
            raise GraphError(
                f"the file holds graphs that are not of {name!r}",
                where=str(path),
                why=f"it speaks of {_name_of(node) or f'graphs of other makers: {node.value[:200]}'}",
                remedy="give the graph folder the same name, or export the file as Turtle first",
            )
        yield quad


def _checked(quads: Iterable[Quad], default: NamedNode, where: str) -> Iterator[Quad]:
    """Yield ``quads``, those without a graph in ``default``; refuse what a knowledge graph does not take."""
    for quad in quads:
        subject, predicate, target, graph = quad
        for term in (subject, target.datatype if type(target) is Literal else target, graph, predicate):
            if not (type(term) is NamedNode and term.value.startswith(_COMMON)):
                _check_term(term, where)
        yield Quad(subject, predicate, target, default) if isinstance(graph, DefaultGraph) else quad


def _check_term(term: Term, where: str) -> None:
    if isinstance(term, NamedNode):
        check_scheme(term.value, where)
    elif isinstance(term, BlankNode | Triple):
        raise GraphError(
            f"a {type(term).__name__} cannot be added: {str(term)[:200]}",
            where=where,
            why="every node has an IRI, so that graphs can be compared and edits undone",
            remedy="give it an IRI; a triple is spoken of by a statement node",
        )


def _name_of(graph: NamedNode | BlankNode | DefaultGraph) -> str | None:
    if isinstance(graph, NamedNode) and graph.value.startswith(GRAPH):
        return graph.value.removeprefix(GRAPH).partition("/")[0]
    return None


def _part_of(graph: NamedNode | BlankNode | DefaultGraph) -> str:
    if isinstance(graph, NamedNode) and graph.value.startswith(GRAPH):
        return graph.value.removeprefix(GRAPH).partition("/")[2]
    return ""


def _noted(quads: Iterable[Quad], graphs: set[NamedNode | BlankNode | DefaultGraph]) -> Iterator[Quad]:
    for quad in quads:
        graphs.add(quad.graph_name)
        yield quad


def _skolemised(path: Path) -> Iterator[Quad]:
    prefix = ""
    seen: dict[BlankNode, NamedNode] = {}

    def named(term: Term) -> Term:
        nonlocal prefix
        if not isinstance(term, BlankNode):
            return term
        prefix = prefix or f"{BLANK}{digest(path)[:16]}"
        return seen.setdefault(term, NamedNode(f"{prefix}:{len(seen)}"))

    for quad in parse(path):
        if BlankNode in (type(quad.subject), type(quad.object), type(quad.graph_name)):
            quad = Quad(*map(named, quad))  # type: ignore[arg-type]
        yield quad
