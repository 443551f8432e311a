#!/usr/bin/env python3
"""Which real pictures are never trained on: the 300 with the smallest hash.

    holdout.py ../shared/data/train/instances.json --write holdout.json
    braid eval --images ../shared/data/train/images --annotations holdout.json --model braid-nano

A picture's hash is the sha256 of "braid-nano/holdout/" and its file name, so the
choice depends on nothing but the names.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path
from typing import Any

from classes import CLASSES, INDEX

COUNT = 300


def held_out(names: list[str], count: int = COUNT) -> set[str]:
    """The file names that are held out; of few pictures, an eighth."""
    count = min(count, len(names) // 8)
    return set(sorted(names, key=lambda n: hashlib.sha256(f"braid-nano/holdout/{n}".encode()).digest())[:count])


def labelled(image: dict[str, Any]) -> set[int]:
    """Ids of our categories that are fully labelled in a picture; all, where nothing is said."""
    return set(INDEX) & set(image.get("labeled_category_ids", INDEX))


def subset(coco: dict[str, Any]) -> dict[str, Any]:
    """The held-out pictures as a COCO file of the six categories. Where a
    category is not labelled, one crowd region over the picture makes every
    COCO-style evaluation ignore what is found of it there."""
    names = held_out([i["file_name"] for i in coco["images"]])
    images = [{**i, "labeled_category_ids": sorted(labelled(i))} for i in coco["images"] if i["file_name"] in names]
    ids = {i["id"] for i in images}
    boxes = [a for a in coco["annotations"] if a["image_id"] in ids and a["category_id"] in INDEX]
    free = max((a["id"] for a in coco["annotations"]), default=0) + 1
    for i in images:
        for category in sorted(set(INDEX) - labelled(i)):
            w, h = i["width"], i["height"]
            region = {"bbox": [0, 0, w, h], "area": w * h, "iscrowd": 1}
            boxes.append({"id": free, "image_id": i["id"], "category_id": category, **region})
            free += 1
    categories = [{"id": category, "name": name} for name, category in CLASSES]
    return {"images": images, "annotations": boxes, "categories": categories}


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("annotations", type=Path, help="instances.json of all pictures")
    p.add_argument("--write", type=Path, required=True, help="the held-out pictures' instances.json")
    a = p.parse_args()
    out = subset(json.loads(a.annotations.read_text()))
    a.write.write_text(json.dumps(out))
    print(f"{a.write}: {len(out['images'])} pictures, {len(out['annotations'])} boxes")


if __name__ == "__main__":
    main()
