"""Augmentation of a whole batch at once, on the device.

Every output picture is a canvas of four tiles around a centre (mosaic,
arXiv:2004.10934) or of one tile alone: its centre is then the canvas's far
corner. A tile shows one stored picture, scaled, stretched, mirrored and moved.
No rotation: cameras stand upright, and boxes stay exact.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from boxes import area, cells
from data import IGNORE, NONE, OBJECT, SIDE, Store
from pictures import PAD

TILES = 4
VISIBLE = 0.25  # part of a box that must be left for it to stay an object
LEAST = 5.0  # pixels that the longer side of an object must have


@dataclass(frozen=True)
class Strength:
    """How much is done; train.py lessens it at the end of a run."""

    mosaic: float = 0.7  # part of the pictures that have four tiles
    zoom: tuple[float, float] = (0.7, 1.8)  # of the stored size, one tile
    zoom_mosaic: tuple[float, float] = (0.5, 1.4)
    stretch: float = 0.12  # of one side against the other
    color: float = 1.0
    exact: float = 0.0  # part of the one-tile pictures that keep their pixels, but for a mirror and whole steps


@dataclass
class Batch:
    """Pictures and truth for one step; A as in boxes.cells."""

    clean: Tensor  # [B,3,S,S] float 0..1, BGR: geometry only, for a teacher
    images: Tensor  # the same with colours changed, for the network
    boxes: Tensor  # [B,M,4] corners in pixels
    classes: Tensor  # [B,M] long
    flags: Tensor  # [B,M] long: NONE, OBJECT, IGNORE; objects come first
    labelled: Tensor  # [B,A,6] bool: the class is fully labelled where the row's cell is
    there: Tensor  # [B,1,S,S] bool: not padding


@dataclass
class Layout:
    """Where the tiles lie. Vectors over [B,4] tiles, in pixels of the canvas."""

    corner: Tensor  # [B,4,2] upper left of the tile's window
    far: Tensor  # [B,4,2] lower right
    origin: Tensor  # [B,4,2] where the picture's upper left lands
    scale: Tensor  # [B,4,2] canvas pixels per stored pixel, x and y
    mirror: Tensor  # [B,4] bool


def _uniform(shape: tuple[int, ...], low: float, high: float, like: Tensor) -> Tensor:
    return torch.rand(shape, device=like.device) * (high - low) + low


def _log_uniform(shape: tuple[int, ...], low: float, high: float, like: Tensor) -> Tensor:
    return _uniform(shape, math.log(low), math.log(high), like).exp()


def plan(sizes: Tensor, size: int, s: Strength) -> Layout:
    """Draws a layout for stored pictures of these sizes [B,4,2] on canvases of this side."""
    b = len(sizes)
    four = torch.rand(b, 1, device=sizes.device) < s.mosaic
    centre = torch.where(four, _uniform((b, 2), 0.3, 0.7, sizes) * size, torch.full_like(sizes[:, 0], size))
    tile = torch.arange(TILES, device=sizes.device)
    second = torch.stack([tile % 2, tile // 2], -1).float()  # [4,2]: the window is right of, or below, the centre
    corner = second * centre[:, None]
    far = second * size + (1 - second) * centre[:, None]

    zoom = torch.where(four, _log_uniform((b, TILES), *s.zoom_mosaic, sizes), _log_uniform((b, TILES), *s.zoom, sizes))
    stretch = _uniform((b, TILES), -s.stretch, s.stretch, sizes).exp()
    scale = torch.stack([zoom * stretch, zoom / stretch], -1) * (size / SIDE)
    exact = ~four[..., None] & (torch.rand(b, 1, 1, device=sizes.device) < s.exact)
    scale = torch.where(exact, torch.full_like(scale, size / SIDE), scale)
    # Too large: a random part shows. Too small: a random place in the window.
    room = far - corner - sizes * scale
    origin = corner + _uniform((b, TILES, 2), 0, 1, sizes) * room
    origin = torch.where(exact, origin.round(), origin)
    return Layout(corner, far, origin, scale, torch.rand(b, TILES, device=sizes.device) < 0.5)


def still(sizes: Tensor, size: int) -> Layout:
    """The layout of evaluation: one tile, upper left."""
    scale = torch.full_like(sizes, size / SIDE)
    far = torch.zeros_like(sizes)
    far[:, 0] = size
    corner = torch.zeros_like(sizes)
    corner[:, 1:] = size
    return Layout(corner, far.maximum(corner), corner.clone(), scale, torch.zeros_like(sizes[..., 0]).bool())


def _tile_of(layout: Layout, points: Tensor) -> Tensor:
    """The tile [B,...] in which points [...,2] of the canvas lie."""
    centre = layout.far[:, 0]  # [B,2]
    past = points[None] >= centre.reshape(-1, *[1] * (points.dim() - 1), 2)
    return past[..., 0].long() + 2 * past[..., 1].long()


def _pick(v: Tensor, tile: Tensor) -> Tensor:
    """v [B,4] of each pixel's tile [B,P]: [B,P]."""
    return torch.gather(v, 1, tile)


