"""A data set of coloured rectangles, one colour and shape for each class."""

from __future__ import annotations

import json
import struct
import sys
import zlib
from pathlib import Path

import numpy as np

from classes import CLASSES

COLORS = ((220, 40, 40), (40, 200, 60), (60, 120, 230), (230, 210, 40), (220, 60, 220), (240, 240, 240))
SHAPES = ((0.4, 1.0), (1.0, 0.7), (1.6, 0.8), (0.9, 0.9), (1.2, 1.1), (2.0, 1.2))  # width, height


def png(rgb: np.ndarray) -> bytes:
    """A picture [H,W,3] uint8 as a PNG file."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    h, w, _ = rgb.shape
    lines = b"".join(b"\0" + row.tobytes() for row in rgb)
    head = struct.pack(">IIBBBBB", w, h, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(lines, 1)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def write(folder: Path, count: int, seed: int = 1, width: int = 416, height: int = 234) -> Path:
    """Writes count pictures and instances.json into a folder, and returns it."""
    rng = np.random.default_rng(seed)
    (folder / "images").mkdir(parents=True, exist_ok=True)
    images, boxes = [], []
    for i in range(count):
        rgb = rng.integers(60, 120, (height, width, 3), dtype=np.uint8)
        image = {"id": i + 1, "file_name": f"{i:05d}.png", "width": width, "height": height}
        for _ in range(rng.integers(1, 5)):
            c, side = int(rng.integers(len(CLASSES))), float(rng.uniform(30, 90))
            w, h = (int(side * s) for s in SHAPES[c])
            x, y = int(rng.integers(width - w)), int(rng.integers(height - h))
            rgb[y : y + h, x : x + w] = COLORS[c]
            box = {"bbox": [x, y, w, h], "area": w * h, "iscrowd": 0, "category_id": CLASSES[c][1]}
            boxes.append({"id": len(boxes) + 1, "image_id": i + 1, **box})
        (folder / "images" / image["file_name"]).write_bytes(png(rgb))
        images.append(image)
    categories = [{"id": k, "name": name} for name, k in CLASSES]
    coco = {"images": images, "annotations": boxes, "categories": categories}
    (folder / "instances.json").write_text(json.dumps(coco))
    return folder


if __name__ == "__main__":
    write(Path(sys.argv[1]), int(sys.argv[2]))
