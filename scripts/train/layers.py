"""Building blocks: convolutions that fold, and the two blocks made of them.

Only operations that NVIDIA's DLA runs are used: convolution, ReLU, max pooling,
concatenation and addition. Channels are multiples of 16, the width of the
blocked layout in which ONNX Runtime keeps activations on CPUs with AVX-512.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


def _norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=1e-3, momentum=0.03)


def _folded(conv: nn.Conv2d, norm: nn.BatchNorm2d) -> tuple[Tensor, Tensor]:
    """Weight [out,in/groups,k,k] and bias [out] of norm(conv(x)), in float64."""
    scale = norm.weight.double() / torch.sqrt(norm.running_var.double() + norm.eps)
    bias = norm.bias.double() - norm.running_mean.double() * scale
    return conv.weight.double() * scale[:, None, None, None], bias


class Unit(nn.Module):
    """Convolution, batch normalisation, ReLU: [B,cin,H,W] to [B,cout,H/stride,W/stride].

    With twin=True a 1x1 convolution beside the 3x3 one is trained with it and
    folded into it afterwards (RepVGG, arXiv:2101.03697): better training, and
    nothing more to compute.
    """

    def __init__(self, cin: int, cout: int, size: int, stride: int = 1, twin: bool = False) -> None:
        super().__init__()
        self.conv = nn.Conv2d(cin, cout, size, stride, size // 2, bias=False)
        self.norm: nn.BatchNorm2d | None = _norm(cout)
        self.twin = nn.Conv2d(cin, cout, 1, stride, bias=False) if twin else None
        self.twin_norm = _norm(cout) if twin else None
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv(x)
        if self.norm is not None:
            y = self.norm(y)
        if self.twin is not None:
            y = y + self.twin_norm(self.twin(x))
        return self.relu(y)

    @torch.no_grad()
    def fold(self) -> None:
        """Makes one convolution with a bias of all that comes before the ReLU."""
        if self.norm is None:
            return
        weight, bias = _folded(self.conv, self.norm)
        if self.twin is not None:
            point, more = _folded(self.twin, self.twin_norm)
            at = self.conv.kernel_size[0] // 2
            weight[:, :, at : at + 1, at : at + 1] += point
            bias += more
        self.conv.weight.copy_(weight)
        self.conv.bias = nn.Parameter(bias.to(self.conv.weight))
        self.norm = self.twin = self.twin_norm = None


class Bottleneck(nn.Module):
    """Two 3x3 convolutions, with a shortcut around them or not. [B,c,H,W] to the same."""

    def __init__(self, channels: int, shortcut: bool) -> None:
        super().__init__()
        self.conv1 = Unit(channels, channels, 3, twin=True)
        self.conv2 = Unit(channels, channels, 3, twin=True)
        self.shortcut = shortcut

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv2(self.conv1(x))
        return x + y if self.shortcut else y


class CSP(nn.Module):
    """Cross-stage partial block (arXiv:1911.11929): half of the features pass
    through bottlenecks, half go around them. [B,cin,H,W] to [B,cout,H,W]."""

    def __init__(self, cin: int, cout: int, hidden: int, depth: int, shortcut: bool = True) -> None:
        super().__init__()
        self.through = Unit(cin, hidden, 1)
        self.around = Unit(cin, hidden, 1)
        self.blocks = nn.Sequential(*(Bottleneck(hidden, shortcut) for _ in range(depth)))
        self.merge = Unit(2 * hidden, cout, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.merge(torch.cat([self.blocks(self.through(x)), self.around(x)], 1))


class PoolPyramid(nn.Module):
    """Three 5x5 max poolings in a row, their inputs and outputs side by side
    (SPPF of YOLOv5): fields of 5, 9 and 13 cells. [B,c,H,W] to the same."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        half = channels // 2
        self.reduce = Unit(channels, half, 1)
        self.pool1 = nn.MaxPool2d(5, 1, 2)
        self.pool2 = nn.MaxPool2d(5, 1, 2)
        self.pool3 = nn.MaxPool2d(5, 1, 2)
        self.merge = Unit(4 * half, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        a = self.reduce(x)
        b = self.pool1(a)
        c = self.pool2(b)
        return self.merge(torch.cat([a, b, c, self.pool3(c)], 1))
