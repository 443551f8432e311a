#!/usr/bin/env python3
"""Writes resize.json: cv2.resize (INTER_LINEAR) of a small noise picture, and
cv2's I420 conversion of a smooth one, for the tests of package prep.
Run it in this folder; it needs numpy and opencv-python."""
import json

import cv2
import numpy as np

rng = np.random.default_rng(7)
noise = rng.integers(0, 256, (17, 23, 3), dtype=np.uint8)
cases = [
    {"width": w, "height": h, "rgb": cv2.resize(noise, (w, h), interpolation=cv2.INTER_LINEAR).ravel().tolist()}
    for w, h in [(23, 17), (10, 7), (31, 40), (46, 34), (5, 30), (1, 1)]
]
# Colours that stay within the gamut: converting before or after the resize is then the same.
y, x = np.mgrid[0:16, 0:24]
smooth = np.stack([60 + 5 * x, 200 - 6 * y, 80 + 3 * x + 2 * y], -1).astype(np.uint8)
i420 = cv2.cvtColor(smooth, cv2.COLOR_RGB2YUV_I420)
back = cv2.cvtColor(i420, cv2.COLOR_YUV2RGB_I420)
json.dump({
    "width": 23, "height": 17, "rgb": noise.ravel().tolist(), "cases": cases,
    "i420": {"width": 24, "height": 16, "planes": i420.ravel().tolist(),
             "to": [15, 11], "rgb": cv2.resize(back, (15, 11), interpolation=cv2.INTER_LINEAR).ravel().tolist()},
}, open("resize.json", "w"), separators=(",", ":"))
