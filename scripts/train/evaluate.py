#!/usr/bin/env python3
"""A quick AP50 (COCO's 101 points, IoU 0.5, 100 boxes a picture), to watch a
run by; the numbers of record are braid eval's.

    evaluate.py RUN/last.pt --scenes DIR       # a folder of scenes
    evaluate.py RUN/last.pt --real DIR         # its held-out pictures
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

import data
from augment import compose, still
from boxes import decode, overlap
from checkpoint import load_weights
from classes import NAMES
from data import IGNORE, OBJECT, Store
from loss import log_scores
from model import Nano

CANDIDATES, KEPT, LEAST, OVERLAP = 400, 100, 0.005, 0.65


def suppress(boxes: Tensor, scores: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Greedy non-maximum suppression per class, over a batch at once. Boxes
    [B,A,4] and scores [B,A,C] to boxes [B,K,4], scores [B,K] (0: suppressed)
    and classes [B,K], best first."""
    b, _, c = scores.shape
    top = scores.reshape(b, -1).topk(min(CANDIDATES, scores[0].numel()), 1)
    kind = top.indices % c
    picked = boxes.gather(1, (top.indices // c)[..., None].expand(-1, -1, 4))
    clash = (overlap(picked, picked) > OVERLAP) & (kind[:, :, None] == kind[:, None])
    keep = top.values > LEAST
    after = torch.arange(keep.shape[1], device=keep.device)
    for i in range(keep.shape[1]):
        keep &= ~(clash[:, i] & keep[:, i, None] & (after > i))
    return picked, top.values * keep, kind


@torch.no_grad()
def detect(net: Nano, store: Store, size: int, batch: int = 50) -> list[tuple[np.ndarray, ...]]:
    """Boxes [K,4] in stored pixels, scores [K] and classes [K] of every picture, best first."""
    found = []
    for start in range(0, len(store), batch):
        index = torch.arange(start, min(start + batch, len(store)), device=store.sizes.device)
        four = index[:, None].expand(-1, 4)
        canvas = compose(store, four, still(store.sizes[four], size), size, 1).clean
        raw_boxes, raw_scores = net(canvas)
        scores = log_scores(raw_scores.float()).exp()
        boxes, scores, kinds = suppress(decode(raw_boxes.float(), size) * (data.SIDE / size), scores)
        for k, v, c in zip(boxes.cpu().numpy(), scores.cpu().numpy(), kinds.cpu().numpy()):
            left = np.flatnonzero(v > 0)[:KEPT]
            found.append((k[left], v[left], c[left]))
    return found


def _match(boxes: np.ndarray, truth: np.ndarray, crowd: np.ndarray) -> np.ndarray:
    """For each box, best score first: 1 found an object, 0 found nothing, -1 does not count."""
    out = np.zeros(len(boxes), np.int8)
    if not len(boxes) or not len(truth):
        return out
    lt = np.maximum(boxes[:, None, :2], truth[None, :, :2])
    rb = np.minimum(boxes[:, None, 2:], truth[None, :, 2:])
    inner = np.prod(np.clip(rb - lt, 0, None), -1)
    area = np.prod(boxes[:, 2:] - boxes[:, :2], -1)[:, None]
    both = area + np.prod(truth[:, 2:] - truth[:, :2], -1)[None] - inner
    iou = inner / np.maximum(np.where(crowd[None], area, both), 1e-9)
    free = np.ones(len(truth), bool)
    for i, row in enumerate(iou):
        fit = np.where(free & ~crowd, row, 0)
        if fit.max() >= 0.5:
            free[fit.argmax()] = False
            out[i] = 1
        elif (row * crowd).max() >= 0.5:
            out[i] = -1
    return out


def average_precision(scores: np.ndarray, hits: np.ndarray, objects: int) -> float:
    """Mean precision at 101 recalls; not a number where there is no object."""
    if objects == 0:
        return float("nan")
    order = np.argsort(-scores, kind="stable")
    hits = hits[order]
    hits = hits[hits >= 0]
    found = np.cumsum(hits)
    recall = found / objects
    precision = found / np.arange(1, len(hits) + 1)
    precision = np.maximum.accumulate(precision[::-1])[::-1]
    at = np.searchsorted(recall, np.linspace(0, 1, 101), side="left")
    return float(np.where(at < len(hits), np.append(precision, 0)[np.minimum(at, len(hits))], 0).mean())


def ap50(net: Nano, store: Store, size: int) -> dict[str, float]:
    """AP50 of each class that has objects, and their "mean". A picture in which
    a class is not labelled does not count for it."""
    found = detect(net, store, size)
    boxes, classes, flags = (v.cpu().numpy() for v in (store.boxes, store.classes, store.flags))
    known = store.labelled.cpu().numpy()
    out = {}
    for c, name in enumerate(NAMES):
        scores, hits, objects = [], [], 0
        for i in np.flatnonzero(known[:, c]):
            b, s, k = found[i]
            mine = (classes[i] == c) & (flags[i] > 0)
            crowd = flags[i][mine] == IGNORE
            scores.append(s[k == c])
            hits.append(_match(b[k == c], boxes[i][mine], crowd))
            objects += int((flags[i][mine] == OBJECT).sum())
        if objects:
            out[name] = average_precision(np.concatenate(scores), np.concatenate(hits), objects)
    out["mean"] = float(np.mean(list(out.values()))) if out else 0.0
    return out


def table(title: str, ap: dict[str, float]) -> str:
    """One line for people."""
    return f"{title}: " + "  ".join(f"{k} {v:.3f}" for k, v in ap.items())


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("weights", type=Path, help="a checkpoint of train.py")
    p.add_argument("--scenes", type=Path, help="folder of scenes, all of which are taken")
    p.add_argument("--real", type=Path, help="folder of real pictures, of which the held-out ones are taken")
    p.add_argument(
        "--keep", type=Path, metavar="DIR", help="keep the pictures there as they were read, for the next call"
    )
    p.add_argument("--size", type=int, default=416)
    p.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    a = p.parse_args()
    sets = {}
    if a.scenes:
        sets["scenes"] = data.load_all(a.scenes, a.keep)
    if a.real:
        sets["held out"] = data.load_held_out(a.real, a.keep)
    device = torch.device(a.device)
    net = load_weights(a.weights).to(device)
    for title, store in sets.items():
        print(table(f"AP50 {title} ({len(store)} pictures)", ap50(net, store.to(device), a.size)))


if __name__ == "__main__":
    main()
