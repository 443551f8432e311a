"""Data sets: folders of pictures with COCO annotations, held whole in memory.

A folder has images/ and instances.json. Beside COCO's keys a picture may have
labeled_category_ids, the categories that are fully labelled in it, and
coco_license, the photo's own licence. iscrowd = 1 marks a region to ignore.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

import pictures
from classes import CLASSES, INDEX
from holdout import held_out, labelled

SIDE = 416  # of the stored pictures
NONE, OBJECT, IGNORE = 0, 1, 2  # flag of a box: padding, object, region to ignore
OPEN_LICENSES = {4, 5, 7}  # BY, BY-SA, no known restrictions
OPEN_SOURCES = {"highway-v40", "crossroad-v5"}  # data sets that are open as a whole


@dataclass
class Store:
    """N letterboxed pictures and at most M boxes of each, on one device."""

    images: Tensor  # [N,3,SIDE,SIDE] uint8 BGR
    sizes: Tensor  # [N,2] float: width and height of the picture in its square
    boxes: Tensor  # [N,M,4] float: corners in pixels of the square
    classes: Tensor  # [N,M] long
    flags: Tensor  # [N,M] long: NONE, OBJECT, IGNORE
    labelled: Tensor  # [N,6] bool: the class is fully labelled in the picture

    def __len__(self) -> int:
        return len(self.images)

    def to(self, device: torch.device) -> Store:
        return Store(**{f.name: getattr(self, f.name).to(device) for f in fields(self)})

    def weights(self, threshold: float = 0.3) -> Tensor:
        """How often each picture is to be drawn [N]: more where a class is in
        it that few pictures have (repeat factors of LVIS, arXiv:1908.03195)."""
        there = torch.zeros(len(self), len(CLASSES), device=self.boxes.device)
        there.scatter_add_(1, self.classes, (self.flags == OBJECT).float())
        there = there > 0
        share = there.float().mean(0).clamp(min=1e-6)
        repeat = (threshold / share).sqrt().clamp(1, 3)
        return torch.where(there, repeat, torch.ones_like(repeat)).amax(1)


def is_open(image: dict[str, Any]) -> bool:
    """Whether the picture's own licence allows any use."""
    if image.get("coco_license") is not None:
        return image["coco_license"] in OPEN_LICENSES
    return image.get("source") in OPEN_SOURCES


def read_annotations(path: Path) -> dict[str, Any]:
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError) as e:
        raise SystemExit(f"reading annotations {path}: {e}") from e


def split(coco: dict[str, Any], open_only: bool) -> tuple[list[dict], list[dict]]:
    """Pictures to train on, and the held-out ones. Held out is chosen among all
    pictures, before licences."""
    names = held_out([i["file_name"] for i in coco["images"]])
    train = [i for i in coco["images"] if i["file_name"] not in names and (is_open(i) or not open_only)]
    return train, [i for i in coco["images"] if i["file_name"] in names]


def _rows(image: dict, annotations: Iterable[dict]) -> np.ndarray:
    """Boxes of a picture [n,6]: corners in pixels of the square, class, flag."""
    r, w, h = pictures.fit(image["width"], image["height"], SIDE)
    rows = []
    for a in annotations:
        x, y, bw, bh = (v * r for v in a["bbox"])
        x1, y1, x2, y2 = max(x, 0), max(y, 0), min(x + bw, w), min(y + bh, h)
        if x2 > x1 and y2 > y1:
            rows.append((x1, y1, x2, y2, INDEX[a["category_id"]], IGNORE if a.get("iscrowd") else OBJECT))
    return np.array(rows, np.float32).reshape(-1, 6)


def load(folder: Path, images: list[dict], annotations: list[dict], keep: Path | None = None) -> Store:
    """The pictures of a folder with their boxes, in main memory; keep as in pictures.load."""
    mine = defaultdict(list)
    for a in annotations:
        if a["category_id"] in INDEX:
            mine[a["image_id"]].append(a)
    rows = [_rows(i, mine[i["id"]]) for i in images]
    table = np.zeros((len(images), max((len(r) for r in rows), default=0) or 1, 6), np.float32)
    for i, r in enumerate(rows):
        table[i, : len(r)] = r
    known = [[category in labelled(i) for _, category in CLASSES] for i in images]
    pixels, sizes = pictures.load([folder / "images" / i["file_name"] for i in images], SIDE, keep)
    boxes = torch.from_numpy(table)
    return Store(
        images=torch.from_numpy(pixels),
        sizes=torch.from_numpy(sizes).float(),
        boxes=boxes[..., :4].contiguous(),
        classes=boxes[..., 4].long(),
        flags=boxes[..., 5].long(),
        labelled=torch.tensor(known, dtype=torch.bool).reshape(-1, len(CLASSES)),
    )


def joined(stores: list[Store]) -> Store:
    """One store of several."""
    if len(stores) == 1:
        return stores[0]
    most = max(s.boxes.shape[1] for s in stores)

    def column(name: str) -> Tensor:
        parts = [getattr(s, name) for s in stores]
        if name in ("boxes", "classes", "flags"):  # as many boxes in each: padding has flag NONE, which is 0
            wide = [t.new_zeros(t.shape[0], most, *t.shape[2:]) for t in parts]
            for w, t in zip(wide, parts):
                w[:, : t.shape[1]] = t
            parts = wide
        return torch.cat(parts)

    return Store(**{f.name: column(f.name) for f in fields(Store)})


def load_all(folder: Path, keep: Path | None = None) -> Store:
    """Every picture of a folder, such as one of rendered scenes."""
    coco = read_annotations(folder / "instances.json")
    return load(folder, coco["images"], coco["annotations"], keep)


def load_train(folder: Path, open_only: bool, keep: Path | None = None) -> Store:
    """The pictures of a folder to train on."""
    coco = read_annotations(folder / "instances.json")
    return load(folder, split(coco, open_only)[0], coco["annotations"], keep)


def load_held_out(folder: Path, keep: Path | None = None) -> Store:
    """The pictures of a folder that are never trained on."""
    coco = read_annotations(folder / "instances.json")
    return load(folder, split(coco, False)[1], coco["annotations"], keep)
