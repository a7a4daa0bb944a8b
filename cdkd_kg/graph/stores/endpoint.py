"""Any SPARQL 1.1 endpoint as the store, by the SPARQL 1.1 Protocol."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, wait
from threading import Thread
from typing import TypeVar

import httpx
from pyoxigraph import (
    Literal,
    NamedNode,
    Quad,
    QueryResultsFormat,
    QuerySolutions,
    RdfFormat,
    Variable,
    parse_query_results,
)
from pyoxigraph import serialize as serialise

from cdkd_kg.errors import GraphError
from cdkd_kg.graph.stores.port import Bound, GraphStore, Pattern, Query
from cdkd_kg.graph.stores.update import patch_update

MAX_BYTES = 256 << 20
_UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol, httpx.InvalidURL)
TSV, JSON = "text/tab-separated-values", "application/sparql-results+json"
_QUADS = "SELECT ?s ?p ?o ?g { GRAPH ?g { ?s ?p ?o } }"
_NAMES = "SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }"
_COUNT = "SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }"
T = TypeVar("T")


class EndpointStore(GraphStore):
    """Quads behind a SPARQL endpoint such as Oxigraph server, Fuseki, GraphDB or QLever.

    One change is one update request, which SPARQL asks servers to carry out whole or not at all. Redirects are not
    followed, and an answer that is late, too large, packed or not what was asked for is an error. Where an update was
    sent and no answer came, nobody here can know whether it was carried out, and the error says so; to send it again
    is safe.

    Args:
        query_url: where queries are sent.
        update_url: where updates are sent; None makes the store read-only.
        timeout: seconds to wait for the server at any one point.
        longest: seconds that one question and its answer may take in all, however steadily it drips.
        headers: such as ``{"Authorization": "..."}``.
    """

    def __init__(
        self,
        query_url: str,
        update_url: str | None = None,
        *,
        timeout: float = 30.0,
        longest: float = 600.0,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self._query_url, self._update_url, self._longest = query_url, update_url, longest
        self._timeout, self._headers = timeout, dict(headers or {})
        self._client = self._connected()

    def __len__(self) -> int:
        ((count,),) = self._solutions(Query(_COUNT), ("n",))
        if not isinstance(count, Literal) or not count.value.isdecimal():
            raise self._lie("a count is not a number")
        return int(count.value)

    def matching(self, pattern: Pattern) -> Iterator[Quad]:
        """Yield the quads that have the terms of a pattern."""
        bindings = {name: term for name, term in zip("spog", pattern, strict=True) if term is not None}
        for s, p, o, g in self._solutions(Query(_QUADS, bindings=bindings), ("s", "p", "o", "g")):
            if not (isinstance(s, NamedNode) and isinstance(p, NamedNode) and isinstance(g, NamedNode)):
                raise self._lie("a node of a quad is not an IRI")
            # Numbers and dates may come back in another form, so of literals no more is asked than to be there.
            if any(
                isinstance(term, NamedNode) and term != found for term, found in zip(pattern, (s, p, o, g), strict=True)
            ):
                raise self._lie(f"a quad came that was not asked for: {str(Quad(s, p, o, g))[:200]}")
            yield Quad(s, p, o, g)

    def named_graphs(self) -> list[NamedNode]:
        """Return the named graphs that hold a quad, sorted."""
        names = (name for (name,) in self._solutions(Query(_NAMES), ("g",)) if isinstance(name, NamedNode))
        return sorted(names, key=lambda node: node.value)

    def patch(self, removed: Iterable[Quad], added: Iterable[Quad]) -> None:
        """Remove quads, then add quads, in one update request."""
        if self._update_url is None:
            raise GraphError(
                "the graph store is read-only", where=self._query_url, remedy="give the address for updates as well"
            )
        if text := patch_update(removed, added):
            try:
                self._send(self._update_url, text, "application/sparql-update", "*/*")
            except GraphError as error:
                if isinstance(error, _RefusedError) or isinstance(error.__cause__, _UNSENT):
                    raise
                raise _perhaps_done(error) from error

    def select(self, query: Query) -> bytes:
        """Return the solutions as SPARQL 1.1 TSV."""
        data = self._ask(query, TSV)
        if not data.endswith(b"\n"):
            raise self._lie("its last line has no end, so a part is missing")
        return data

    def dump(self) -> bytes:
        """Return all quads as N-Quads."""
        return serialise(self.match(), format=RdfFormat.N_QUADS) or b""

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _solutions(self, query: Query, names: tuple[str, ...]) -> Iterator[tuple[Bound, ...]]:
        data = self._ask(query, JSON)
        try:
            solutions = parse_query_results(data, QueryResultsFormat.JSON)
            if not isinstance(solutions, QuerySolutions):
                raise self._lie("it answers yes or no to a SELECT")
            for solution in solutions:
                row = tuple(solution[name] for name in names)
                if not all(isinstance(term, NamedNode | Literal) for term in row):
                    raise self._lie("a value is missing, or is a blank node")
                yield row
        except (SyntaxError, ValueError, KeyError) as error:
            raise self._lie(str(error)) from error

    def _ask(self, query: Query, accept: str) -> bytes:
        prefixes = "".join(f"PREFIX {name}: {NamedNode(iri)}\n" for name, iri in sorted(query.prefixes.items()))
        head, brace, rest = query.text.partition("{")
        text = f"{prefixes}{head}{brace}{_values(query.bindings)}{rest}"
        graphs = [("default-graph-uri", graph.value) for graph in query.graphs]
        graphs += [("named-graph-uri", graph.value) for graph in query.named]
        return self._send(self._query_url, text, "application/sparql-query", accept, graphs)

    def _connected(self) -> httpx.Client:
        return httpx.Client(timeout=self._timeout, headers=self._headers, follow_redirects=False)

    def _send(self, url: str, text: str, kind: str, accept: str, parameters: Sequence[tuple[str, str]] = ()) -> bytes:
        # Packed answers are refused: 2 KB of gzip in gzip are gigabytes before anything can count them.
        headers = {"Content-Type": f"{kind}; charset=utf-8", "Accept": accept, "Accept-Encoding": "identity"}
        content, query = text.encode(), tuple(parameters) or None
        try:
            question = self._client.build_request("POST", url, content=content, headers=headers, params=query)
            said, data = self._in_time(question)
        except httpx.TimeoutException as error:
            raise GraphError(
                "the SPARQL endpoint is too slow", where=url, why=str(error), remedy="try again, or raise the timeout"
            ) from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise GraphError(
                "the SPARQL endpoint does not answer",
                where=url,
                why=str(error),
                remedy="start it, or correct the address",
            ) from error
        if accept != "*/*" and said != accept:
            raise self._lie(f"{accept} was asked for, {said or 'nothing'} came")
        return data

    def _in_time(self, question: httpx.Request) -> tuple[str, bytes]:
        """Return an answer, or leave it: httpx bounds the wait for each byte, but not for all of them."""
        client = self._client
        answer = _begun(lambda: _exchanged(client, question))
        try:
            if not wait([answer], self._longest).done:
                raise GraphError(
                    f"the SPARQL endpoint's answer has not ended after {self._longest:g} s",
                    where=_address(question),
                    remedy="ask for a smaller part, or raise the limit of time",
                )
        finally:
            if not answer.done():  # late, or interrupted: the thread ends when it next touches its connection
                self._client = self._connected()
                client.close()
        return answer.result()

    def _lie(self, why: str) -> GraphError:
        return GraphError(
            "the SPARQL endpoint's answer is not what SPARQL says it must be",
            where=self._query_url,
            why=why,
            remedy="check that the address is that of a SPARQL 1.1 endpoint",
        )


def _values(bindings: Mapping[str, Bound]) -> str:
    """Return a VALUES clause; names and terms are checked and written by the RDF library."""
    if not bindings:
        return ""
    names = sorted(bindings)
    variables, values = " ".join(str(Variable(name)) for name in names), " ".join(str(bindings[name]) for name in names)
    return f" VALUES ({variables}) {{ ({values}) }} "


def _perhaps_done(error: GraphError) -> GraphError:
    said = error.why or "no answer came to its end"
    return GraphError(
        error.what,
        where=error.where,
        why=f"{said}; the change was sent, and may have been carried out or not",
        remedy="send it again when the server is well: the same change twice is the same as once",
    )


class _RefusedError(GraphError):
    """The server understood, and did nothing."""


def _begun(work: Callable[[], T]) -> Future[T]:
    """Start work in a thread that nothing waits for, not even the end of Python."""
    done: Future[T] = Future()

    def run() -> None:
        try:
            done.set_result(work())
        except BaseException as error:
            done.set_exception(error)

    Thread(target=run, daemon=True).start()
    return done


def _exchanged(client: httpx.Client, question: httpx.Request) -> tuple[str, bytes]:
    """Send a question, and return the type and the bytes of its answer."""
    url, answer = _address(question), client.send(question, stream=True)
    try:
        if (packed := answer.headers.get("Content-Encoding", "identity").strip().lower()) != "identity":
            raise GraphError(
                "the SPARQL endpoint's answer is packed",
                where=url,
                why=f"status {answer.status_code} with Content-Encoding {packed[:100]}; identity was asked for",
                remedy="turn compression off at the server, or at what stands before it",
            )
        data = _limited(answer.iter_raw(), url)
        if not answer.is_success:
            why = f"status {answer.status_code}: {data[:300].decode('utf-8', 'replace')}"
            kind_of_error = GraphError if answer.is_server_error else _RefusedError
            raise kind_of_error("the SPARQL endpoint refuses", where=url, why=why, remedy="check address and rights")
        return answer.headers.get("Content-Type", "").partition(";")[0].strip(), data
    finally:
        answer.close()


def _address(question: httpx.Request) -> str:
    return str(question.url.copy_with(query=None))


def _limited(parts: Iterable[bytes], url: str) -> bytes:
    data = io.BytesIO()  # gives its bytes without a second copy of them
    for part in parts:
        if data.tell() + len(part) > MAX_BYTES:
            raise GraphError(
                f"the SPARQL endpoint's answer is over {MAX_BYTES >> 20} MiB",
                where=url,
                remedy="ask for a smaller part",
            )
        data.write(part)
    return data.getvalue()
