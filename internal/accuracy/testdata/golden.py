#!/usr/bin/env python3
"""Writes golden.json: made-up truths and detections, and what pycocotools makes of them.

    pip install pycocotools numpy && python3 golden.py > golden.json

The cases hold crowds, ties of scores and of overlaps, empty images, categories
without boxes, more detections than count, and images that label some
categories only. Seeds are fixed: the same versions write the same file."""
import contextlib
import io
import json
import sys

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval


def boxes(rng, n, size, whole):
    """n boxes x, y, w, h in a square picture, most of them small."""
    wh = np.exp(rng.uniform(np.log(4), np.log(size / 1.5), (n, 2)))
    xy = rng.uniform(0, 1, (n, 2)) * (size - wh)
    return np.round(np.concatenate([xy, wh], 1), 0 if whole else 2)


def truth(rng, images, categories, most, crowds, whole, size):
    d = {"images": [], "annotations": [], "categories": [{"id": int(i), "name": f"class {i}"} for i in categories]}
    for i in range(images):
        image = int(1000 - 7 * i)  # not in the order of their ids
        d["images"].append({"id": image, "file_name": f"{i:03}.jpg", "width": size, "height": size})
        for b in boxes(rng, int(rng.integers(0, most + 1)) if i % 5 else 0, size, whole):
            d["annotations"].append({
                "id": len(d["annotations"]) + 1, "image_id": image,
                "category_id": int(rng.choice(categories[:-1])),  # the last has no box
                "bbox": [float(v) for v in b],
                "area": float(round(b[2] * b[3] * rng.choice([1, 0.7]), 2)),
                "iscrowd": int(rng.uniform() < crowds)})
    return d


def found(rng, d, hits, strays, whole, size, ties):
    """Boxes near the true ones, some twice, some of another category, and strays."""
    out = []
    ids = [c["id"] for c in d["categories"]]

    def add(image, category, box):
        score = rng.uniform(0.01, 1)
        out.append([image, int(category), round(float(score), 1 if ties else 6), [float(v) for v in box]])

    for a in d["annotations"]:
        for _ in range(int(rng.poisson(hits * (3 if a["iscrowd"] else 1)))):
            b = np.array(a["bbox"])
            b[2:] *= np.exp(rng.normal(0, 0.15, 2))
            b[:2] += rng.normal(0, 0.08, 2) * b[2:]
            if a["iscrowd"]:
                b[2:] *= rng.uniform(0.2, 1, 2)
            if rng.uniform() < 0.2:
                b = np.array(a["bbox"])  # overlaps by 1
            b = np.round(np.maximum(b, [-10, -10, 1, 1]), 0 if whole else 2)
            add(a["image_id"], a["category_id"] if rng.uniform() < 0.9 else rng.choice(ids), b)
    for image in d["images"]:
        for b in boxes(rng, int(rng.poisson(strays)), size, whole):
            add(image["id"], rng.choice(ids), b)
    order = rng.permutation(len(out))
    return [out[i] for i in order]


def half_overlaps():
    """Overlaps of exactly 1/2, 3/5, 3/4, 9/10 and 1, in integers and at equal scores."""
    d = {"images": [], "annotations": [], "categories": [{"id": 1, "name": "a"}]}
    out = []
    for i, (w, part) in enumerate([(20, 10), (20, 12), (20, 15), (20, 18), (20, 20), (20, 19), (100, 55), (100, 65), (100, 95)]):
        d["images"].append({"id": i, "file_name": f"{i}.jpg", "width": 200, "height": 200})
        for k in range(2):
            d["annotations"].append({"id": 2 * i + k + 1, "image_id": i, "category_id": 1,
                                     "bbox": [10, 10 + 100 * k, w, 10], "area": w * 10, "iscrowd": 0})
            out.append([i, 1, 0.5, [10, 10 + 100 * k, part, 10]])
    return d, out


