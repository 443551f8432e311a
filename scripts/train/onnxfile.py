"""Reading and writing ONNX files without the onnx package.

An ONNX file is a protobuf message (onnx.proto3 of ONNX 1.8, IR version 7). Only
what the exporter and the teacher need is here: dense float and integer tensors,
and attributes that are numbers, lists of numbers, strings or tensors. Written by
hand, a file depends on nothing but the weights: any PyTorch gives the same bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

FLOAT, INT64 = 1, 7  # TensorProto.DataType
TYPES = {FLOAT: np.dtype("<f4"), INT64: np.dtype("<i8"), 6: np.dtype("<i4")}


@dataclass
class Node:
    """One operation. An empty input name is an input left out."""

    op: str
    name: str
    inputs: list[str]
    outputs: list[str]
    attrs: dict[str, Any] = field(default_factory=dict)


@dataclass
class Graph:
    """A network; inputs, outputs and shapes map float tensors' names to their shapes."""

    name: str
    nodes: list[Node] = field(default_factory=list)
    tensors: dict[str, np.ndarray] = field(default_factory=dict)
    inputs: dict[str, tuple[int, ...]] = field(default_factory=dict)
    outputs: dict[str, tuple[int, ...]] = field(default_factory=dict)
    shapes: dict[str, tuple[int, ...]] = field(default_factory=dict)


# Writing


def _varint(n: int) -> bytes:
    n &= (1 << 64) - 1
    out = bytearray()
    while n > 127:
        out.append(n & 127 | 128)
        n >>= 7
    out.append(n)
    return bytes(out)


def _int(tag: int, n: int) -> bytes:
    return _varint(tag << 3) + _varint(n)


def _bytes(tag: int, b: bytes | str) -> bytes:
    b = b.encode() if isinstance(b, str) else b
    return _varint(tag << 3 | 2) + _varint(len(b)) + b


def _float(tag: int, f: float) -> bytes:
    return _varint(tag << 3 | 5) + struct.pack("<f", f)


def _tensor(name: str, a: np.ndarray) -> bytes:
    kind = next(k for k, t in TYPES.items() if t == a.dtype)
    dims = b"".join(_int(1, d) for d in a.shape)
    return dims + _int(2, kind) + _bytes(8, name) + _bytes(9, np.ascontiguousarray(a).tobytes())


def _attr(name: str, v: Any) -> bytes:
    out = _bytes(1, name)
    if isinstance(v, str):
        return out + _bytes(4, v) + _int(20, 3)
    if isinstance(v, int):
        return out + _int(3, v) + _int(20, 2)
    if isinstance(v, float):
        return out + _float(2, v) + _int(20, 1)
    return out + b"".join(_int(8, n) for n in v) + _int(20, 7)


def _node(n: Node) -> bytes:
    out = b"".join(_bytes(1, i) for i in n.inputs) + b"".join(_bytes(2, o) for o in n.outputs)
    out += _bytes(3, n.name) + _bytes(4, n.op)
    return out + b"".join(_bytes(5, _attr(k, v)) for k, v in n.attrs.items())


def _value(name: str, shape: tuple[int, ...]) -> bytes:
    dims = b"".join(_bytes(1, _int(1, d)) for d in shape)
    return _bytes(1, name) + _bytes(2, _bytes(1, _int(1, FLOAT) + _bytes(2, dims)))


def encode(g: Graph, producer: str, opset: int = 13, doc: str = "") -> bytes:
    """The file's bytes."""
    graph = b"".join(_bytes(1, _node(n)) for n in g.nodes) + _bytes(2, g.name)
    graph += b"".join(_bytes(5, _tensor(k, a)) for k, a in g.tensors.items())
    graph += _bytes(10, doc) if doc else b""
    for tag, values in ((11, g.inputs), (12, g.outputs), (13, g.shapes)):
        graph += b"".join(_bytes(tag, _value(k, s)) for k, s in values.items())
    return _int(1, 7) + _bytes(2, producer) + _bytes(7, graph) + _bytes(8, _bytes(1, "") + _int(2, opset))


