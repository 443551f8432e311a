#!/usr/bin/env python3
"""Writes heads/KIND.json: small network outputs and what numpy makes of them, for
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


def softmax(v):
    e = np.exp(v.astype("f8") - v.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def darknet(outs, layers):
    boxes, scores = [], []
    for out, layer in zip(outs, layers):
        h, w = out.shape[1:]
        for k, anchor in enumerate(layer["anchors"]):
            p = out.reshape(len(layer["anchors"]), 5 + CLASSES, h * w)[k].T
            new, scale, region = layer["new_coords"], layer["scale_xy"], layer["type"] == "region"
            q = p if new else sigmoid(p)
            center = (q[:, :2].astype("f8") * scale - (scale - 1) / 2 + cells(h, w)) * [SIZE / w, SIZE / h]
            wh = p[:, 2:4].astype("f8")
            size = (wh * wh * 4 if new else np.exp(wh)) * anchor * ([SIZE / w, SIZE / h] if region else 1)
            boxes.append(np.concatenate([center - size / 2, center + size / 2], 1))
            scores.append((q[:, 4:5] * softmax(p[:, 5:])).astype("f4") if region else q[:, 4:5] * q[:, 5:])
    return np.concatenate(boxes), np.concatenate(scores)


def corners(center, size):
    return np.concatenate([center - size / 2, center + size / 2], 1)


def yolov5(out):
    p = out.astype("f8")
    return corners(p[:, :2], p[:, 2:4]), out[:, 4:5] * out[:, 5:]


def yolov5_raw(outs, layers):
    boxes, scores = [], []
    for out, layer in zip(outs, layers):
        h, w = out.shape[1:3]
        for k, anchor in enumerate(layer["anchors"]):
            q = sigmoid(out[k].reshape(h * w, 5 + CLASSES))
            p = q.astype("f8")
            boxes.append(corners((2 * p[:, :2] - 0.5 + cells(h, w)) * [SIZE / w, SIZE / h], (2 * p[:, 2:4]) ** 2 * anchor))
            scores.append(q[:, 4:5] * q[:, 5:])
    return np.concatenate(boxes), np.concatenate(scores)


def yolov8(out):
    p = out.astype("f8")
    return corners(p[:, :2], p[:, 2:4]), out[:, 4:]


def one_hot(score, kind):
    """Scores [rows, classes] of rows that have one class each."""
    return np.where(np.arange(CLASSES) == kind[:, None], score[:, None], 0).astype("f4")


def nanodet(scores, sides, strides, centre):
    """scores [rows, classes]; sides [rows, 4 * bins], logits."""
    cell = np.concatenate([cells(SIZE // s, SIZE // s) for s in strides])
    stride = np.concatenate([np.full(((SIZE // s) ** 2, 1), s) for s in strides])
    bins = sides.shape[1] // 4
    far = (softmax(sides.reshape(-1, bins)) * np.arange(bins)).sum(1).reshape(-1, 4) * stride
    at = (cell + centre) * stride
    return np.concatenate([at - far[:, :2], at + far[:, 2:]], 1), scores


def overlap(a, b):
    wh = np.clip(np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2]), 0, None)
    inter = wh[0] * wh[1]
    area = lambda c: (c[2] - c[0]) * (c[3] - c[1])
    return inter / (area(a) + area(b) - inter + 1e-9)


def apart(a, b):
    """Squared distance of the centres over the squared diagonal around both."""
    between = (a[:2] + a[2:] - b[:2] - b[2:]) / 2
    around = np.maximum(a[2:], b[2:]) - np.minimum(a[:2], b[:2])
    return (between @ between) / (around @ around + 1e-9)


def clash(a, b, nms):
    if nms["kind"] == "none":
        return False
    both = overlap(a, b)
    return both > nms["iou"] and (nms["kind"] != "diou" or both - apart(a, b) ** nms["beta"] > nms["iou"])


def finish(boxes, scores, nms, frame, back):
    off, scale = np.array(back["off"] * 2), np.array(back["scale"] * 2)
    boxes = np.clip((boxes - off) * scale, 0, np.array(frame * 2))
    found = [(row, c, s) for row, line in enumerate(scores) for c, s in enumerate(line)
             if s > np.float32(nms["score"]) and (nms["multi_label"] or c == line.argmax())]
    found.sort(key=lambda f: (-f[2], f[1], f[0]))
    kept = []
    for row, c, s in found:
        rivals = [k for k in kept if k[1] == c or not nms["per_class"]]
        if not any(clash(boxes[row], boxes[k[0]], nms) for k in rivals):
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
            "outputs": [{"shape": list(o.shape), "type": str(o.dtype), "data": [float(f"{v:.3f}") for v in o.ravel()]} for o in outs],
            "objects": finish(boxes, scores, nms, frame, back)}


def nms(**over):
    return {"kind": "greedy", "beta": 1, "iou": 0.5, "score": 0.3, "per_class": True, "multi_label": False, "max": 300} | over


def region(back):
    layers = [{"type": "region", "anchors": [[1.3, 1.7], [0.6, 0.4]], "scale_xy": 1.0, "new_coords": False}]
    outs = [rounded(rng.normal(0, 1.5, (2 * (5 + CLASSES), 4, 4)))]
    return [case("region" + name, [o[None] for o in outs], *darknet(outs, layers), n, [160, 80], back, kind="darknet", outputs=layers)
            for name, n in [("", nms(iou=0.45)), (", every class", nms(iou=0.45, score=0.001, multi_label=True))]]


def suppression(x, strides, back):
    """What the kinds of suppression leave of the same rows."""
    return [case(f"yolox, {n['kind']} {n['beta']}", [x[None]], *yolox(x, strides), n, [96, 54], back, kind="yolox", strides=strides)
            for n in (nms(kind="diou", iou=0.3), nms(kind="diou", iou=0.3, beta=0.6, per_class=False), nms(kind="none", max=40))]


def decoded(back):
    """Heads whose rows are pixels, and YOLOv5's raw ones."""
    n = 40
    box = np.concatenate([rng.uniform(0, SIZE, (n, 2)), rng.uniform(4, 30, (n, 2))], 1)
    five = rounded(np.concatenate([box, rng.uniform(0, 1, (n, 1 + CLASSES))], 1))
    eight = rounded(np.concatenate([box, rng.uniform(0, 1, (n, CLASSES))], 1))
    many = nms(score=0.001, iou=0.65, multi_label=True)
    layers = [{"anchors": [[30, 20], [16, 40]]}, {"anchors": [[8, 9], [14, 12]]}]
    raw = [rounded(rng.normal(0, 1.5, (2, k, k, 5 + CLASSES))) for k in (4, 2)]
    cases = []
    for name, m in (("", nms()), (", every class", many)):
        cases += [
            case("yolov5" + name, [five[None]], *yolov5(five), m, [96, 54], back, kind="yolov5"),
            case("yolov5, raw" + name, [r[None] for r in raw], *yolov5_raw(raw, layers), m, [96, 54], back, kind="yolov5", outputs=layers),
            case("yolov8" + name, [eight.T[None]], *yolov8(eight), m, [96, 54], back, kind="yolov8"),
            case("yolov8, transposed" + name, [eight[None]], *yolov8(eight), m, [96, 54], back, kind="yolov8"),
        ]
    return cases


