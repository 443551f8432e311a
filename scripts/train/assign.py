"""Which output rows learn which object: task-aligned assignment (TOOD,
arXiv:2108.07755), over the whole batch at once."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from boxes import cells, overlap
from data import IGNORE, OBJECT

TOP = 10  # rows of an object at most
ALPHA, BETA = 0.5, 6.0  # weight of the score and of the overlap in the alignment
# Pixels: cells this near an object's centre, on both axes, may learn it however
# small it is: four of stride 8, so that neighbours in a crowd need not share one.
REACH = 8.0


@dataclass
class Assignment:
    """What each of the A rows of the B pictures learns."""

    box: Tensor  # [B,A,4] corners of its object, any box where there is none
    score: Tensor  # [B,A,C] wanted class scores, 0 where there is no object
    free: Tensor  # [B,A,C] bool: in a region to ignore, and no object's


def _inside(points: Tensor, boxes: Tensor, reach: float) -> Tensor:
    """Whether points [A,2] are in boxes [B,M,4], grown to at least reach around their centres: [B,M,A]."""
    centre = (boxes[..., :2] + boxes[..., 2:]) / 2
    half = ((boxes[..., 2:] - boxes[..., :2]) / 2).clamp(min=reach)
    dx = (points[:, 0] - centre[..., 0, None]).abs() <= half[..., 0, None]
    dy = (points[:, 1] - centre[..., 1, None]).abs() <= half[..., 1, None]
    return dx & dy


def _ignored(points: Tensor, boxes: Tensor, classes: Tensor, flags: Tensor, count: int) -> Tensor:
    """[B,A,C] bool: the cell lies in a region to ignore of the class."""
    hit = _inside(points, boxes, 0.0) & (flags == IGNORE)[..., None]  # [B,M,A]
    kind = (classes[..., None] == torch.arange(count, device=classes.device)).float()  # [B,M,C]
    return torch.bmm(hit.to(torch.float32).transpose(1, 2), kind) > 0


@torch.no_grad()
def assign(predicted: Tensor, scores: Tensor, boxes: Tensor, classes: Tensor, flags: Tensor, size: int) -> Assignment:
    """Assigns predicted boxes [B,A,4] (corners) with scores [B,A,C] to the
    objects among boxes [B,M,4] of classes and flags [B,M]."""
    b, a, c = scores.shape
    m = boxes.shape[1]
    grid, stride = cells(size, boxes.device)
    points = (grid + 0.5) * stride
    real = flags == OBJECT

    iou = overlap(boxes, predicted)  # [B,M,A]
    own = scores.transpose(1, 2).gather(1, classes[..., None].expand(-1, -1, a))  # [B,M,A]
    # The small constants keep an order among rows that do not overlap yet.
    metric = (own + 1e-4) ** ALPHA * (iou + 0.01) ** BETA
    metric = metric * (_inside(points, boxes, REACH) & real[..., None])

    best = metric.topk(TOP, 2)
    mine = torch.zeros_like(metric, dtype=torch.bool).scatter_(2, best.indices, best.values > 0)
    # A row that several objects want goes to the one it overlaps most.
    key = torch.where(mine, iou + 1e-3, torch.zeros_like(iou))
    winner = key.argmax(1, keepdim=True)  # [B,1,A]
    taken = mine.any(1, keepdim=True)
    mine = torch.zeros_like(mine).scatter_(1, winner, taken)

    metric = metric * mine
    top_iou = (iou * mine).amax(2, keepdim=True)
    # TOOD takes top_iou itself. Its root lessens how much the boxes of small
    # objects, which never fit as well, count for less than those of large ones.
    wanted = metric / metric.amax(2, keepdim=True).clamp(min=1e-20) * top_iou.sqrt()
    wanted = wanted.amax(1)  # [B,A]
    index = winner.squeeze(1)
    box = boxes.gather(1, index[..., None].expand(-1, -1, 4))
    positive = taken.squeeze(1)
    unit = (torch.arange(4, device=box.device) >= 2).float()  # 0, 0, 1, 1
    box = torch.where(positive[..., None], box, unit)
    score = torch.zeros(b, a, c, device=scores.device)
    score.scatter_(2, classes.gather(1, index)[..., None], (wanted * positive)[..., None])
    free = _ignored(points, boxes, classes, flags, c) & ~positive[..., None]
    assert m == classes.shape[1]
    return Assignment(box, score, free)
