"""Speed of the graph part; loading and the entity stage beside their peers in the same run.

    python -m benchmarks.graph [--quick] [--json FILE]

Goals: loading N-Triples 8 x as fast as rdflib into memory; RDF to tensors at 200,000 edges/s and linear in edges; the
revision of 1,000,000 quads in 10 s; SHACL of two edited nodes of 100,000 triples in 0.1 s; the entity stage at 0.85 x
the throughput of the bare pipeline with the same pipes, with 5 labels, with 100,000 more that are names, and, as the
worst case, with the 2,000 commonest words of the texts among them. Texts are news where CDKD_DATA names the folder of
shared data, else invented; no two are the same, and what was looked up is forgotten.
"""

from __future__ import annotations

import argparse
import gc
import os
import random
import re
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any

import pyarrow.parquet as pq
import rdflib
import torch
from pyoxigraph import Literal, NamedNode, Quad
from spacy.language import Language
from torch_geometric.data import HeteroData

from benchmarks.about import about
from cdkd_kg.artifacts import write_json
from cdkd_kg.config import EntitiesConfig, GraphConfig
from cdkd_kg.entities.linking.aliases import AliasTable, Label
from cdkd_kg.entities.pipeline import load_pipeline
from cdkd_kg.entities.reading import Document, mention_pipeline, read, readable
from cdkd_kg.graph.folder import graph_folder
from cdkd_kg.graph.iris import document_iri, mention_iri
from cdkd_kg.graph.knowledge_graph import KnowledgeGraph
from cdkd_kg.graph.namespaces import DCTERMS, ITSRDF, NIF, RDF, SKOS
from cdkd_kg.graph.tensors import to_tensors
from cdkd_kg.graph.validate import validate

NAMES = 100_000
SAMPLE = Path(__file__).parents[1] / "data" / "sample" / "rows.csv"


