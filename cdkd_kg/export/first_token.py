"""A graph that computes, after the last attention, only what it answers from: the first token of each text."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cdkd_kg.errors import need_installed

TOKENS = 1
"""The axis of tokens in hidden states ``[B, T, H]``."""
ALONE = {"Cast", "Elu", "Erf", "Gelu", "Identity", "LeakyRelu", "Neg", "Relu", "Sigmoid", "Sqrt", "Tanh"}
PAIRWISE = {"Add", "Div", "Mul", "Pow", "Sub"}
ALONG_THE_LAST = {"LayerNormalization", "Softmax"}


def keep_first_token(file: Path) -> bool:
    """Rewrite an ONNX classifier that answers from the first token, so that the others are dropped early.

    Such a model computes its last layer for every token, and then looks at one of them. Here that one is taken out as
    early as can be: every token still gives keys and values to the last attention, but the query, the feed-forward part
    and all else that is done to each token by itself is of the first token alone. The answer is the same.

    Args:
        file: a graph of :func:`~cdkd_kg.export.onnx.write_onnx`; it is written anew.

    Returns:
        Whether it was rewritten; a graph that answers from anything else is left as it is.
    """
    need_installed("onnx", "serving", str(file))
    import onnx

    model = onnx.load(file)
    graph = _Graph(model)
    chosen = next((node for node in reversed(model.graph.node) if graph.takes_first_token(node)), None)
    if chosen is None:
        return False
    early = _Early(graph, graph.needed_whole(chosen))
    chosen.input[0] = early.first(chosen.input[0], TOKENS)
    place = list(model.graph.node).index(chosen)
    nodes = [*model.graph.node[:place], *early.made, *model.graph.node[place:]]
    used = _behind([one.name for one in model.graph.output], {name: node for node in nodes for name in node.output})
    del model.graph.node[:]
    model.graph.node.extend(node for node in nodes if used.intersection(node.output))
    del model.graph.value_info[:]
    onnx.save(model, file)
    return True


class _Graph:
    """Who makes which tensor, how many axes it has, and which operators treat its rows one by one."""

    def __init__(self, model: Any) -> None:
        from onnx.shape_inference import infer_shapes

        self.outputs = [one.name for one in model.graph.output]
        self.makers = {name: node for node in model.graph.node for name in node.output}
        self._initial = {one.name: one for one in model.graph.initializer}
        typed = infer_shapes(model).graph
        shapes = {one.name: one.type.tensor_type.shape for one in (*typed.value_info, *typed.input, *typed.output)}
        self.ranks = {name: len(shape.dim) for name, shape in shapes.items()}
        self.ranks |= {name: len(one.dims) for name, one in self._initial.items()}

    def constant(self, name: str) -> NDArray[Any] | None:
        """Return the value of a tensor, where it is written in the graph."""
        from onnx.numpy_helper import to_array

        if name in self._initial:
            return np.asarray(to_array(self._initial[name]))
        maker = self.makers.get(name)
        return np.asarray(to_array(_attribute(maker, "value"))) if maker and maker.op_type == "Constant" else None

    def takes_first_token(self, node: Any) -> bool:
        """Return whether a node takes the first token out of hidden states."""
        return (
            node.op_type == "Gather"
            and self.ranks.get(node.input[0]) == TOKENS + 2
            and _attribute(node, "axis", 0) == TOKENS
            and self._is(node.input[1], 0)
        )

    def rows(self, node: Any, axis: int) -> dict[int, int] | None:
        """Return what of the inputs the first row of an output is made of: the axis by the place of the input.

        Of inputs that are not named, all is needed; None says that the row is made of more than rows.
        """
        rank = self.ranks.get(node.output[0])
        if rank is None or len(node.output) != 1:
            return None
        if node.op_type in ALONE or (
            node.op_type in ALONG_THE_LAST and _attribute(node, "axis", -1) == -1 != axis - rank
        ):
            return {0: axis}
        if node.op_type == "Transpose":
            return {0: _attribute(node, "perm")[axis]}
        if node.op_type == "MatMul" and axis == rank - 2 and self.ranks.get(node.input[0]) == rank:
            return {0: axis}
        if node.op_type == "Reshape" and axis == TOKENS and self.sizes(node) is not None:
            return {0: axis}
        if node.op_type in PAIRWISE and all(
            name in self.ranks or self.constant(name) is not None for name in node.input
        ):
            return self._pair(node, axis - rank)
        return None

    def _pair(self, node: Any, from_right: int) -> dict[int, int]:
        """Return the axes of both inputs, which are aligned from the right, where they are not repeated along it."""
        found = {}
        for place, name in enumerate(node.input):
            value = self.constant(name)
            rank = self.ranks[name] if value is None else value.ndim
            if rank + from_right >= 0 and (value is None or value.shape[from_right] != 1):
                found[place] = rank + from_right
        return found

    def sizes(self, node: Any) -> list[str] | None:
        """Return the sizes that a reshaping gives, one a tensor, where it keeps texts and tokens apart as they are."""
        maker = self.makers.get(node.input[1])
        if maker is None or maker.op_type != "Concat" or len(maker.input) != self.ranks[node.output[0]]:
            return None
        kept = all(self._is_size(maker.input[axis], axis) for axis in range(TOKENS + 1))
        return list(maker.input) if kept else None

    def _is_size(self, name: str, axis: int) -> bool:
        for kind in ("Unsqueeze", "Gather"):
            maker = self.makers.get(name)
            if maker is None or maker.op_type != kind:
                return False
            name, last = maker.input[0], maker.input[1]
        maker = self.makers.get(name)
        return maker is not None and maker.op_type == "Shape" and self._is(last, axis)

    def _is(self, name: str, number: int) -> bool:
        value = self.constant(name)
        return value is not None and value.size == 1 and int(value.flat[0]) == number

    def needed_whole(self, chosen: Any) -> set[str]:
        """Return the tensors of which more than the first token is needed, however early it is taken out."""
        makers = {name: node for name, node in self.makers.items() if node is not chosen}
        edges, seen, open_ = list(self.outputs), set(), [(chosen.input[0], TOKENS)]
        while open_:
            name, axis = open_.pop()
            if (name, axis) in seen:
                continue
            seen.add((name, axis))
            maker = self.makers.get(name)
            rows = None if maker is None else self.rows(maker, axis)
            if maker is None or rows is None:
                edges.append(name)
                continue
            open_ += [(maker.input[place], axis) for place, axis in rows.items()]
            edges += [other for place, other in enumerate(maker.input) if place not in rows]
        return _behind(edges, makers)


class _Early:
    """The nodes that compute first rows, made when they are asked for."""

    def __init__(self, graph: _Graph, whole: set[str]) -> None:
        self._graph, self._whole = graph, whole
        self._found: dict[tuple[str, int], str] = {}
        self.made: list[Any] = []

    def first(self, name: str, axis: int) -> str:
        """Return the tensor that is the first row of another one, along an axis that it keeps."""
        if (name, axis) not in self._found:
            self._found[name, axis] = self._make(name, axis)
        return self._found[name, axis]

    def _make(self, name: str, axis: int) -> str:
        maker = self._graph.makers.get(name)
        rows = None if maker is None or name in self._whole else self._graph.rows(maker, axis)
        if maker is None or rows is None:
            return self._node("Slice", [name, *(self._number(each) for each in (0, 1, axis))], name)
        inputs = [self.first(one, rows[place]) if place in rows else one for place, one in enumerate(maker.input)]
        if maker.op_type == "Reshape":
            sizes = self._graph.sizes(maker) or []
            sizes[TOKENS] = self._number(1)
            inputs[1] = self._node("Concat", sizes, f"{name}/sizes", axis=0)
        made = self._node(maker.op_type, inputs, name)
        self.made[-1].attribute.extend(maker.attribute)
        return made

    def _number(self, value: int) -> str:
        from onnx import helper, numpy_helper

        name = f"/first/{value}"
        if (name, 0) not in self._found:
            tensor = numpy_helper.from_array(np.array([value], dtype=np.int64))
            self.made.append(helper.make_node("Constant", [], [name], value=tensor))
            self._found[name, 0] = name
        return name

    def _node(self, kind: str, inputs: list[str], name: str, **attributes: int) -> str:
        from onnx import helper

        made = f"/first{len(self.made)}{name}"
        self.made.append(helper.make_node(kind, inputs, [made], made, **attributes))
        return made


def _behind(names: Iterable[str], makers: dict[str, Any]) -> set[str]:
    """Return tensors with all that they are made of."""
    found, open_ = set(), list(names)
    while open_:
        name = open_.pop()
        if name not in found:
            found.add(name)
            open_ += makers[name].input if name in makers else ()
    return found


def _attribute(node: Any, name: str, otherwise: Any = None) -> Any:
    from onnx.helper import get_attribute_value

    return next((get_attribute_value(one) for one in node.attribute if one.name == name), otherwise)
