"""The graph teacher at size: time an epoch beside a bare PyG loop of the same layers, and memory.

    python -m benchmarks.graph_teacher [--quick] [--json FILE]

Goals: an epoch costs at most 1.15 times the bare loop's and is linear in edges up to 10,000,000. Training on subgraphs,
which is for graphs over the memory budget, is told beside it. Every measurement runs in a process of its own, in
turn with its peer, and medians of three are told (of the largest graph and of subgraphs, one); an epoch is what five
more epochs cost, a fifth of it, so start and last look do not count.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
import torch
from torch_geometric.data import HeteroData
from torch_geometric.nn import RGCNConv

from benchmarks.about import about
from cdkd_kg.artifacts import write_json
from cdkd_kg.config import GraphTeacherConfig
from cdkd_kg.teachers.adjacency import Relations
from cdkd_kg.teachers.graph import GraphTask
from cdkd_kg.teachers.network import network_expert

FEATURES, CLASSES, PREDICATES, DEGREE = 64, 5, 6, 10
FEW, MORE, ROUNDS = 1, 6, 3
SIZES = (100_000, 1_000_000, 10_000_000)
CONFIG = GraphTeacherConfig(memory_gib=1024)


def main() -> None:
    """Measure, print, and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="the smallest graph, once")
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--case", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.case:
        name, edges = json.loads(options.case)
        print(json.dumps(measured(CASES[name], edges)))
        return
    rows = []
    for edges in SIZES[:1] if options.quick else SIZES:
        found: dict[str, list[dict[str, float]]] = {name: [] for name in CASES}
        for _ in range(1 if options.quick or edges == SIZES[-1] else ROUNDS):
            for name in found:
                if name != "subgraphs" or not found[name]:
                    found[name].append(in_a_process(name, edges))
        for name, several in found.items():
            rows.append(
                {"case": name, "edges": edges, **{key: median(one[key] for one in several) for key in several[0]}}
            )
            print(f"{edges:>10,} edges  {name:<12} {rows[-1]['seconds']:8.2f} s an epoch {rows[-1]['mib']:8,.0f} MiB")
    if options.json:
        write_json(options.json, about("torch", "torch-geometric") | {"rows": rows})


def in_a_process(name: str, edges: int) -> dict[str, float]:
    """Return what a case measures in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.graph_teacher", "--case", json.dumps([name, edges])]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def measured(train: Callable[[HeteroData, np.ndarray, GraphTask, int], object], edges: int) -> dict[str, float]:
    """Return the seconds of an epoch, and the memory that training takes beyond that of the graph, in MiB."""
    data, features, task = graph(edges)
    before = resident()
    seconds = []
    for epochs in (FEW, MORE):
        begin = time.perf_counter()
        train(data, features, task, epochs)
        seconds.append(time.perf_counter() - begin)
    return {"seconds": (seconds[1] - seconds[0]) / (MORE - FEW), "mib": resident() - before}


def graph(edges: int) -> tuple[HeteroData, np.ndarray, GraphTask]:
    """Return a random graph of about so many typed edges, read both ways, with twenty times fewer nodes."""
    chance = np.random.default_rng(0)
    nodes = max(edges // (2 * DEGREE), 100)
    documents = nodes // 2
    data = HeteroData()
    for name, count in (("document", documents), ("entity", nodes - documents)):
        data[name].num_nodes = count
    share = edges // 2 // (PREDICATES + 1)
    for kind in [("document", "mentions", "entity"), *(("entity", f"p{n}", "entity") for n in range(PREDICATES))]:
        ends = [chance.integers(data[end].num_nodes, size=share) for end in (kind[0], kind[2])]
        data[kind].edge_index = torch.from_numpy(np.stack(ends))
        data[kind].edge_weight = torch.ones(share)
    targets = np.eye(CLASSES, dtype=np.float32)[chance.integers(CLASSES, size=documents)]
    training = np.arange(documents) < documents // 10
    validation = ~training & (np.arange(documents) < documents // 5)
    rest, even = ~(training | validation), np.full_like(targets, 1 / CLASSES)
    task = GraphTask(targets, training, validation, rest, np.array(["one"] * documents), even, False)
    return data, chance.normal(size=(nodes, FEATURES)).astype(np.float32), task


def ours(data: HeteroData, features: np.ndarray, task: GraphTask, epochs: int) -> None:
    """Train on the whole graph."""
    network_expert("rgcn", data, features, task, task.beliefs, CONFIG.model_copy(update={"epochs": epochs}), 0)


def subgraphs(data: HeteroData, features: np.ndarray, task: GraphTask, epochs: int) -> None:
    """Train on subgraphs."""
    config = CONFIG.model_copy(update={"epochs": epochs, "memory_gib": 1e-9})
    network_expert("rgcn", data, features, task, task.beliefs, config, 0)


def bare(data: HeteroData, features: np.ndarray, task: GraphTask, epochs: int) -> None:
    """Train PyG's own layers on the same edges in a loop with nothing around it."""
    torch.manual_seed(0)
    edges = Relations.of(data).edges
    index, kinds = torch.stack([edges.sender, edges.receiver]), edges.relation
    nodes, width = 5 * torch.nn.functional.normalize(torch.from_numpy(features), dim=1), CONFIG.hidden
    project, last = torch.nn.Linear(FEATURES, width), torch.nn.Linear(width, CLASSES)
    count = int(kinds.max()) + 1
    layers = [RGCNConv(width, width, count, num_bases=CONFIG.bases) for _ in range(CONFIG.layers)]
    model, dropout = torch.nn.ModuleList([project, last, *layers]), torch.nn.Dropout(CONFIG.dropout)
    optimizer = torch.optim.AdamW(model.parameters(), lr=CONFIG.learning_rate)
    known, rest = (torch.from_numpy(np.flatnonzero(mask)) for mask in (task.training, task.unlabelled))
    targets, beliefs = torch.from_numpy(task.targets)[known], torch.from_numpy(task.beliefs)[rest]
    entropy = torch.nn.functional.cross_entropy
    for _ in range(epochs):
        hidden = torch.relu(project(dropout(nodes)))
        for layer in layers:
            hidden = torch.relu(layer(dropout(hidden), index, kinds))
        logits = last(dropout(hidden))
        loss = entropy(logits[known], targets) + entropy(logits[rest], beliefs)
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        optimizer.step()


def resident() -> float:
    """Return the most memory that this process has had, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


CASES: dict[str, Callable[[HeteroData, np.ndarray, GraphTask, int], object]] = {
    "ours": ours,
    "bare PyG": bare,
    "subgraphs": subgraphs,
}


if __name__ == "__main__":
    main()