def draw(images: Tensor, sizes: Tensor, layout: Layout, size: int) -> tuple[Tensor, Tensor]:
    """Canvases [B,3,S,S] in 0..1 from stored pictures [B,4,3,SIDE,SIDE], and where there is a picture [B,1,S,S]."""
    b = len(images)
    atlas = images.reshape(b, 2, 2, 3, SIDE, SIDE).permute(0, 3, 1, 4, 2, 5).reshape(b, 3, 2 * SIDE, 2 * SIDE)
    line = torch.arange(size, device=images.device) + 0.5
    # Tiles meet along straight lines, so columns and rows are looked up apart.
    at, inside = [], []
    for axis in (0, 1):
        second = line[None] >= layout.far[:, 0, axis, None]  # [B,S]
        pair = []
        for other in (0, 1):  # the tile on this side of the other axis
            tile = (second.long() + 2 * other) if axis == 0 else (2 * second.long() + other)
            end = _pick(sizes[..., axis], tile)
            p = (line[None] - _pick(layout.origin[..., axis], tile)) / _pick(layout.scale[..., axis], tile)
            if axis == 0:
                p = torch.where(_pick(layout.mirror.long(), tile).bool(), end - p, p)
            pair.append(((p >= 0) & (p <= end), p.clamp(min=0.5).minimum(end - 0.5) + second * SIDE))
        inside.append((pair[0][0], pair[1][0]))
        at.append((pair[0][1], pair[1][1]))
    below = (line[None] >= layout.far[:, 0, 1, None])[:, :, None]  # [B,S,1] rows of the lower tiles
    beside = (line[None] >= layout.far[:, 0, 0, None])[:, None, :]  # [B,1,S] columns of the right tiles
    x = torch.where(below, at[0][1][:, None, :], at[0][0][:, None, :])
    y = torch.where(beside, at[1][1][:, :, None], at[1][0][:, :, None])
    there = torch.where(below, inside[0][1][:, None, :], inside[0][0][:, None, :]) & torch.where(
        beside, inside[1][1][:, :, None], inside[1][0][:, :, None]
    )
    grid = torch.stack([x, y], -1) / SIDE - 1  # the atlas is 2*SIDE wide
    canvas = F.grid_sample(atlas.float(), grid, mode="bilinear", align_corners=False) / 255
    there = there[:, None]
    return torch.where(there, canvas, torch.full_like(canvas, PAD / 255)), there


def place(boxes: Tensor, sizes: Tensor, flags: Tensor, layout: Layout) -> tuple[Tensor, Tensor]:
    """Boxes [B,4,M,4] and flags [B,4,M] on the canvas. What is cut or shrunk too
    much to be recognised becomes a region to ignore."""
    x1, y1, x2, y2 = boxes.unbind(-1)
    w = sizes[..., 0, None]
    mirror = layout.mirror[..., None]
    x1, x2 = torch.where(mirror, w - x2, x1), torch.where(mirror, w - x1, x2)
    whole = torch.stack([x1, y1, x2, y2], -1)
    whole = whole * layout.scale.repeat(1, 1, 2)[:, :, None] + layout.origin.repeat(1, 1, 2)[:, :, None]
    low, high = layout.corner.repeat(1, 1, 2)[:, :, None], layout.far.repeat(1, 1, 2)[:, :, None]
    cut = whole.maximum(low).minimum(high)
    sides = cut[..., 2:] - cut[..., :2]
    fit = (area(cut) > VISIBLE * area(whole)) & (sides.amax(-1) >= LEAST)
    flags = torch.where((flags == OBJECT) & ~fit, torch.full_like(flags, IGNORE), flags)
    return cut, torch.where(sides.amin(-1) > 0, flags, torch.full_like(flags, NONE))


