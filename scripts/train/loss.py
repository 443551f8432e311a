"""The loss.

A row's score for a class is p = objectness * class, both sigmoids, and only the
product is trained ("implicit objectness", arXiv:2007.03496): so a class that is
not labelled somewhere can be left out exactly, which objectness trained alone
could not.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from assign import assign
from augment import Batch
from boxes import complete_iou, decode

BOX_GAIN = 5.0
TEACHER_GAIN, TEACHER_BOX_GAIN = 1.0, 2.5
SURE = 0.1  # a teacher's score from which its box is learned


@dataclass
class Losses:
    """total is to be minimised; parts [4] are scores, boxes, the teacher's scores and boxes, detached."""

    total: Tensor
    parts: Tensor


def log_scores(raw: Tensor) -> Tensor:
    """Logarithm of p [...,C] from logits [...,1+C]."""
    return F.logsigmoid(raw[..., :1]) + F.logsigmoid(raw[..., 1:])


def entropy(log_p: Tensor, wanted: Tensor) -> Tensor:
    """Binary cross entropy of p and the wanted score, elementwise."""
    log_not = torch.log1p(-log_p.exp().clamp(max=1 - 1e-6))
    return -(wanted * log_p + (1 - wanted) * log_not)


def _boxes(predicted: Tensor, wanted: Tensor, weight: Tensor) -> Tensor:
    """Weighted sum of 1 - CIoU over [B,A] boxes."""
    return ((1 - complete_iou(predicted, wanted)) * weight).sum()


def detection(raw_boxes: Tensor, raw_scores: Tensor, batch: Batch, size: int) -> tuple[Tensor, Tensor]:
    """Loss of the scores and of the boxes against the truth; rows in regions
    to ignore, and classes not labelled at a row, do not count."""
    predicted, log_p = decode(raw_boxes, size), log_scores(raw_scores)
    a = assign(predicted.detach(), log_p.detach().exp(), batch.boxes, batch.classes, batch.flags, size)
    counts = (batch.labelled | (a.score > 0)) & ~a.free
    weight = a.score.sum(-1)
    total = weight.sum().clamp(min=1)
    scores = (entropy(log_p, a.score) * counts).sum() / total
    return scores, _boxes(predicted, a.box, weight) / total


def teaching(raw_boxes: Tensor, raw_scores: Tensor, boxes: Tensor, scores: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """Loss against a teacher's boxes [B,A,4] (corners) and scores [B,A,C] of
    the same rows. As in quality focal loss (arXiv:2006.04388) a row counts by
    how far the scores are apart."""
    predicted, log_p = decode(raw_boxes, size), log_scores(raw_scores)
    apart = (log_p.detach().exp() - scores).abs()
    sure = scores.amax(-1)
    total = sure.sum().clamp(min=1)
    sure = sure * (sure > SURE)
    return (apart * entropy(log_p, scores)).sum() / total, _boxes(predicted, boxes, sure) / sure.sum().clamp(min=1)


def compute(raw: tuple[Tensor, Tensor], batch: Batch, size: int, taught: tuple[Tensor, Tensor] | None) -> Losses:
    """The loss of a batch. taught: a teacher's boxes and scores of the first of its pictures."""
    raw_boxes, raw_scores = raw[0].float(), raw[1].float()
    scores, boxes = detection(raw_boxes, raw_scores, batch, size)
    total = scores + BOX_GAIN * boxes
    more = [torch.zeros_like(scores)] * 2
    if taught is not None:
        n = len(taught[0])
        more = list(teaching(raw_boxes[:n], raw_scores[:n], *taught, size))
        total = total + TEACHER_GAIN * more[0] + TEACHER_BOX_GAIN * more[1]
    return Losses(total, torch.stack([scores, boxes, *more]).detach())
