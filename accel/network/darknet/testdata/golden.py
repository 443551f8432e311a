#!/usr/bin/env python3
"""Writes golden.json: small darknet networks, weights files for them, and what they
make of a picture by darknet's own index arithmetic, done here in loops over numbers.

    pip install numpy && python3 golden.py > golden.json

Seeds are fixed: the same numpy writes the same file."""
import base64
import json
import struct
import sys

import numpy as np

WIDTH, HEIGHT = 12, 8
HEAD = "[convolutional]\nfilters=6\nactivation=linear\n[yolo]\nclasses=1\nnum=1\nanchors=1,1\n"

ACTIVATIONS = {
    "linear": lambda x: x,
    "leaky": lambda x: np.where(x > 0, x, 0.1 * x),
    "relu": lambda x: np.maximum(x, 0),
    "relu6": lambda x: np.clip(x, 0, 6),
    "logistic": lambda x: 1 / (1 + np.exp(-x)),
    "swish": lambda x: x / (1 + np.exp(-x)),
    "mish": lambda x: x * np.tanh(np.log1p(np.exp(x))),
}


class Network:
    def __init__(self, cfg, rng):
        self.rng, self.outputs, self.file = rng, [], []
        self.picture = rng.random((3, HEIGHT, WIDTH)).astype("f4").astype("f8")
        self.x = self.picture
        for section in cfg.strip("[\n").split("\n["):
            name, *lines = section.replace("]", "").split("\n")
            options = dict(line.split("=") for line in lines if line)
            self.x = getattr(self, name)(options)
            self.outputs.append(self.x)

    def draw(self, *shape, low=-1.0, high=1.0):
        v = self.rng.uniform(low, high, shape).astype("f4")
        self.file.append(v)
        return v.astype("f8")

    def other(self, text):
        return self.outputs[int(text) if int(text) >= 0 else len(self.outputs) + int(text)]

    def convolutional(self, o):
        x, get = self.x, lambda k, d: int(o.get(k, d))
        n, k, groups, dilation = get("filters", 1), get("size", 1), get("groups", 1), get("dilation", 1)
        sx, sy = get("stride_x", get("stride", 1)), get("stride_y", get("stride", 1))
        pad = k // 2 if get("pad", 0) else get("padding", 0)
        bias = self.draw(n)
        norm = get("batch_normalize", 0)
        if norm:
            scale, mean, variance = self.draw(n), self.draw(n), self.draw(n, low=0.1, high=2)
        c = x.shape[0] // groups
        w = self.draw(n, c, k, k) / 1.0
        h, wd = (x.shape[1] + 2 * pad - k) // sy + 1, (x.shape[2] + 2 * pad - k) // sx + 1
        y = np.zeros((n, h, wd))
        for f in range(n):
            first = f // (n // groups) * c
            for i in range(h):
                for j in range(wd):
                    for a in range(k):
                        for b in range(k):
                            r, q = i * sy - pad * dilation + a * dilation, j * sx - pad * dilation + b * dilation
                            if 0 <= r < x.shape[1] and 0 <= q < x.shape[2]:
                                y[f, i, j] += w[f, :, a, b] @ x[first : first + c, r, q]
        if norm:
            y = (y - mean[:, None, None]) / np.sqrt(variance + 1e-5)[:, None, None] * scale[:, None, None]
        return ACTIVATIONS[o.get("activation", "logistic")](y + bias[:, None, None])

    def maxpool(self, o):
        x, get = self.x, lambda k, d: int(o.get(k, d))
        sx, sy = get("stride_x", get("stride", 1)), get("stride_y", get("stride", 1))
        k = get("size", get("stride", 1))
        pad = get("padding", k - 1)
        h, w = (x.shape[1] + pad - k) // sy + 1, (x.shape[2] + pad - k) // sx + 1
        y = np.full((x.shape[0], h, w), -np.inf)
        for i in range(h):
            for j in range(w):
                for a in range(k):
                    for b in range(k):
                        r, q = i * sy - pad // 2 + a, j * sx - pad // 2 + b
                        if 0 <= r < x.shape[1] and 0 <= q < x.shape[2]:
                            y[:, i, j] = np.maximum(y[:, i, j], x[:, r, q])
        return y

    def avgpool(self, o):
        return self.x.mean((1, 2), keepdims=True)

    def route(self, o):
        groups, group = int(o.get("groups", 1)), int(o.get("group_id", 0))
        parts = []
        for layer in o["layers"].split(","):
            flat = self.other(layer).reshape(-1)
            size = flat.size // groups
            parts.append(flat[group * size : (group + 1) * size])
        return np.concatenate(parts).reshape(-1, *self.other(o["layers"].split(",")[0]).shape[1:])

    def shortcut(self, o):
        flat = self.x.reshape(-1).copy()
        for layer in o["from"].split(","):
            add = self.other(layer).reshape(-1)
            n = min(add.size, flat.size)
            flat[:n] += add[:n]
        return ACTIVATIONS[o.get("activation", "linear")](flat.reshape(self.x.shape))

    def scale_channels(self, o):
        return ACTIVATIONS[o.get("activation", "linear")](self.other(o["from"]) * self.x)

    sam = scale_channels

    def upsample(self, o):
        s = int(o.get("stride", 2))
        c, h, w = self.x.shape
        return np.array([[[self.x[k, i // s, j // s] for j in range(w * s)] for i in range(h * s)] for k in range(c)])

    def moved(self, w, h, c, s):
        """darknet's loop over an array that it takes for c planes of w times h."""
        x, y = self.x.reshape(-1), np.zeros(self.x.size)
        few = c // (s * s)
        for k in range(c):
            for j in range(h):
                for i in range(w):
                    at, part = k % few, k // few
                    y[i + w * (j + h * k)] = x[i * s + part % s + w * s * (j * s + part // s + h * s * at)]
        c, h, w = self.x.shape
        return y.reshape(c * s * s, h // s, w // s)

    def reorg(self, o):
        c, h, w = self.x.shape
        return self.moved(w, h, c, int(o["stride"]))

    def reorg3d(self, o):
        (c, h, w), s = self.x.shape, int(o["stride"])
        return self.moved(w // s, h // s, c * s * s, s)

    def dropout(self, o):
        return self.x

    def yolo(self, o):
        return self.x

    region = yolo


def conv(filters, activation="linear", **more):
    return f"[convolutional]\nfilters={filters}\nactivation={activation}\n" + "".join(f"{k}={v}\n" for k, v in more.items())


CASES = {
    "convolution": conv(5, size=3, pad=1),
    "convolution without padding": conv(5, size=3),
    "convolution of stride 2": conv(4, size=3, stride=2, pad=1),
    "convolution of two strides": conv(4, size=3, stride_x=2, stride_y=1, padding=2),
    "convolution of an even kernel": conv(4, size=2, pad=1),
    "grouped convolution": conv(4) + conv(6, size=3, pad=1, groups=2),
    "dilated convolution": conv(4, size=3, pad=1, dilation=2),
    "default activation": "[convolutional]\nfilters=4\n",
    **{f"batch norm and {a}": conv(5, a, size=3, pad=1, batch_normalize=1) for a in ACTIVATIONS},
    "maxpool 2 of stride 2": "[maxpool]\nsize=2\nstride=2\n",
    "maxpool 2 of stride 1": "[maxpool]\nsize=2\nstride=1\n",
    "maxpool 3 of stride 2": "[maxpool]\nsize=3\nstride=2\n",
    "maxpool 5 of stride 1": "[maxpool]\nsize=5\nstride=1\n",
    "maxpool 3 of stride 3 without padding": "[maxpool]\nsize=3\nstride=3\npadding=0\n",
    "maxpool of two strides": "[maxpool]\nsize=4\nstride_x=3\nstride_y=2\n",
    "maxpool whose size is its stride": "[maxpool]\nstride=3\n",
    "avgpool and scale_channels": conv(4) + "[avgpool]\n" + conv(4, "logistic") + "[scale_channels]\nfrom=-3\nactivation=relu\n",
    "scale_channels of a plane": conv(4) + conv(1) + "[scale_channels]\nfrom=-2\nscale_wh=1\n",
    "sam": conv(4) + conv(4, "logistic") + "[sam]\nfrom=-2\nactivation=leaky\n",
    "route of two": conv(4) + conv(5) + "[route]\nlayers=-1,-2\n" + conv(3),
    "route of one": conv(4) + conv(5) + "[route]\nlayers=0\n" + conv(3),
    "route of a group": conv(6) + "[route]\nlayers=-1\ngroups=3\ngroup_id=1\n",
    "route of groups": conv(6) + conv(4) + "[route]\nlayers=-1,0\ngroups=2\ngroup_id=1\n",
    "shortcut": conv(4) + conv(4, "relu") + "[shortcut]\nfrom=-2\nactivation=leaky\n",
    "shortcut of fewer channels": conv(3) + conv(5) + "[shortcut]\nfrom=-2\nactivation=linear\n",
    "shortcut of more channels": conv(5) + conv(3) + "[shortcut]\nfrom=-2\nactivation=mish\n",
    "shortcut of several": conv(4) + conv(3) + conv(5) + conv(4) + "[shortcut]\nfrom=-4,-3,-2\n",
    "upsample": conv(4) + "[upsample]\nstride=2\n",
    "upsample by 3": "[upsample]\nstride=3\n",
    "reorg": conv(8) + "[reorg]\nstride=2\n",
    "reorg by 4": conv(16) + "[reorg]\nstride=4\n",
    "reorg3d": conv(3) + "[reorg3d]\nstride=2\n",
    "dropout": conv(4) + "[dropout]\nprobability=.5\n" + conv(4),
}


def text(arrays):
    return base64.b64encode(b"".join(np.asarray(a, "<f4").tobytes() for a in arrays)).decode()


out = []
for number, (name, body) in enumerate(CASES.items()):
    n = Network(body + HEAD, np.random.default_rng(number))
    minor = number % 2 + 1  # 0.1 has a header of 16 bytes, 0.2 one of 20
    header = struct.pack("<iii", 0, minor, 0) + struct.pack("<q" if minor == 2 else "<i", 7)
    weights = base64.b64encode(header + b"".join(v.tobytes() for v in n.file)).decode()
    out.append({"name": name, "cfg": f"[net]\nwidth={WIDTH}\nheight={HEIGHT}\n" + body + HEAD,
                "weights": weights, "picture": text([n.picture]), "shape": n.x.shape, "output": text([n.x])})
json.dump(out, sys.stdout, indent=1)
print()
