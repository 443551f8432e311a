"""The teacher sees what ONNX Runtime saw: the reference detections of the test data."""

from __future__ import annotations

import json
import os
import unittest
from pathlib import Path

import numpy as np
import torch

import pictures
from boxes import overlap
from classes import NAMES
from teacher import Teacher

DATA = Path(os.environ.get("BRAID_TEST_DATA", Path(__file__).parents[4] / "shared" / "data"))
MODEL, EXPECTED = DATA / "models" / "yolox_nano.onnx", DATA / "expected" / "images.yolox_nano.json"


@unittest.skipUnless(MODEL.exists() and EXPECTED.exists(), f"no test data in {DATA}")
class TeacherTest(unittest.TestCase):
    def test_finds_what_the_reference_found(self) -> None:
        teacher, seen = Teacher(MODEL, torch.device("cpu")), 0
        for name, objects in json.loads(EXPECTED.read_text()).items():
            path = next((DATA / "images").glob(f"*/{name}"))
            canvas = np.zeros((3, 416, 416), np.uint8)
            w, _ = pictures.letterbox(path, 416, canvas)
            back = pictures.read(path).shape[1] / w
            boxes, scores = teacher(torch.from_numpy(canvas)[None].float() / 255, 416)
            for label, score, *corners in objects:
                if label not in NAMES:
                    continue
                row = scores[0, :, NAMES.index(label)]
                fit = (overlap(boxes[0] * back, torch.tensor([corners]))[:, 0] > 0.9) & ((row - score).abs() < 0.05)
                self.assertTrue(fit.any(), f"{label} {corners} in {name}")
                seen += 1
        self.assertGreaterEqual(seen, 3)


if __name__ == "__main__":
    unittest.main()
