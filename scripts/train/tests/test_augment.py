"""Pictures and boxes move together."""

from __future__ import annotations

import unittest

import torch
from torch import Tensor

from augment import Strength, augment, compose, place, plan, still
from boxes import cells
from data import IGNORE, OBJECT, SIDE, Store

RED = torch.tensor([0, 0, 255], dtype=torch.uint8)


def store(count: int, width: int = 400, height: int = 300) -> Store:
    """Dark pictures, each with one red rectangle on it that is its object."""
    torch.manual_seed(7)
    images = torch.full((count, 3, SIDE, SIDE), 114, dtype=torch.uint8)
    images[:, :, :height, :width] = 10
    boxes = torch.zeros(count, 2, 4)
    for i in range(count):
        x, y, w, h = 40 + 30 * i, 50 + 20 * i, 80 + 20 * i, 100
        images[i, :, y : y + h, x : x + w] = RED[:, None, None]
        boxes[i, 0] = torch.tensor([x, y, x + w, y + h])
    flags = torch.tensor([[OBJECT, 0]]).repeat(count, 1)
    labelled = torch.zeros(count, 6, dtype=torch.bool)
    labelled[torch.arange(count), torch.arange(count)] = True
    sizes = torch.tensor([[width, height]]).repeat(count, 1).float()
    return Store(images, sizes, boxes, torch.zeros(count, 2, dtype=torch.long), flags, labelled)


def red(canvas: Tensor) -> Tensor:
    """Corners of what is red on a canvas [3,S,S]."""
    y, x = torch.nonzero((canvas[2] > 0.6) & (canvas[0] < 0.2), as_tuple=True)
    return torch.stack([x.min(), y.min(), x.max() + 1, y.max() + 1]).float()


class AugmentTest(unittest.TestCase):
    def test_still_is_the_stored_picture(self) -> None:
        s = store(3)
        index = torch.arange(3)[:, None].expand(-1, 4)
        batch = compose(s, index, still(s.sizes[index], SIDE), SIDE, 4)
        torch.testing.assert_close(batch.clean, s.images.float() / 255, atol=1e-4, rtol=0)
        torch.testing.assert_close(batch.boxes[:, 0], s.boxes[:, 0])
        self.assertEqual(batch.flags.tolist(), [[OBJECT, 0, 0, 0]] * 3)
        self.assertTrue((batch.labelled == s.labelled[:, None]).all())

    def test_boxes_stay_on_their_objects(self) -> None:
        s, seen = store(4), 0
        for seed in range(12):
            torch.manual_seed(seed)
            index = torch.randint(4, (4, 4))
            strength = Strength(mosaic=0, zoom=(0.4, 1.3))
            size = 320
            batch = compose(s, index, plan(s.sizes[index], size, strength), size, 8)
            for canvas, box, flag in zip(batch.clean, batch.boxes[:, 0], batch.flags[:, 0]):
                if flag == OBJECT:
                    seen += 1
                    self.assertLess((red(canvas) - box).abs().max().item(), 1.6)
        self.assertGreater(seen, 30)

    def test_mosaic_shows_four(self) -> None:
        s = store(6)
        torch.manual_seed(1)
        index = torch.tensor([[0, 1, 2, 3]])
        layout = plan(s.sizes[index], SIDE, Strength(mosaic=1.0))
        batch = compose(s, index, layout, SIDE, 8)
        centre = layout.far[0, 0]
        grid, stride = cells(SIDE, index.device)
        points = (grid + 0.5) * stride
        for tile, (right, below) in enumerate(((0, 0), (1, 0), (0, 1), (1, 1))):
            here = ((points[:, 0] >= centre[0]) == bool(right)) & ((points[:, 1] >= centre[1]) == bool(below))
            self.assertGreater(here.sum().item(), 0)
            self.assertTrue((batch.labelled[0, here] == s.labelled[tile]).all())
        for box in batch.boxes[0][batch.flags[0] == OBJECT]:
            x, y = ((box[:2] + box[2:]) / 2).long().tolist()
            self.assertGreater(batch.clean[0, 2, y, x].item(), 0.6)

    def test_what_is_cut_is_ignored(self) -> None:
        s = store(1)
        index = torch.zeros(1, 4, dtype=torch.long)
        layout = still(s.sizes[index], SIDE)
        layout.origin[:, 0, 0] = -110  # the object's last 10 of 80 columns are left
        boxes, flags = place(s.boxes[index], s.sizes[index], s.flags[index], layout)
        self.assertEqual(flags[0, 0].tolist(), [IGNORE, 0])
        self.assertEqual(boxes[0, 0, 0].tolist(), [0, 50, 10, 150])

    def test_exact_keeps_pixels(self) -> None:
        s = store(3)
        s.images = torch.randint(0, 255, s.images.shape, dtype=torch.uint8)
        index = torch.arange(3)[:, None].expand(-1, 4)
        layout = plan(s.sizes[index], SIDE, Strength(mosaic=0, exact=1.0))
        batch = compose(s, index, layout, SIDE, 4)
        for i, canvas in enumerate(batch.clean):
            x, y = layout.origin[i, 0].long().tolist()
            whole = s.images[i, :, :300, :400].float() / 255
            whole = whole.flip(2) if layout.mirror[i, 0] else whole
            torch.testing.assert_close(canvas[:, y : y + 300, x : x + 400], whole, atol=1e-4, rtol=0)

    def test_recolored(self) -> None:
        s = store(4)
        batch = augment(s, torch.randint(4, (8, 4)), 256, 16, Strength())
        self.assertEqual(batch.images.shape, (8, 3, 256, 256))
        self.assertGreaterEqual(batch.images.min().item(), 0)
        self.assertLessEqual(batch.images.max().item(), 1)
        self.assertGreater((batch.images - batch.clean).abs().mean().item(), 0.005)
        padding = ~batch.there.expand_as(batch.images)
        torch.testing.assert_close(batch.images[padding], torch.full_like(batch.images[padding], 114 / 255))


if __name__ == "__main__":
    unittest.main()