# Reading


def _fields(b: bytes) -> Iterator[tuple[int, Any]]:
    """Number and value of each field: an int, or the bytes of the rest."""
    at = 0

    def varint() -> int:
        nonlocal at
        n = shift = 0
        while True:
            c = b[at]
            at += 1
            n |= (c & 127) << shift
            shift += 7
            if c < 128:
                return n

    while at < len(b):
        key = varint()
        kind = key & 7
        if kind == 0:
            yield key >> 3, varint()
            continue
        if kind not in (1, 2, 5):
            raise ValueError(f"protobuf wire type {kind} at byte {at}")
        size = varint() if kind == 2 else {1: 8, 5: 4}[kind]
        yield key >> 3, b[at : at + size]
        at += size


def _signed(n: int) -> int:
    return n - (1 << 64) if n >= 1 << 63 else n


def _ints(v: int | bytes) -> list[int]:
    """A repeated integer's next values, packed or not."""
    if isinstance(v, int):
        return [_signed(v)]
    return [_signed(n) for _, n in _fields(b"".join(b"\0" + c for c in _split(v)))]


def _split(packed: bytes) -> Iterator[bytes]:
    start = 0
    for i, c in enumerate(packed):
        if c < 128:
            yield packed[start : i + 1]
            start = i + 1


def _read_tensor(b: bytes) -> tuple[str, np.ndarray]:
    dims: list[int] = []
    name, kind, raw, floats, ints = "", FLOAT, b"", b"", []
    for tag, v in _fields(b):
        if tag == 1:
            dims += _ints(v)
        elif tag == 2:
            kind = v
        elif tag == 4:
            floats += v
        elif tag in (5, 7):
            ints += _ints(v)
        elif tag == 8:
            name = v.decode()
        elif tag == 9:
            raw = v
    if ints:
        return name, np.array(ints, TYPES[kind]).reshape(dims)
    return name, np.frombuffer(raw or floats, TYPES[kind]).reshape(dims)


def _read_attr(b: bytes) -> tuple[str, Any]:
    name, value, ints = "", None, None
    for tag, v in _fields(b):
        if tag == 1:
            name = v.decode()
        elif tag == 2:
            value = struct.unpack("<f", v)[0]
        elif tag == 3:
            value = _signed(v)
        elif tag == 4:
            value = v.decode()
        elif tag == 5:
            value = _read_tensor(v)[1]
        elif tag == 8:
            ints = (ints or []) + _ints(v)
    return name, value if ints is None else ints


def _read_node(b: bytes) -> Node:
    n = Node("", "", [], [])
    for tag, v in _fields(b):
        if tag == 1:
            n.inputs.append(v.decode())
        elif tag == 2:
            n.outputs.append(v.decode())
        elif tag == 3:
            n.name = v.decode()
        elif tag == 4:
            n.op = v.decode()
        elif tag == 5:
            name, value = _read_attr(v)
            n.attrs[name] = value
    return n


def _read_value(b: bytes) -> tuple[str, tuple[int, ...]]:
    name, shape = "", []
    for tag, v in _fields(b):
        if tag == 1:
            name = v.decode()
        elif tag == 2:
            tensor = dict(_fields(dict(_fields(v))[1]))
            shape = [dict(_fields(d)).get(1, -1) for t, d in _fields(tensor.get(2, b"")) if t == 1]
    return name, tuple(shape)


def decode(b: bytes) -> Graph:
    """The graph in a file's bytes."""
    parts = dict(_fields(b))
    g = Graph("")
    for tag, v in _fields(parts[7]):
        if tag == 1:
            g.nodes.append(_read_node(v))
        elif tag == 2:
            g.name = v.decode()
        elif tag == 5:
            name, a = _read_tensor(v)
            g.tensors[name] = a
        elif tag in (11, 12, 13):
            name, shape = _read_value(v)
            {11: g.inputs, 12: g.outputs, 13: g.shapes}[tag][name] = shape
    return g
