"""braid-nano: an anchor-free one-stage detector with strides 8, 16 and 32.

Widths and depths were chosen by measuring candidates in ONNX Runtime on one CPU
core: dense 3x3 convolutions with few channels run there at about 85 G
multiply-adds a second, depthwise ones at a small part of that.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from classes import NAMES
from layers import CSP, PoolPyramid, Unit

STRIDES: tuple[int, ...] = (8, 16, 32)
BOX, SCORES = 4, 1 + len(NAMES)  # columns: cx, cy, w, h and objectness, classes


class Stage(nn.Module):
    """Halves the resolution, then a CSP block. [B,cin,H,W] to [B,cout,H/2,W/2]."""

    def __init__(self, cin: int, cout: int, hidden: int, depth: int) -> None:
        super().__init__()
        self.down = Unit(cin, cout, 3, 2)
        self.csp = CSP(cout, cout, hidden, depth)

    def forward(self, x: Tensor) -> Tensor:
        return self.csp(self.down(x))


class Backbone(nn.Module):
    """[B,3,H,W] to features [B,64,H/8,W/8], [B,96,H/16,W/16], [B,160,H/32,W/32]."""

    def __init__(self) -> None:
        super().__init__()
        self.stem1 = Unit(3, 16, 3, 2)
        self.stem2 = Unit(16, 32, 3, 2)
        self.stage1 = Stage(32, 64, 32, 2)
        self.stage2 = Stage(64, 96, 48, 2)
        self.stage3 = Stage(96, 160, 80, 1)
        self.pool = PoolPyramid(160)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        c8 = self.stage1(self.stem2(self.stem1(x)))
        c16 = self.stage2(c8)
        return c8, c16, self.pool(self.stage3(c16))


class Neck(nn.Module):
    """Down and up again between the levels (PAN, arXiv:1803.01534): features of
    48, 64 and 96 channels at strides 8, 16 and 32."""

    def __init__(self) -> None:
        super().__init__()
        self.reduce32 = Unit(160, 96, 1)
        self.up32 = nn.Upsample(scale_factor=2, mode="nearest")
        self.top16 = CSP(96 + 96, 64, 32, 1, shortcut=False)
        self.reduce16 = Unit(64, 48, 1)
        self.up16 = nn.Upsample(scale_factor=2, mode="nearest")
        self.out8 = CSP(48 + 64, 48, 32, 1, shortcut=False)
        self.down8 = Unit(48, 48, 3, 2)
        self.out16 = CSP(48 + 64, 64, 32, 1, shortcut=False)
        self.down16 = Unit(64, 64, 3, 2)
        self.out32 = CSP(64 + 96, 96, 48, 1, shortcut=False)

    def forward(self, c8: Tensor, c16: Tensor, c32: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        t32 = self.reduce32(c32)
        t16 = self.top16(torch.cat([self.up32(t32), c16], 1))
        p8 = self.out8(torch.cat([self.up16(self.reduce16(t16)), c8], 1))
        p16 = self.out16(torch.cat([self.down8(p8), t16], 1))
        p32 = self.out32(torch.cat([self.down16(p16), t32], 1))
        return p8, p16, p32


class Level(nn.Module):
    """The head of one level: a branch for boxes and one for scores.
    [B,cin,h,w] to boxes [B,4,h,w] and score logits [B,7,h,w]."""

    def __init__(self, cin: int, width: int) -> None:
        super().__init__()
        self.stem = Unit(cin, width, 1)
        self.box = Unit(width, width, 3, twin=True)
        self.score = Unit(width, width, 3, twin=True)
        self.box_out = nn.Conv2d(width, BOX, 1)
        self.score_out = nn.Conv2d(width, SCORES, 1)
        self._start()

    def _start(self) -> None:
        """Boxes of two cells around the cell's centre, every score 0.01."""
        nn.init.normal_(self.box_out.weight, std=0.01)
        nn.init.normal_(self.score_out.weight, std=0.01)
        with torch.no_grad():
            self.box_out.bias.copy_(torch.tensor([0.5, 0.5, math.log(2), math.log(2)]))
            self.score_out.bias.zero_()
            self.score_out.bias[0] = -math.log(1 / 0.02 - 1)  # and 0.5 for each class

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        x = self.stem(x)
        return self.box_out(self.box(x)), self.score_out(self.score(x))


class Nano(nn.Module):
    """The network. Input [B,3,S,S], BGR in 0..1, S a multiple of 32. Output raw
    boxes [B,A,4] and score logits [B,A,7], rows as boxes.cells has them."""

    def __init__(self) -> None:
        super().__init__()
        self.backbone = Backbone()
        self.neck = Neck()
        self.head8 = Level(48, 32)
        self.head16 = Level(64, 48)
        self.head32 = Level(96, 64)
        for m in self.modules():
            if isinstance(m, nn.Conv2d) and m.bias is None:
                nn.init.kaiming_normal_(m.weight, nonlinearity="relu")

    def levels(self, x: Tensor) -> list[tuple[Tensor, Tensor]]:
        """The heads' outputs before they are put into rows."""
        p8, p16, p32 = self.neck(*self.backbone(x))
        return [self.head8(p8), self.head16(p16), self.head32(p32)]

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        levels = self.levels(x)
        boxes = torch.cat([b.flatten(2) for b, _ in levels], 2).transpose(1, 2)
        scores = torch.cat([s.flatten(2) for _, s in levels], 2).transpose(1, 2)
        return boxes, scores

    def fold(self) -> None:
        """Folds every normalisation and twin into its convolution, for good."""
        for m in self.modules():
            if isinstance(m, Unit):
                m.fold()


class Shipped(nn.Module):
    """A folded copy of the network as it is shipped: input [1,3,S,S] BGR in
    0..255, output [1,A,11]: raw cx, cy, w, h, objectness and classes after the
    sigmoid, as YOLOX writes them."""

    def __init__(self, net: Nano) -> None:
        super().__init__()
        net.fold()
        with torch.no_grad():
            net.backbone.stem1.conv.weight /= 255
        self.net = net

    def forward(self, images: Tensor) -> Tensor:
        rows = [torch.cat([b, torch.sigmoid(s)], 1).flatten(2) for b, s in self.net.levels(images)]
        return torch.cat(rows, 2).transpose(1, 2)
