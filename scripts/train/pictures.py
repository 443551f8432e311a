"""Decoding pictures and fitting them to the network's input, with numpy only:
worker processes run this, and PyTorch's threads do not survive a fork."""

from __future__ import annotations

import hashlib
import mmap
import multiprocessing
import os
from pathlib import Path

import numpy as np

try:
    from PIL import Image
except ImportError:  # a machine without Pillow
    Image = None

PAD = 114  # grey around a letterboxed picture
PARALLEL = 64  # pictures from which on worker processes are worth it


def read(path: Path) -> np.ndarray:
    """A JPEG or PNG file as [H,W,3] uint8, BGR."""
    if Image is not None:
        with Image.open(path) as im:
            rgb = np.asarray(im.convert("RGB"))
    else:
        from torchvision.io import ImageReadMode, read_image

        rgb = read_image(str(path), ImageReadMode.RGB).permute(1, 2, 0).numpy()
    return rgb[:, :, ::-1]


def _taps(src: int, dst: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Left neighbour, right neighbour and the right one's weight of each target
    pixel, with half-pixel centres."""
    at = np.clip((np.arange(dst) + 0.5) * src / dst - 0.5, 0, src - 1)
    left = at.astype(np.int64)
    return left, np.minimum(left + 1, src - 1), (at - left).astype(np.float32)


def resize(a: np.ndarray, w: int, h: int) -> np.ndarray:
    """Bilinear, without a low-pass, as braid's prep and OpenCV resize: [H,W,3] to [h,w,3] uint8."""
    if a.shape[:2] == (h, w):
        return a
    top, bottom, down = _taps(a.shape[0], h)
    left, right, across = _taps(a.shape[1], w)
    down, across = down[:, None, None], across[:, None]

    def row(i: np.ndarray) -> np.ndarray:
        line = a[i]
        return line[:, left] * (1 - across) + line[:, right] * across

    return np.rint(row(top) * (1 - down) + row(bottom) * down).astype(np.uint8)


def fit(w: int, h: int, side: int) -> tuple[float, int, int]:
    """Scale and size of a w by h picture in a square, as YOLOX letterboxes: sides rounded down."""
    r = min(side / w, side / h)
    return r, max(1, int(w * r)), max(1, int(h * r))


def letterbox(path: Path, side: int, out: np.ndarray) -> tuple[int, int]:
    """Puts a picture into the top left of out [3,side,side] and returns its width and height there."""
    a = read(path)
    _, w, h = fit(a.shape[1], a.shape[0], side)
    out[:] = PAD
    out[:, :h, :w] = resize(a, w, h).transpose(2, 0, 1)
    return w, h


_shared: np.ndarray | None = None  # where the workers put pictures: set before they fork


def _work(job: tuple[int, Path, int]) -> tuple[int, int]:
    i, path, side = job
    try:
        return letterbox(path, side, _shared[i])
    except Exception as e:
        raise RuntimeError(f"reading {path}: {e}") from e


def _read_all(paths: list[Path], side: int) -> tuple[np.ndarray, np.ndarray]:
    global _shared
    n, each = len(paths), 3 * side * side
    memory = mmap.mmap(-1, max(n * each, 1))
    _shared = np.frombuffer(memory, np.uint8)[: n * each].reshape(n, 3, side, side)
    jobs = [(i, p, side) for i, p in enumerate(paths)]
    if n < PARALLEL:
        sizes = [_work(j) for j in jobs]
    else:
        with multiprocessing.get_context("fork").Pool(len(os.sched_getaffinity(0))) as pool:
            sizes = pool.map(_work, jobs, chunksize=16)
    images, _shared = _shared, None
    return images, np.array(sizes, np.int64).reshape(n, 2)


def _key(paths: list[Path], side: int) -> str:
    """Changes with any of the files, by its name, size or time."""
    h = hashlib.sha256(f"{side}\n".encode())
    for p in paths:
        s = p.stat()
        h.update(f"{p.name}\0{s.st_size}\0{s.st_mtime_ns}\n".encode())
    return h.hexdigest()[:16]


def _save(a: np.ndarray, path: Path) -> None:
    part = path.with_suffix(".part")
    with part.open("wb") as f:
        np.save(f, a)
    os.replace(part, path)


def load(paths: list[Path], side: int, keep: Path | None = None) -> tuple[np.ndarray, np.ndarray]:
    """All pictures [N,3,side,side] uint8 BGR and their sizes [N,2] (width,
    height) there. Call it before anything starts threads or opens a GPU: it forks.
    keep: a folder for what was read, from which the same pictures come in seconds next time."""
    if keep is None:
        return _read_all(paths, side)
    key = _key(paths, side)
    images, sizes = keep / f"{key}.npy", keep / f"{key}-sizes.npy"  # sizes last: both are there
    if not sizes.exists():
        keep.mkdir(parents=True, exist_ok=True)
        for a, path in zip(_read_all(paths, side), (images, sizes)):
            _save(a, path)
    return np.load(images, mmap_mode="c"), np.load(sizes)