def ended(back):
    """Graphs that end in their own suppression."""
    n, used = 12, 9
    at = rng.uniform(0, 40, (n, 2))
    box = rounded(np.concatenate([at, at + rng.uniform(4, 24, (n, 2))], 1))
    score, kind = rounded(rng.uniform(0, 1, n)), rng.integers(0, CLASSES, n)
    score[used:], kind[used:] = 0, -1
    six = np.concatenate([box, score[:, None], kind[:, None]], 1).astype("f4")
    seven = np.concatenate([np.zeros((n, 1)), box, kind[:, None], score[:, None]], 1).astype("f4")
    four = [np.array([[used]], "i4"), box[None], score[None], kind[None].astype("i4")]
    wide = [box[None], kind[None].astype("i8"), score[None], np.array([[used]], "i8")]
    return [case(f"end2end, {name}", outs, box.astype("f8"), one_hot(score, kind), nms(kind="none"), [96, 54], back, kind="end2end")
            for name, outs in (("six columns", [six[None]]), ("seven columns", [seven]), ("four outputs", four), ("four outputs, another order", wide))]


def nano(back):
    strides, bins = [16, 32], 8
    rows = [(SIZE // s) ** 2 for s in strides]
    scores, sides = rounded(rng.uniform(0, 1, (sum(rows), CLASSES))), rounded(rng.normal(0, 1.5, (sum(rows), 4 * bins)))
    pairs = [part[None] for a in (scores, sides) for part in np.split(a, [rows[0]])]
    plus = [np.concatenate([scores, sides], 1)[None]]
    cases = []
    for name, m in (("", nms(iou=0.6)), (", every class", nms(iou=0.6, score=0.001, multi_label=True))):
        cases += [
            case("nanodet" + name, pairs, *nanodet(scores, sides, strides, 0.5), m, [96, 54], back, kind="nanodet", strides=strides),
            case("nanodet plus" + name, plus, *nanodet(scores, sides, strides, 0), m, [96, 54], back, kind="nanodet", strides=strides),
        ]
    return cases


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
    cases += region(stretch) + suppression(x, strides, letterbox) + decoded(letterbox) + ended(letterbox) + nano(letterbox)
    for kind in sorted({c["head"]["kind"] for c in cases}):
        mine = [c for c in cases if c["head"]["kind"] == kind]
        with open(f"heads/{kind}.json", "w") as f:
            json.dump({"size": SIZE, "classes": CLASSES, "cases": mine}, f, separators=(",", ":"))


main()