def main() -> None:
    """Measure, print, and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a tenth of the size, one round")
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args()
    size, rounds = (100_000, 1) if options.quick else (1_000_000, 3)
    results = {
        "load": load(size, rounds),
        "tensors": [tensors(edges, rounds, peer=edges == size // 10) for edges in (size // 10, size // 2)],
        "shacl": shacl(size // 10, 3 * size // 100),
        "entities": entities(size // 1000, rounds),
    }
    for line in lines(results):
        print(line)
    if options.json:
        write_json(
            options.json, about("pyoxigraph", "pyshacl", "rdflib", "spacy", "torch-geometric") | {"results": results}
        )


def load(size: int, rounds: int) -> dict[str, Any]:
    """Time loading and the revision of ``size`` triples."""
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "vocabulary.nt"
        path.write_text("".join(vocabulary(size)), "utf-8")

        def ours() -> KnowledgeGraph:
            graph = KnowledgeGraph("ours")
            graph.load_background([path])
            return graph

        def folder() -> None:
            with graph_folder(Path(scratch) / f"g{random.getrandbits(40)}", create=True) as graph:
                graph.load_background([path])

        ways: dict[str, Callable[[], object]] = {
            "ours": ours,
            "ours, in a folder": folder,
            "rdflib": lambda: rdflib.Graph().parse(path, format="nt"),
        }
        seconds = interleaved(ways, rounds)
        loaded = ours()
        revision = timed(lambda: loaded.revision)
    return {"triples": size, "seconds": seconds, "revision_seconds": revision}


def tensors(edges: int, rounds: int, *, peer: bool) -> dict[str, Any]:
    """Time RDF to ``HeteroData`` for a graph of that many mentions and half as many knowledge edges."""
    graph = KnowledgeGraph("tensors")
    graph.add_own(mentions(graph, edges))
    data: list[Any] = []
    ways: dict[str, Callable[[], object]] = {
        "ours": lambda: data.append(to_tensors(graph, GraphConfig(min_documents=1)))
    }
    if peer:
        triples = rdflib.Graph()
        for quad in graph.to_rdflib().quads():
            triples.add(quad[:3])
        ways["loop over rdflib"] = lambda: loop(triples)
    seconds = interleaved(ways, rounds)
    made = sum(data[-1][kind].edge_index.shape[1] for kind in data[-1].edge_types)
    return {"edges": edges + edges // 2, "edges_of_tensors": made, "seconds": seconds}


def loop(graph: rdflib.Graph) -> HeteroData:
    """Return the same edges, without weights, as somebody would gather them who has rdflib and PyG alone."""
    data, edges = HeteroData(), dict[str, list[tuple[int, int]]]()
    documents, entities = defaultdict[Any, int](count().__next__), defaultdict[Any, int](count().__next__)
    for mention, _, entity in graph.triples((None, rdflib.URIRef(ITSRDF.taIdentRef.value), None)):
        document = graph.value(mention, rdflib.URIRef(NIF.referenceContext.value))
        edges.setdefault("mentions", []).append((documents[document], entities[entity]))
    for predicate in (SKOS.broader, SKOS.related):
        for one, _, other in graph.triples((None, rdflib.URIRef(predicate.value), None)):
            edges.setdefault(predicate.value, []).append((entities[one], entities[other]))
    for name, pairs in edges.items():
        head = "document" if name == "mentions" else "entity"
        data[head, name, "entity"].edge_index = torch.tensor(sorted(pairs)).T
    return data


def shacl(edited: int, whole: int) -> dict[str, Any]:
    """Time SHACL of two nodes of a graph of ``edited`` triples in a folder, and of all of ``whole`` triples."""
    nodes = ["http://example.org/entity/E5", "http://example.org/entity/E77"]
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "vocabulary.nt"
        path.write_text("".join(vocabulary(edited)), "utf-8")
        with graph_folder(Path(scratch) / "shacl", create=True) as graph:
            graph.include(path)
            validate(graph, nodes=nodes)  # imports pySHACL
            few = [timed(lambda: validate(graph, nodes=nodes)) for _ in range(15)]
        path.write_text("".join(vocabulary(whole)), "utf-8")
        all_of_it = timed(lambda: validate(KnowledgeGraph.load(path)))
    return {
        "edited": {"triples": edited, "nodes": len(nodes), "seconds": median(few)},
        "whole": {"triples": whole, "seconds": all_of_it},
    }


def entities(count: int, rounds: int) -> dict[str, Any]:
    """Time the entity stage with three vocabularies beside the same pipes of spaCy alone."""
    config, (source, texts) = EntitiesConfig(), distinct_texts(count)
    documents = [Document(str(place), text) for place, text in enumerate(texts)]
    words = Counter(word for text in texts for word in re.findall(r"[A-Za-z]{4,}", text))
    known = [word for word, _ in words.most_common(2000)]
    invented = list(invented_names(NAMES))
    names = {"small": known[:5], "large": [*known[:5], *invented], "worst": [*known, *invented]}
    aliases = {
        size: AliasTable(Label(f"urn:{place}", name, "preferred") for place, name in enumerate(found))
        for size, found in names.items()
    }
    bare = load_pipeline(config)
    ways: dict[str, Callable[[], object]] = {
        f"{size} vocabulary": partial(read_with, mention_pipeline(config, found), documents, config)
        for size, found in aliases.items()
    }
    for way in ways.values():
        way()  # an index of spellings is made for the first name that is looked up
    ways["bare pipeline"] = lambda: [
        None for _ in bare.pipe((readable(text, config.max_words) for text in texts), batch_size=config.batch_size)
    ]
    labels = {f"{size} vocabulary": len(found) for size, found in aliases.items()}
    return {"documents": count, "source": source, "labels": labels, "seconds": interleaved(ways, rounds)}


def distinct_texts(count: int) -> tuple[str, list[str]]:
    """Return where texts are from, and so many: news of CDKD_DATA, or else words of the sample with invented names."""
    news = Path(os.environ.get("CDKD_DATA", "")) / "topics.parquet"
    if "CDKD_DATA" in os.environ and news.is_file():
        found = pq.read_table(news, columns=["text"])["text"].to_pylist()
        return "news", found[:: max(1, len(found) // count)][:count]
    chance, names = random.Random(0), list(invented_names(NAMES))  # noqa: S311
    words = [word for row in SAMPLE.read_text("utf-8").splitlines()[1:] for word in row.split('"')[1].split()]

    def sentence() -> str:
        said = [chance.choice(words).strip(".,").lower() for _ in range(14)]
        said.insert(chance.randrange(14), chance.choice(names))
        return f"{' '.join(said).capitalize() if chance.random() < 0.1 else ' '.join(said)}."

    return "invented", [" ".join(sentence() for _ in range(10)) for _ in range(count)]


def invented_names(count: int) -> Iterator[str]:
    """Yield names of two words of two to four syllables."""
    chance = random.Random(1)  # noqa: S311
    syllables = [first + second for first in "bdfgklmnprstvz" for second in ("a", "e", "i", "o", "u", "an", "er", "os")]
    for _ in range(count):
        yield " ".join("".join(chance.choices(syllables, k=chance.randint(2, 4))).capitalize() for _ in range(2))


def read_with(nlp: Language, documents: list[Document], config: EntitiesConfig) -> None:
    """Read documents as :func:`cdkd_kg.entities.extract.extract` does, by a pipeline that is built already."""
    nlp.get_pipe("cdkd_mentions").linker.forget()
    read(nlp, documents, config)


def interleaved(ways: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Return the median seconds of each way, all ways in turn in every round."""
    times = [{name: timed(way) for name, way in ways.items()} for _ in range(rounds)]
    return {name: round(median(one[name] for one in times), 4) for name in ways}


