"""The exported file is the network, and only made of what was promised."""

from __future__ import annotations

import copy
import unittest

import torch

import onnxfile
from export import onnx_bytes
from model import Nano
from teacher import Interpreter

BEFORE_HEAD = {"Conv", "Relu", "MaxPool", "Concat", "Add", "Resize"}


def used() -> Nano:
    """A network whose normalisations have seen something."""
    torch.manual_seed(3)
    net = Nano().train()
    with torch.no_grad():
        for _ in range(3):
            net(torch.rand(2, 3, 96, 96))
        for level in (net.head8, net.head16, net.head32):
            level.box_out.weight.normal_(std=0.1)
            level.score_out.weight.normal_(std=0.1)
    return net.eval()


class ExportTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.net = used()
        cls.file = onnx_bytes(copy.deepcopy(cls.net), 416)
        cls.graph = onnxfile.decode(cls.file)

    def test_same_rows_as_the_network(self) -> None:
        for size, rows in ((416, 3549), (320, 2100)):
            graph = onnxfile.decode(onnx_bytes(copy.deepcopy(self.net), size))
            self.assertEqual(graph.inputs, {"images": (1, 3, size, size)})
            self.assertEqual(graph.outputs, {"output": (1, rows, 11)})
            x = torch.rand(1, 3, size, size)
            with torch.no_grad():
                boxes, scores = self.net(x)
                got = Interpreter(graph)(x * 255)
            want = torch.cat([boxes, scores.sigmoid()], 2)
            self.assertLess((got - want).abs().max().item(), 1e-3)
            self.assertGreater(want[..., 5:].std().item(), 1e-3, "nothing to compare")

    def test_same_weights_same_bytes(self) -> None:
        self.assertEqual(self.file, onnx_bytes(copy.deepcopy(self.net), 416))

    def test_size(self) -> None:
        self.assertLess(sum(a.size for a in self.graph.tensors.values()), 1_200_000)
        self.assertLess(len(self.file), 5_000_000)

    def test_operations(self) -> None:
        head = next(i for i, n in enumerate(self.graph.nodes) if n.name.startswith("head"))
        self.assertEqual({n.op for n in self.graph.nodes[:head]}, BEFORE_HEAD)
        names = [n.name for n in self.graph.nodes]
        self.assertEqual(len(set(names)), len(names))
        self.assertIn("backbone.stage1.csp.blocks.0.conv1.relu", names)
        for n in self.graph.nodes[:-1]:
            self.assertEqual(n.outputs, [n.name])
            self.assertIn(n.name, self.graph.shapes)


if __name__ == "__main__":
    unittest.main()
