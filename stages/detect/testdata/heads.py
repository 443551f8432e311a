#!/usr/bin/env python3
"""Writes heads.json: small network outputs and what numpy makes of them, for
the tests of package detect. Run it in this folder; it needs numpy only.

The formulas are those of the papers and of darknet's yolo_layer.c, written
plainly over whole arrays; suppression is per class on boxes clipped to the frame."""
import json

import numpy as np

rng = np.random.default_rng(11)
SIZE, CLASSES = 64, 3


def sigmoid(v):
    return (1 / (1 + np.exp(-v.astype("f8")))).astype("f4")


def cells(h, w):
    y, x = np.mgrid[0:h, 0:w]
    return np.stack([x.ravel(), y.ravel()], -1).astype("f8")


def yolox(out, strides):
    cell = np.concatenate([cells(SIZE // s, SIZE // s) for s in strides])
    stride = np.concatenate([np.full(((SIZE // s) ** 2, 1), s) for s in strides])
    center = (out[:, :2].astype("f8") + cell) * stride
    size = np.exp(out[:, 2:4].astype("f8")) * stride
    return np.concatenate([center - size / 2, center + size / 2], 1), out[:, 4:5] * out[:, 5:]


def darknet(outs, layers):
    boxes, scores = [], []
    for out, layer in zip(outs, layers):
        h, w = out.shape[1:]
        for k, anchor in enumerate(layer["anchors"]):
            p = out.reshape(len(layer["anchors"]), 5 + CLASSES, h * w)[k].T
            new, scale = layer["new_coords"], layer["scale_xy"]
            q = p if new else sigmoid(p)
            center = (q[:, :2].astype("f8") * scale - (scale - 1) / 2 + cells(h, w)) * [SIZE / w, SIZE / h]
            wh = p[:, 2:4].astype("f8")
            size = (wh * wh * 4 if new else np.exp(wh)) * anchor
            boxes.append(np.concatenate([center - size / 2, center + size / 2], 1))
            scores.append(q[:, 4:5] * q[:, 5:])
    return np.concatenate(boxes), np.concatenate(scores)


def overlap(a, b):
    wh = np.clip(np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2]), 0, None)
    inter = wh[0] * wh[1]
    area = lambda c: (c[2] - c[0]) * (c[3] - c[1])
    return inter / (area(a) + area(b) - inter + 1e-9)


def finish(boxes, scores, nms, frame, back):
    off, scale = np.array(back["off"] * 2), np.array(back["scale"] * 2)
    boxes = np.clip((boxes - off) * scale, 0, np.array(frame * 2))
    found = [(row, c, s) for row, line in enumerate(scores) for c, s in enumerate(line)
             if s > np.float32(nms["score"]) and (nms["multi_label"] or c == line.argmax())]
    found.sort(key=lambda f: (-f[2], f[1], f[0]))
    kept = []
    for row, c, s in found:
        rivals = [k for k in kept if k[1] == c or not nms["per_class"]]
        if all(overlap(boxes[row], boxes[k[0]]) <= nms["iou"] for k in rivals):
            kept.append((row, c, s))
    objects = []
    for row, c, s in kept[:nms["max"]]:
        x1, y1, x2, y2 = boxes[row] / np.array(frame * 2)
        objects.append([int(c), float(s), *(float(f"{v:.7f}") for v in (x1, y1, x2 - x1, y2 - y1))])
    return objects


def rounded(a):
    return np.round(a, 3).astype("f4")


def case(name, outs, boxes, scores, nms, frame, back, **head):
    return {"name": name, "head": head, "nms": nms, "frame": frame, **back,
            "outputs": [{"shape": list(o.shape), "data": [float(f"{v:.3f}") for v in o.ravel()]} for o in outs],
            "objects": finish(boxes, scores, nms, frame, back)}


def nms(**over):
    return {"iou": 0.5, "score": 0.3, "per_class": True, "multi_label": False, "max": 300} | over


def main():
    strides = [8, 16, 32]
    rows = sum((SIZE // s) ** 2 for s in strides)
    out = np.concatenate([rng.normal(0, 0.6, (rows, 4)), rng.uniform(0, 1, (rows, 1 + CLASSES))], 1)
    x = rounded(out)
    letterbox = {"scale": [1.5, 1.5], "off": [0, 0]}
    centered = {"scale": [2.0, 2.0], "off": [0, 8]}
    stretch = {"scale": [2.5, 1.25], "off": [0, 0]}
    cases = [
        case(name, [x[None]], *yolox(x, strides), n, frame, back, kind="yolox", strides=strides)
        for name, n, frame, back in [
            ("yolox", nms(), [96, 54], letterbox),
            ("yolox, every class", nms(score=0.001, iou=0.65, multi_label=True), [96, 54], letterbox),
            ("yolox, classes suppress each other", nms(per_class=False), [128, 96], centered),
            ("yolox, at most five", nms(max=5), [128, 96], centered),
        ]
    ]
    for new in (False, True):
        layers = [{"type": "yolo", "anchors": [[30, 20], [16, 40]], "scale_xy": 1.0, "new_coords": new},
                  {"type": "yolo", "anchors": [[8, 9], [14, 12]], "scale_xy": 1.2, "new_coords": new}]
        outs = [rounded(rng.normal(0, 1.5, (2 * (5 + CLASSES), n, n))) for n in (2, 4)]
        if new:
            outs = [rounded(sigmoid(o)) for o in outs]
        kind = "darknet, new_coords" if new else "darknet"
        for name, n in [("", nms(iou=0.45)), (", every class", nms(iou=0.45, score=0.001, multi_label=True))]:
            cases.append(case(kind + name, [o[None] for o in outs], *darknet(outs, layers), n, [160, 80], stretch,
                              kind="darknet", outputs=layers))
    json.dump({"size": SIZE, "classes": CLASSES, "cases": cases}, open("heads.json", "w"), separators=(",", ":"))


main()
