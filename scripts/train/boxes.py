"""Boxes: the cells of the output, decoding, overlaps. Corners are x1, y1, x2, y2 in pixels."""

from __future__ import annotations

import math
from functools import lru_cache

import torch
from torch import Tensor

from model import STRIDES


@lru_cache(maxsize=32)
def cells(size: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Column and row [A,2] and stride [A,1] of every output row for a square
    input: stride 8 first, row by row."""
    grids, strides = [], []
    for s in STRIDES:
        n = size // s
        line = torch.arange(n, device=device, dtype=torch.float32)
        y, x = torch.meshgrid(line, line, indexing="ij")
        grids.append(torch.stack([x, y], -1).reshape(-1, 2))
        strides.append(torch.full((n * n, 1), float(s), device=device))
    return torch.cat(grids), torch.cat(strides)


def decode(raw: Tensor, size: int) -> Tensor:
    """Raw [...,A,4] as the network gives it, to corners [...,A,4]: YOLOX's
    xy = (raw + cell) * stride, wh = exp(raw) * stride (arXiv:2107.08430)."""
    grid, stride = cells(size, raw.device)
    centre = (raw[..., :2] + grid) * stride
    half = raw[..., 2:].clamp(-6, 6).exp() * stride / 2
    return torch.cat([centre - half, centre + half], -1)


def area(b: Tensor) -> Tensor:
    return (b[..., 2] - b[..., 0]).clamp(min=0) * (b[..., 3] - b[..., 1]).clamp(min=0)


def overlap(a: Tensor, b: Tensor) -> Tensor:
    """Intersection over union of a [...,N,4] and b [...,M,4]: [...,N,M]."""
    a, b = a.unsqueeze(-2), b.unsqueeze(-3)
    w = torch.minimum(a[..., 2], b[..., 2]) - torch.maximum(a[..., 0], b[..., 0])
    h = torch.minimum(a[..., 3], b[..., 3]) - torch.maximum(a[..., 1], b[..., 1])
    inner = w.clamp_(min=0) * h.clamp_(min=0)
    return inner / (area(a) + area(b) - inner).clamp(min=1e-6)


def complete_iou(a: Tensor, b: Tensor) -> Tensor:
    """CIoU (arXiv:1911.08287) of boxes in pairs, [...,4] each: [...]. Sides must be positive."""
    aw, ah = a[..., 2] - a[..., 0], a[..., 3] - a[..., 1]
    bw, bh = b[..., 2] - b[..., 0], b[..., 3] - b[..., 1]
    w = torch.minimum(a[..., 2], b[..., 2]) - torch.maximum(a[..., 0], b[..., 0])
    h = torch.minimum(a[..., 3], b[..., 3]) - torch.maximum(a[..., 1], b[..., 1])
    inner = w.clamp(min=0) * h.clamp(min=0)
    iou = inner / (aw * ah + bw * bh - inner + 1e-6)
    cw = torch.maximum(a[..., 2], b[..., 2]) - torch.minimum(a[..., 0], b[..., 0])
    ch = torch.maximum(a[..., 3], b[..., 3]) - torch.minimum(a[..., 1], b[..., 1])
    dx = (a[..., 0] + a[..., 2] - b[..., 0] - b[..., 2]) / 2
    dy = (a[..., 1] + a[..., 3] - b[..., 1] - b[..., 3]) / 2
    away = (dx * dx + dy * dy) / (cw * cw + ch * ch + 1e-6)
    v = 4 / math.pi**2 * (torch.atan(bw / (bh + 1e-6)) - torch.atan(aw / (ah + 1e-6))) ** 2
    with torch.no_grad():
        alpha = v / (1 - iou + v + 1e-6)
    return iou - away - alpha * v
