#!/usr/bin/env python3
"""Writes the ONNX files of a trained network: one for each input size, the same weights.

    export.py RUN/last.pt --out models/braid-nano.onnx --size 416
    export.py RUN/last.pt --out models/braid-nano-320.onnx --size 320

The graph is traced with torch.fx and written by onnxfile: normalisations and
twins folded, every node named by its place in the network, shapes static.
"""

from __future__ import annotations

import argparse
import hashlib
import operator
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import fx, nn

import onnxfile
from checkpoint import load_weights
from model import Nano, Shipped
from onnxfile import Graph, Node

INPUT, OUTPUT = "images", "output"


class Tracer(fx.Tracer):
    """Notes in which module each operation is."""

    def __init__(self) -> None:
        super().__init__()
        self.places = [""]

    def call_module(self, m: nn.Module, forward: Callable, args: Any, kwargs: Any) -> Any:
        self.places.append(self.path_of_module(m).removeprefix("net."))
        try:
            return super().call_module(m, forward, args, kwargs)
        finally:
            self.places.pop()

    def create_node(self, *args: Any, **kwargs: Any) -> fx.Node:
        node = super().create_node(*args, **kwargs)
        node.meta["place"] = self.places[-1]
        return node


class Shapes(fx.Interpreter):
    """Runs a traced network and notes the shape of each node."""

    def run_node(self, n: fx.Node) -> Any:
        y = super().run_node(n)
        n.meta["shape"] = tuple(y.shape)
        return y


class Writer:
    """Turns traced nodes into ONNX nodes."""

    def __init__(self, net: fx.GraphModule, graph: Graph) -> None:
        self.net, self.graph = net, graph
        self.names: dict[fx.Node, str] = {}

    def add(self, n: fx.Node) -> None:
        if n.op == "placeholder":
            self.names[n] = INPUT
            self.graph.inputs[INPUT] = n.meta["shape"]
        elif n.op == "output":
            self.rename(self.names[n.args[0]], OUTPUT)
            self.graph.outputs[OUTPUT] = n.meta["shape"]
        elif n.op == "call_module":
            self.module(n, self.net.get_submodule(n.target))
        else:
            self.function(n)

    def module(self, n: fx.Node, m: nn.Module) -> None:
        name = n.target.removeprefix("net.").removesuffix(".conv")
        if isinstance(m, nn.Conv2d):
            self.constant(name + ".weight", m.weight)
            self.constant(name + ".bias", m.bias)
            attrs = {
                "dilations": list(m.dilation),
                "group": m.groups,
                "kernel_shape": list(m.kernel_size),
                "pads": [*m.padding, *m.padding],
                "strides": list(m.stride),
            }
            self.emit(n, "Conv", name, [n.args[0], name + ".weight", name + ".bias"], attrs)
        elif isinstance(m, nn.ReLU):
            self.emit(n, "Relu", name, [n.args[0]])
        elif isinstance(m, nn.MaxPool2d):
            size, pad, stride = ([v, v] for v in (m.kernel_size, m.padding, m.stride))
            attrs = {"kernel_shape": size, "pads": pad * 2, "strides": stride}
            self.emit(n, "MaxPool", name, [n.args[0]], attrs)
        elif isinstance(m, nn.Upsample) and m.mode == "nearest":
            self.graph.tensors["twice"] = np.array([1, 1, 2, 2], "<f4")
            attrs = {"coordinate_transformation_mode": "asymmetric", "mode": "nearest", "nearest_mode": "floor"}
            self.emit(n, "Resize", name, [n.args[0], "", "twice"], attrs)
        else:
            raise TypeError(f"exporting {name}: no rule for {type(m).__name__}")

    def function(self, n: fx.Node) -> None:
        place = n.meta["place"] or "head"
        if n.target is torch.cat:
            self.emit(n, "Concat", place + ".concat", list(n.args[0]), {"axis": n.args[1]})
        elif n.target is operator.add:
            self.emit(n, "Add", place + ".add", list(n.args))
        elif n.target is torch.sigmoid:
            self.emit(n, "Sigmoid", place + ".sigmoid", [n.args[0]])
        elif n.target == "flatten":
            self.graph.tensors["flat"] = np.array([0, 0, -1], "<i8")
            self.emit(n, "Reshape", place + ".flatten", [n.args[0], "flat"])
        elif n.target == "transpose":
            self.emit(n, "Transpose", place + ".transpose", [n.args[0]], {"perm": [0, 2, 1]})
        else:
            raise TypeError(f"exporting {n.name}: no rule for {n.target}")

    def constant(self, name: str, p: torch.Tensor) -> None:
        self.graph.tensors[name] = p.detach().numpy().astype("<f4")

    def emit(self, n: fx.Node, op: str, name: str, inputs: list, attrs: dict | None = None) -> None:
        taken = {x.name for x in self.graph.nodes}
        name = next(c for c in (name, *(f"{name}{i}" for i in range(2, 1000))) if c not in taken)
        self.names[n] = name
        inputs = [self.names[i] if isinstance(i, fx.Node) else i for i in inputs]
        self.graph.nodes.append(Node(op, name, inputs, [name], attrs or {}))
        self.graph.shapes[name] = n.meta["shape"]

    def rename(self, old: str, new: str) -> None:
        last = self.graph.nodes[-1]
        assert last.outputs == [old], "the output is not of the last node"
        last.outputs = [new]
        del self.graph.shapes[old]


def onnx_bytes(net: Nano, size: int, doc: str = "") -> bytes:
    """The ONNX file of a network, which is folded by this and must be on the CPU."""
    shipped = Shipped(net.eval().float()).eval()
    traced = fx.GraphModule(shipped, Tracer().trace(shipped))
    with torch.no_grad():
        Shapes(traced).run(torch.zeros(1, 3, size, size))
    writer = Writer(traced, Graph("braid-nano"))
    for n in traced.graph.nodes:
        writer.add(n)
    return onnxfile.encode(writer.graph, "braid scripts/train", doc=doc)


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("weights", type=Path, help="a checkpoint of train.py; its averaged weights are taken")
    p.add_argument("--out", type=Path, required=True, help="the ONNX file")
    p.add_argument("--size", type=int, default=416, help="side of the input, a multiple of 32")
    a = p.parse_args()
    if a.size < 64 or a.size % 32:
        p.error(f"--size {a.size}: want a multiple of 32, at least 64")
    data = onnx_bytes(load_weights(a.weights), a.size)
    a.out.parent.mkdir(parents=True, exist_ok=True)
    a.out.write_bytes(data)
    print(f"{a.out}: {len(data)} bytes, sha256 {hashlib.sha256(data).hexdigest()}")


if __name__ == "__main__":
    main()