def _largest(boxes: Tensor, classes: Tensor, flags: Tensor, most: int) -> tuple[Tensor, Tensor, Tensor]:
    """The most important boxes [B,most]: objects, then regions, larger ones first."""
    key = area(boxes) + (flags == OBJECT) * 1e9 + (flags == IGNORE) * 1e8
    if key.shape[1] < most:
        more = most - key.shape[1]
        boxes, classes, flags = F.pad(boxes, (0, 0, 0, more)), F.pad(classes, (0, more)), F.pad(flags, (0, more))
        key = F.pad(key, (0, more))
    order = key.topk(most, 1).indices
    return boxes.gather(1, order[..., None].expand(-1, -1, 4)), classes.gather(1, order), flags.gather(1, order)


def truth(store: Store, index: Tensor, layout: Layout, size: int, most: int) -> tuple[Tensor, ...]:
    """boxes, classes, flags and labelled of a Batch of the pictures index [B,4]."""
    b = len(index)
    boxes, flags = place(store.boxes[index], store.sizes[index], store.flags[index], layout)
    boxes, classes, flags = _largest(
        boxes.reshape(b, -1, 4), store.classes[index].reshape(b, -1), flags.reshape(b, -1), most
    )
    grid, stride = cells(size, index.device)
    tile = _tile_of(layout, (grid + 0.5) * stride)  # [B,A]
    known = store.labelled[index].gather(1, tile[..., None].expand(-1, -1, store.labelled.shape[1]))
    return boxes, classes, flags, known


def compose(store: Store, index: Tensor, layout: Layout, size: int, most: int) -> Batch:
    """A batch of canvases from the pictures index [B,4], colours untouched."""
    canvas, there = draw(store.images[index], store.sizes[index], layout, size)
    return Batch(canvas, canvas, *truth(store, index, layout, size, most), there)


def mood(b: int, amount: float, like: Tensor) -> Tensor:
    """What recolor does to each of b pictures [b,9]: saturation, light's colour
    (3), contrast, brightness, gamma, focus, noise."""

    def drawn(low: float, high: float, chance: float = 1.0) -> Tensor:
        v = _uniform((b, 1), low * amount, high * amount, like)
        return torch.where(torch.rand(b, 1, device=like.device) < chance, v, torch.zeros_like(v))

    saturation = 1 + drawn(-0.6, 0.6)
    grey = torch.rand(b, 1, device=like.device) < 0.04 * amount
    saturation = torch.where(grey, torch.zeros_like(saturation), saturation)
    colour = 1 + _uniform((b, 3), -0.12 * amount, 0.12 * amount, like)
    contrast, brightness, gamma = 1 + drawn(-0.35, 0.35), drawn(-0.15, 0.15), drawn(-0.5, 0.5).exp()
    focus, noise = drawn(-0.5, 1.0, 0.35), drawn(0.0, 0.05, 0.5)
    return torch.cat([saturation, colour, contrast, brightness, gamma, focus, noise], 1)


def recolor(x: Tensor, how: Tensor) -> Tensor:
    """Light, colour, noise and focus of pictures [B,3,H,W] in 0..1 changed as mood says [B,9]."""
    how = how[:, :, None, None]
    grey = 0.114 * x[:, 0:1] + 0.587 * x[:, 1:2] + 0.299 * x[:, 2:3]
    y = (grey + (x - grey) * how[:, 0:1]) * how[:, 1:4]
    y = (y - 0.45) * how[:, 4:5] + 0.45 + how[:, 5:6]
    y = y.clamp(1e-3, 1) ** how[:, 6:7]
    soft = F.avg_pool2d(F.pad(y, (1, 1, 1, 1), mode="replicate"), 3, 1)
    y = y + (soft - y) * how[:, 7:8]  # focus below 0: sharper
    y = y + torch.randn_like(y) * how[:, 8:9]
    return y.clamp(0, 1)


def paint(images: Tensor, sizes: Tensor, layout: Layout, how: Tensor, size: int) -> tuple[Tensor, Tensor, Tensor]:
    """clean, images and there of a Batch: all that is done to pixels, from tensors only, so that it can be compiled."""
    clean, there = draw(images, sizes, layout, size)
    return clean, torch.where(there, recolor(clean, how), clean), there


def augment(store: Store, index: Tensor, size: int, most: int, s: Strength, painter: Callable = paint) -> Batch:
    """A batch for training from the pictures index [B,4], of which one-tile
    canvases show the first. painter is paint, or what was compiled of it."""
    sizes = store.sizes[index]
    layout = plan(sizes, size, s)
    clean, images, there = painter(store.images[index], sizes, layout, mood(len(index), s.color, sizes), size)
    return Batch(clean, images, *truth(store, index, layout, size, most), there)
