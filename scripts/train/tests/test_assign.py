"""Boxes, their assignment to rows, and what the loss leaves out."""

from __future__ import annotations

import unittest

import torch
from torch import Tensor

import loss
from assign import assign
from augment import Batch
from boxes import cells, complete_iou, decode, overlap
from data import IGNORE, OBJECT

SIZE = 128
ROWS = (SIZE // 8) ** 2 + (SIZE // 16) ** 2 + (SIZE // 32) ** 2


def truth(*boxes: tuple[float, ...], classes: list[int], flags: list[int]) -> tuple[Tensor, Tensor, Tensor]:
    return torch.tensor([boxes], dtype=torch.float32), torch.tensor([classes]), torch.tensor([flags])


def batch_of(boxes: Tensor, classes: Tensor, flags: Tensor, labelled: Tensor) -> Batch:
    picture = torch.zeros(1, 3, SIZE, SIZE)
    return Batch(picture, picture, boxes, classes, flags, labelled, picture[:, :1] > 1)


class BoxesTest(unittest.TestCase):
    def test_decode(self) -> None:
        raw = torch.zeros(1, ROWS, 4)
        raw[0, 17] = torch.tensor([0.5, 0.25, 0.0, 0.6931472])  # stride 8, column 1, row 1
        torch.testing.assert_close(decode(raw, SIZE)[0, 17], torch.tensor([8.0, 2, 16, 18]))
        self.assertEqual(cells(SIZE, raw.device)[1][-1].item(), 32)

    def test_overlap(self) -> None:
        a = torch.tensor([[0.0, 0, 10, 10]])
        b = torch.tensor([[5.0, 0, 15, 10], [20, 20, 30, 30], [0, 0, 10, 10]])
        torch.testing.assert_close(overlap(a, b), torch.tensor([[1 / 3, 0, 1]]))
        torch.testing.assert_close(complete_iou(b[2:], b[2:]), torch.ones(1), atol=1e-4, rtol=0)
        self.assertLess(complete_iou(a, b[1:2]).item(), 0)


class AssignTest(unittest.TestCase):
    def setUp(self) -> None:
        self.boxes = decode(torch.zeros(1, ROWS, 4) + torch.tensor([0.5, 0.5, 0.5, 0.5]), SIZE)
        self.scores = torch.full((1, ROWS, 6), 0.01)

    def test_every_object_has_rows(self) -> None:
        t = truth((10, 10, 60, 90), (101, 101, 105, 105), classes=[2, 0], flags=[OBJECT, OBJECT])
        got = assign(self.boxes, self.scores, *t, SIZE)
        self.assertGreater((got.score[0, :, 2] > 0).sum().item(), 3)
        tiny = got.score[0, :, 0] > 0
        self.assertGreater(tiny.sum().item(), 0, "4 pixels are an object, too")
        torch.testing.assert_close(got.box[0, tiny], t[0][0, 1].expand(int(tiny.sum()), 4))
        self.assertEqual(got.score[0, :, [1, 3, 4, 5]].abs().sum().item(), 0)
        self.assertLessEqual(got.score.max().item(), 1)

    def test_contested_row(self) -> None:
        t = truth((32, 32, 96, 96), (30, 30, 100, 100), classes=[1, 4], flags=[OBJECT, OBJECT])
        predicted = torch.full((1, ROWS, 4), 1.0)
        predicted[0, 8 * 16 + 5 : 8 * 16 + 11] = t[0][0, 1]  # rows in both objects
        got = assign(predicted, self.scores, *t, SIZE)
        self.assertEqual((got.score[0, 133:139, 4] > 0.5).sum().item(), 6)
        self.assertEqual((got.score[0, 133:139, 1] > 0).sum().item(), 0)

    def test_region_to_ignore(self) -> None:
        t = truth((0, 0, 64, 64), (8, 8, 40, 40), classes=[3, 3], flags=[IGNORE, OBJECT])
        got = assign(self.boxes, self.scores, *t, SIZE)
        self.assertEqual((got.free[..., 3] & (got.score[..., 3] > 0)).sum().item(), 0)
        self.assertGreater(got.free[..., 3].sum().item(), 20)
        self.assertEqual(got.free[..., :3].sum().item(), 0)

    def test_no_object(self) -> None:
        t = truth((0, 0, 0, 0), classes=[0], flags=[0])
        got = assign(self.boxes, self.scores, *t, SIZE)
        self.assertEqual(got.score.abs().sum().item(), 0)
        self.assertFalse(got.free.any())


class LossTest(unittest.TestCase):
    def gradient(self, labelled: Tensor, flag: int) -> Tensor:
        raw_boxes = torch.zeros(1, ROWS, 4, requires_grad=True)
        raw_scores = torch.zeros(1, ROWS, 7, requires_grad=True)
        batch = batch_of(*truth((0, 0, SIZE, SIZE), classes=[5], flags=[flag]), labelled)
        loss.compute((raw_boxes, raw_scores), batch, SIZE, None).total.backward()
        return raw_scores.grad[0, :, 1:].abs().sum(0)

    def test_unlabelled_classes_do_not_count(self) -> None:
        labelled = torch.ones(1, ROWS, 6, dtype=torch.bool)
        labelled[..., 1] = False
        grad = self.gradient(labelled, OBJECT)
        self.assertEqual(grad[1].item(), 0)
        self.assertTrue((grad[[0, 2, 3, 4, 5]] > 0).all())

    def test_region_to_ignore_does_not_count(self) -> None:
        grad = self.gradient(torch.ones(1, ROWS, 6, dtype=torch.bool), IGNORE)
        self.assertEqual(grad[5].item(), 0)
        self.assertGreater(grad[0].item(), 0)

    def test_teacher_is_followed(self) -> None:
        raw_boxes = torch.zeros(1, ROWS, 4, requires_grad=True)
        raw_scores = torch.zeros(1, ROWS, 7, requires_grad=True)
        scores = torch.zeros(1, ROWS, 6)
        scores[0, 5, 2] = 0.9
        parts = loss.teaching(raw_boxes, raw_scores, decode(raw_boxes.detach() + 0.3, SIZE), scores, SIZE)
        sum(parts).backward()
        self.assertLess(raw_scores.grad[0, 5, 3].item(), 0, "class 2 is to rise")
        self.assertGreater(raw_scores.grad[0, 5, 1].item(), 0)
        self.assertEqual(raw_boxes.grad[0].abs().sum(1).nonzero().tolist(), [[5]])


if __name__ == "__main__":
    unittest.main()