def timed(work: Callable[[], object]) -> float:
    """Return how many seconds a piece of work takes; what it returns is thrown away after the clock has stopped."""
    gc.collect()
    begin = time.perf_counter()
    made = work()
    seconds = time.perf_counter() - begin
    del made
    return round(seconds, 4)


def vocabulary(size: int) -> Iterator[str]:
    """Yield ``size`` lines of N-Triples: concepts with two names, a broader and a related one."""
    chance, concepts = random.Random(0), size // 5  # noqa: S311
    for number in range(concepts):
        node = f"<http://example.org/entity/E{number}>"
        yield f"{node} {RDF.type} {SKOS.Concept} .\n"
        yield f'{node} {SKOS.prefLabel} "Entity number {number} of the vocabulary"@en .\n'
        yield f'{node} {SKOS.altLabel} "alias {number * 7919 % size}"@en .\n'
        yield f"{node} {SKOS.broader} <http://example.org/entity/E{number // 10}> .\n"
        yield f"{node} {SKOS.related} <http://example.org/entity/E{chance.randrange(concepts)}> .\n"


def mentions(graph: KnowledgeGraph, count: int) -> Iterator[Quad]:
    """Yield documents of ten mentions each, of entities with a broader one."""
    chance, run, concepts = random.Random(0), graph.proposed("r"), count // 5  # noqa: S311
    nodes = [NamedNode(f"urn:e:{number}") for number in range(concepts)]
    for number, node in enumerate(nodes):
        yield Quad(node, SKOS.broader, nodes[number // 10], graph.vocabulary)
        yield Quad(node, SKOS.related, nodes[chance.randrange(concepts)], graph.vocabulary)
    sure = Literal(0.9)
    for place in range(count):
        document = document_iri(f"d/{place // 10}")
        if place % 10 == 0:
            yield Quad(document, RDF.type, NIF.Context, run)
            yield Quad(document, DCTERMS.identifier, Literal(f"d/{place // 10}"), run)
        mention = mention_iri(document, 10 * (place % 10), 10 * (place % 10) + 5)
        yield Quad(mention, NIF.referenceContext, document, run)
        yield Quad(mention, ITSRDF.taIdentRef, chance.choice(nodes), run)
        yield Quad(mention, ITSRDF.taConfidence, sure, run)


def lines(results: dict[str, Any]) -> Iterator[str]:
    """Yield what was measured, a line each."""
    size, seconds = results["load"]["triples"], results["load"]["seconds"]
    for name, value in seconds.items():
        ratio = seconds["rdflib"] / value
        yield f"load {size:,} N-Triples, {name:<18} {value:8.2f} s {size / value:10,.0f}/s   {ratio:5.1f} x rdflib"
    yield f"revision of {size:,} quads {results['load']['revision_seconds']:.2f} s"
    for one in results["tensors"]:
        for name, value in one["seconds"].items():
            yield f"tensors of {one['edges']:,} edges, {name}: {value:.2f} s, {one['edges'] / value:,.0f} edges/s"
    few, whole = results["shacl"]["edited"], results["shacl"]["whole"]
    yield f"SHACL of {few['nodes']} nodes of {few['triples']:,} triples {few['seconds']:.3f} s"
    yield f"SHACL of {whole['triples']:,} triples {whole['seconds']:.2f} s"
    seconds, count = results["entities"]["seconds"], results["entities"]["documents"]
    for name, labels in results["entities"]["labels"].items():
        ratio = f"{seconds['bare pipeline'] / seconds[name]:.2f} x the bare pipeline"
        yield f"entity stage, {count:,} texts, {labels:,} labels: {seconds[name]:.2f} s, throughput {ratio}"


if __name__ == "__main__":
    main()
