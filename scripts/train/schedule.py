"""What changes in the course of a run, as functions of its progress from 0 to 1."""

from __future__ import annotations

import math
from dataclasses import dataclass

from augment import Strength


def rate(progress: float, warmth: float) -> float:
    """Part of the learning rate: a linear rise while warmth is below 1, and half a cosine down to 0.01."""
    return min(1.0, warmth) * (0.01 + 0.99 * (1 + math.cos(math.pi * min(progress, 1.0))) / 2)


@dataclass(frozen=True)
class Course:
    """How much pictures of a kind are changed: in most of a run, and at its end,
    where there is no mosaic and little else, as YOLOX does (arXiv:2107.08430)."""

    first: Strength
    last: Strength

    def at(self, calm: bool) -> Strength:
        return self.last if calm else self.first


REAL = Course(Strength(), Strength(mosaic=0.0, zoom=(0.75, 1.25), stretch=0.05, color=0.5))

# Most objects of a scene are small already: they are seldom made smaller, and
# often shown pixel for pixel as the network will get them.
SCENES = Course(
    Strength(mosaic=0.5, zoom=(0.8, 1.8), zoom_mosaic=(0.7, 1.5), exact=0.3),
    Strength(mosaic=0.0, zoom=(0.9, 1.3), stretch=0.05, color=0.5, exact=0.6),
)
