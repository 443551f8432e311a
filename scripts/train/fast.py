"""The parts of a training step as PyTorch compiles them, where that works and pays.

Compiling takes a minute or two the first time; TORCHINDUCTOR_CACHE_DIR keeps
what comes of it, so that the next call needs less.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch

WARM, TIMED = 2, 8  # steps before the clock runs, and on it


@dataclass
class Parts:
    """What a step calls: each as eager functions have it or compiled."""

    forward: Callable
    loss: Callable
    paint: Callable
    teacher: Callable | None

    def compiled(self) -> Parts:
        teacher = self.teacher and self.teacher.compiled()
        forward, loss, paint = (torch.compile(f, dynamic=False) for f in (self.forward, self.loss, self.paint))
        return Parts(forward, loss, paint, teacher)


@contextmanager
def limit(seconds: float) -> Iterator[None]:
    """Raises TimeoutError inside the block when it takes longer."""

    def late(*_: Any) -> None:
        raise TimeoutError(f"not done after {seconds:.0f} s")

    old = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds, 5)  # again and again: a compiler may catch the first
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old)


def _wait() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def pace(step: Callable[[], Any]) -> float:
    """Seconds a step takes."""
    for _ in range(WARM):
        step()
    _wait()
    start = time.monotonic()
    for _ in range(TIMED):
        step()
    _wait()
    return (time.monotonic() - start) / TIMED


def choose(eager: Parts, step: Callable[[Parts], torch.Tensor], seconds: float) -> tuple[Parts, str]:
    """The faster of the eager parts and the compiled ones, and a line about it.
    step runs forward and backward with parts and returns the loss; where
    compiling fails, takes longer than seconds, or the loss is not a number, it is the eager ones."""
    plain = pace(lambda: step(eager))
    begun = time.monotonic()
    try:
        with limit(seconds):
            parts = eager.compiled()
            if not torch.isfinite(step(parts)):
                raise ArithmeticError("the compiled loss is not a number")
            took = time.monotonic() - begun
            quick = pace(lambda: step(parts))
    except Exception as e:  # noqa: BLE001 - whatever a compiler throws, the run goes on without it
        return eager, f"not compiled: {type(e).__name__}: {str(e).splitlines()[0] if str(e) else ''}"
    told = f"a step takes {plain * 1000:.0f} ms, compiled {quick * 1000:.0f} ms; compiling took {took:.0f} s"
    return (parts if quick < plain else eager), told
