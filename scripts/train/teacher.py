"""A teacher: YOLOX-Nano's ONNX file, run by PyTorch on the training device.

The file is interpreted node by node, so that no second description of the
network is needed. It takes what the network takes and gives the same rows.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

import onnxfile
from boxes import decode
from classes import COCO80
from onnxfile import Graph, Node


def _conv(n: Node, x: Tensor, w: Tensor, b: Tensor | None = None) -> Tensor:
    top, left, bottom, right = n.attrs["pads"]
    if (top, left) != (bottom, right):
        raise ValueError(f"{n.name}: uneven padding {n.attrs['pads']}")
    return F.conv2d(x, w, b, n.attrs["strides"], (top, left), n.attrs["dilations"], n.attrs["group"])


def _pool(n: Node, x: Tensor) -> Tensor:
    return F.max_pool2d(x, n.attrs["kernel_shape"], n.attrs["strides"], n.attrs["pads"][:2])


def _slice(n: Node, x: Tensor, *places: list[int]) -> Tensor:
    at = [slice(None)] * x.dim()
    for start, end, axis, step in zip(*places):
        at[axis] = slice(start, min(end, x.shape[axis]), step)
    return x[tuple(at)]


OPS: dict[str, Callable[..., Tensor]] = {
    "Add": lambda n, a, b: a + b,
    "Concat": lambda n, *x: torch.cat(x, n.attrs["axis"]),
    "Conv": _conv,
    "MaxPool": _pool,
    "Mul": lambda n, a, b: a * b,
    "Relu": lambda n, x: torch.relu(x),
    "Resize": lambda n, x, *_: F.interpolate(x, scale_factor=2.0, mode="nearest"),
    "Sigmoid": lambda n, x: torch.sigmoid(x),
    "Slice": _slice,
    "Transpose": lambda n, x: x.permute(n.attrs["perm"]),
    # Of a head's level: [B,C,H,W] to [B,C,H*W], whatever the batch and the size.
    "Reshape": lambda n, x, _: x.flatten(2),
}


class Interpreter(torch.nn.Module):
    """An ONNX graph of the operations above as a function of its one input."""

    def __init__(self, graph: Graph) -> None:
        super().__init__()
        strange = sorted({n.op for n in graph.nodes} - set(OPS) - {"Constant"})
        if strange:
            raise ValueError(f"reading the teacher: no rule for {', '.join(strange)}")
        self.nodes = [n for n in graph.nodes if n.op != "Constant"]
        (self.input,), (self.output,) = set(graph.inputs) - set(graph.tensors), graph.outputs
        constants = dict(graph.tensors)
        constants |= {n.outputs[0]: n.attrs["value"] for n in graph.nodes if n.op == "Constant"}
        self.floats, self.rest = {}, {}
        for name, a in constants.items():
            if a.dtype.kind == "f":
                self.floats[name] = key = f"tensor{len(self.floats)}"
                self.register_buffer(key, torch.from_numpy(a.copy()))
            else:
                self.rest[name] = a.tolist()  # shapes and places
        self.last = {i: k for k, n in enumerate(self.nodes) for i in n.inputs}

    def forward(self, x: Tensor) -> Tensor:
        values = {self.input: x, **{k: getattr(self, v) for k, v in self.floats.items()}, **self.rest}
        for k, n in enumerate(self.nodes):
            values[n.outputs[0]] = OPS[n.op](n, *(values.get(i) for i in n.inputs))
            for i in n.inputs:
                if self.last[i] == k:
                    values.pop(i, None)  # frees what nobody reads any more
        return values[self.output]


class Teacher:
    """What YOLOX-Nano says of pictures [B,3,S,S] in 0..1, BGR: boxes [B,A,4]
    (corners) and scores [B,A,6] of our classes, objectness times class."""

    def __init__(self, path: Path, device: torch.device) -> None:
        self.type = torch.float16 if device.type == "cuda" else torch.float32
        self.net: Callable[[Tensor], Tensor] = (
            Interpreter(onnxfile.decode(path.read_bytes())).to(device, self.type).eval()
        )

    def compiled(self) -> Teacher:
        other = copy.copy(self)
        other.net = torch.compile(self.net, dynamic=False)
        return other

    @torch.no_grad()
    def __call__(self, images: Tensor, size: int) -> tuple[Tensor, Tensor]:
        x = (images * 255).to(self.type).contiguous(memory_format=torch.channels_last)
        rows = self.net(x).float()
        return decode(rows[..., :4], size), rows[..., 4:5] * torch.stack([rows[..., 5 + c] for c in COCO80], -1)
