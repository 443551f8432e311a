"""Reading data sets, choosing among their pictures, and counting hits."""

from __future__ import annotations

import tempfile
import unittest
from pathlib import Path
from unittest import mock

import numpy as np
import torch

import data
import pictures
from evaluate import _match, average_precision, suppress
from holdout import held_out, subset
from tests import fake


class DataTest(unittest.TestCase):
    def test_load(self) -> None:
        with tempfile.TemporaryDirectory() as d:
            folder = fake.write(Path(d), 70, width=832, height=400)  # enough for worker processes
            s = data.load_all(folder)
        self.assertEqual(s.images.shape, (70, 3, 416, 416))
        self.assertEqual(s.sizes[0].tolist(), [416, 200])
        self.assertTrue((s.images[:, :, 200:] == 114).all())
        for i in range(70):
            first = s.boxes[i, (s.flags[i] == data.OBJECT).nonzero().max()]  # drawn last
            x, y = ((first[:2] + first[2:]) / 2).long().tolist()
            c = s.classes[i, (s.flags[i] == data.OBJECT).nonzero().max()]
            self.assertEqual(s.images[i, :, y, x].tolist(), list(fake.COLORS[c][::-1]))
        self.assertTrue(s.labelled.all())
        self.assertGreaterEqual(s.weights().min().item(), 1)

    def test_kept(self) -> None:
        with tempfile.TemporaryDirectory() as d:
            folder, keep = fake.write(Path(d) / "set", 5, width=416, height=200), Path(d) / "keep"
            first = data.load_all(folder, keep)
            with mock.patch("pictures.read", side_effect=AssertionError("read again")):
                again = data.load_all(folder, keep)
            self.assertTrue(torch.equal(first.images, again.images))
            self.assertTrue(torch.equal(first.sizes, again.sizes))
            fake.write(folder, 5, seed=2, width=416, height=200)  # other pictures of the same names
            self.assertFalse(torch.equal(first.images, data.load_all(folder, keep).images))

    def test_joined(self) -> None:
        with tempfile.TemporaryDirectory() as d:
            a, b = (data.load_all(fake.write(Path(d) / str(n), n, seed=n)) for n in (3, 5))
        s = data.joined([a, b])
        self.assertEqual(len(s), 8)
        for i, (store, k) in enumerate([(a, 0), (a, 1), (a, 2)] + [(b, k) for k in range(5)]):
            n = int((store.flags[k] == data.OBJECT).sum())
            self.assertEqual(int((s.flags[i] == data.OBJECT).sum()), n)
            self.assertTrue(torch.equal(s.boxes[i, :n], store.boxes[k, :n]))
            self.assertTrue(torch.equal(s.classes[i, :n], store.classes[k, :n]))
            self.assertTrue(torch.equal(s.images[i], store.images[k]))

    def test_resize(self) -> None:
        ramp = np.repeat(np.arange(0, 200, 10, dtype=np.uint8)[None, :, None], 4, 0).repeat(3, 2)
        half = pictures.resize(ramp, 10, 2)
        self.assertEqual(half[0, :, 0].tolist(), [5, 25, 45, 65, 85, 105, 125, 145, 165, 185])
        self.assertEqual(pictures.fit(960, 541, 416)[1:], (416, 234))

    def test_licenses(self) -> None:
        images = [
            {"file_name": "a", "coco_license": 4},
            {"file_name": "b", "coco_license": 1},
            {"file_name": "c", "coco_license": None, "source": "coco-mini"},
            {"file_name": "d", "coco_license": None, "source": "highway-v40"},
        ]
        train, _ = data.split({"images": images}, open_only=True)
        self.assertEqual([i["file_name"] for i in train], ["a", "d"])
        self.assertEqual(len(data.split({"images": images}, open_only=False)[0]), 4)


class HoldoutTest(unittest.TestCase):
    def test_depends_on_names_only(self) -> None:
        names = [f"{i}.jpg" for i in range(40)]
        self.assertEqual(held_out(names), held_out(names[::-1]))
        self.assertEqual(sorted(held_out(names, 4)), ["19.jpg", "3.jpg", "30.jpg", "39.jpg"])
        self.assertEqual(len(held_out([f"{i}.jpg" for i in range(4000)])), 300)

    def test_unlabelled_is_ignored(self) -> None:
        images = [
            {"id": i, "file_name": f"{i}.jpg", "width": 40, "height": 30, "labeled_category_ids": [1, 3, 4, 6, 8, 17]}
            for i in range(40)
        ]
        boxes = [
            {"id": 9, "image_id": i, "category_id": c, "bbox": [1, 2, 3, 4], "iscrowd": 0}
            for i in range(40)
            for c in (1, 17)
        ]
        out = subset({"images": images, "annotations": boxes})
        self.assertEqual(len(out["images"]), 5)
        crowd = [a for a in out["annotations"] if a["iscrowd"]]
        self.assertEqual([(a["category_id"], a["bbox"]) for a in crowd], [(2, [0, 0, 40, 30])] * 5)
        self.assertEqual({a["category_id"] for a in out["annotations"]}, {1, 2})


class EvaluateTest(unittest.TestCase):
    def test_match(self) -> None:
        truth = np.array([[0, 0, 10, 10], [50, 50, 90, 90]], np.float32)
        crowd = np.array([False, True])
        found = np.array([[0, 0, 10, 9], [1, 0, 10, 10], [60, 60, 70, 70], [20, 20, 30, 30]], np.float32)
        self.assertEqual(_match(found, truth, crowd).tolist(), [1, 0, -1, 0])

    def test_average_precision(self) -> None:
        scores = np.array([0.9, 0.8, 0.7, 0.6])
        self.assertEqual(average_precision(scores, np.array([1, 1, -1, 0]), 2), 1)
        self.assertAlmostEqual(average_precision(scores, np.array([1, 0, 0, 0]), 2), 51 / 101)
        self.assertEqual(average_precision(scores[:0], scores[:0], 3), 0)

    def test_suppress(self) -> None:
        boxes = torch.tensor([[[0.0, 0, 10, 10], [0, 0, 10, 9], [30, 30, 40, 40]]])
        scores = torch.tensor([[[0.9, 0.0], [0.8, 0.7], [0.1, 0.0]]])
        _, kept, kinds = suppress(boxes, scores)
        left = kept[0] > 0
        torch.testing.assert_close(kept[0][left], torch.tensor([0.9, 0.7, 0.1]))
        self.assertEqual(kinds[0][left].tolist(), [0, 1, 0])


if __name__ == "__main__":
    unittest.main()