def bounds():
    """Areas of exactly 32x32 and 96x96 pixels, which belong to two ranges."""
    d = {"images": [], "annotations": [], "categories": [{"id": 1, "name": "a"}]}
    out = []
    for i, w in enumerate([31, 32, 33, 95, 96, 97]):
        d["images"].append({"id": i, "file_name": f"{i}.jpg", "width": 200, "height": 200})
        d["annotations"].append({"id": i + 1, "image_id": i, "category_id": 1, "bbox": [0, 0, w, w], "area": w * w, "iscrowd": 0})
        out.append([i, 1, 0.9 - i / 10, [100 if i % 4 == 1 else 0, 0, w, w]])
    return d, out


def labelled(rng, d):
    """Lets some images label some categories only."""
    ids = [c["id"] for c in d["categories"]]
    for image in d["images"][::3]:
        image["labeled_category_ids"] = [i for i in ids if rng.uniform() < 0.6]


def expected(case):
    """What pycocotools says, with the pairs that are not labelled taken out."""
    d = json.loads(json.dumps(case["truth"]))
    some = {m["id"]: set(m["labeled_category_ids"]) for m in d["images"] if "labeled_category_ids" in m}
    keep = lambda image, category: image not in some or category in some[image]
    d["annotations"] = [a for a in d["annotations"] if keep(a["image_id"], a["category_id"])]
    dets = [{"image_id": i, "category_id": c, "score": s, "bbox": b} for i, c, s, b in case["found"] if keep(i, c)]
    gt = COCO()
    gt.dataset = d
    gt.createIndex()
    e = COCOeval(gt, gt.loadRes(dets), "bbox")
    if "images" in case:
        e.params.imgIds = case["images"]
    if "categories" in case:
        e.params.catIds = case["categories"]
    e.evaluate()
    e.accumulate()
    e.summarize()
    precision = e.eval["precision"][:, :, :, 0, 2]  # IoU, recall, category; all areas, 100 detections

    def mean(p):
        p = p[p > -1]
        return float(np.mean(p)) if p.size else -1.0

    classes = [[int(c), mean(precision[:, :, k]), mean(precision[0, :, k])] for k, c in enumerate(e.params.catIds)]
    return {"stats": [float(v) for v in e.stats], "classes": classes}


def main():
    cases = []

    def case(name, seed, images=12, categories=(3, 1, 7, 5), most=6, crowds=0.1, whole=False, size=400,
             hits=0.9, strays=3, ties=False, **more):
        rng = np.random.default_rng(seed)
        d = truth(rng, images, list(categories), most, crowds, whole, size)
        if more.pop("some", False):
            labelled(rng, d)
        cases.append({"name": name, "truth": d, "found": found(rng, d, hits, strays, whole, size, ties), **more})

    case("plain", 1)
    case("many crowds", 2, crowds=0.5, most=8)
    case("ties of scores", 3, ties=True)
    case("ties of scores and overlaps", 4, ties=True, whole=True, hits=2, size=60, most=10)
    case("few good detections", 5, hits=0.3, strays=8)
    case("more than a hundred detections of an image", 6, images=3, categories=(2, 9), most=40, strays=230, hits=1.5)
    case("some images label some categories", 7, some=True, strays=6)
    case("nothing right", 8, hits=0, strays=2, most=2)
    case("one image", 9, images=2, most=12)
    case("ties of many scores in an image", 10, images=2, categories=(1, 2), most=45, hits=2, ties=True, whole=True, size=80)
    d, out = half_overlaps()
    cases.append({"name": "overlaps on the thresholds", "truth": d, "found": out})
    d, out = bounds()
    cases.append({"name": "areas on the bounds", "truth": d, "found": out})
    cases.append(dict(cases[0], name="two of the categories", categories=[7, 1]))
    cases.append(dict(cases[2], name="half of the images", images=[m["id"] for m in cases[2]["truth"]["images"][::2]]))
    for c in cases:
        with contextlib.redirect_stdout(io.StringIO()):
            c["expected"] = expected(c)
    sys.stdout.write("[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n]\n")


main()
