"""Exponential moving average of a network's weights, which is what is shipped."""

from __future__ import annotations

import copy
import math

import torch
from torch import nn


class Average:
    """The average of a network whose weights stay in the same tensors; its decay grows from 0 to the given one over the first steps."""

    def __init__(self, net: nn.Module, decay: float = 0.9998, ramp: float = 2000) -> None:
        self.net = copy.deepcopy(net).eval().requires_grad_(False)
        self.decay, self.ramp = decay, ramp
        mine, theirs = self.net.state_dict(), net.state_dict()
        names = [k for k, v in mine.items() if v.is_floating_point()]
        self.mine, self.theirs = [mine[k] for k in names], [theirs[k] for k in names]

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Takes in the weights as they are after the step-th step, from 1."""
        d = self.decay * (1 - math.exp(-step / self.ramp))
        torch._foreach_mul_(self.mine, d)
        torch._foreach_add_(self.mine, self.theirs, alpha=1 - d)
