"""Graph tensors on disk: integers and weights as safetensors, names as JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch_geometric.data import HeteroData

from cdkd_kg.artifacts import new_folder, read_json, verify, write_json
from cdkd_kg.errors import ArtifactError

_TENSORS, _NODES = "edges.safetensors", "nodes.json"


def save_tensors(data: HeteroData, folder: Path | str) -> None:
    """Write graph tensors to a folder with a manifest; an older one there is replaced."""
    tensors = {
        "|".join((*kind, name)): data[kind][name].contiguous()
        for kind in sorted(data.edge_types)
        for name in ("edge_index", "edge_weight")
    }
    nodes: dict[str, Any] = {
        kind: {name: data[kind][name] for name in ("ids", "label", "definition") if name in data[kind]}
        for kind in sorted(data.node_types)
    }
    with new_folder(Path(folder), {"kind": "graph tensors"}) as aside:
        save_file(tensors, aside / _TENSORS)
        write_json(aside / _NODES, nodes)


def load_tensors(folder: Path | str) -> HeteroData:
    """Read graph tensors.

    Raises:
        ArtifactError: the folder is missing, incomplete or altered.
    """
    folder = Path(folder)
    verify(folder)
    data = HeteroData()
    for kind, names in read_json(folder / _NODES).items():
        for name, values in names.items():
            data[kind][name] = values
        data[kind].num_nodes = len(names["ids"])
    try:
        tensors = load_file(folder / _TENSORS)
    except (SafetensorError, OSError) as error:
        raise ArtifactError("the edges cannot be read", where=str(folder / _TENSORS), why=str(error)) from error
    for key in sorted(tensors):
        head, relation, tail, name = key.split("|")
        data[head, relation, tail][name] = tensors[key]
    return data
