"""The choice between eager and compiled parts."""

from __future__ import annotations

import time
import unittest
from dataclasses import dataclass

import torch

import fast


@dataclass
class Fake:
    """Parts whose step takes so long, and whose compiled form is another."""

    seconds: float
    other: Fake | None = None
    loss: float = 1.0

    def compiled(self) -> Fake:
        if self.other is None:
            raise RuntimeError("no compiler\nand more")
        return self.other

    def step(self) -> torch.Tensor:
        time.sleep(self.seconds)
        return torch.tensor(self.loss)


class ChooseTest(unittest.TestCase):
    def choose(self, eager: Fake, seconds: float = 60) -> tuple[Fake, str]:
        return fast.choose(eager, lambda parts: parts.step(), seconds)

    def test_faster_is_taken(self) -> None:
        quick, slow = Fake(0.001), Fake(0.02)
        self.assertIs(self.choose(Fake(0.01, quick))[0], quick)
        eager = Fake(0.001, slow)
        self.assertIs(self.choose(eager)[0], eager)

    def test_run_goes_on_without_a_compiler(self) -> None:
        for eager, seconds, told in (
            (Fake(0), 60, "RuntimeError: no compiler"),
            (Fake(0, Fake(5)), 0.1, "TimeoutError: not done after"),
            (Fake(0, Fake(0, loss=float("nan"))), 60, "ArithmeticError: the compiled loss is not a number"),
        ):
            parts, line = self.choose(eager, seconds)
            self.assertIs(parts, eager)
            self.assertIn(told, line)


if __name__ == "__main__":
    unittest.main()
