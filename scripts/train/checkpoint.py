"""Checkpoints: RUN/last.pt holds the network, its average and how far the run
is, RUN/optimizer.pt the optimiser's state. Two files, so that none is large;
tensors and integers only, which are all that PyTorch 1.13 loads without pickled code."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import torch

from model import Nano


def _read(path: Path) -> Any:
    return torch.load(path, map_location="cpu", weights_only=True)


def _write(value: Any, path: Path) -> None:
    part = path.with_suffix(".part")
    torch.save(value, part)
    os.replace(part, path)


def save(run: Path, net: dict, average: dict, optimizer: dict, progress: dict[str, int]) -> None:
    """Replaces the run's checkpoint; an interruption leaves the old one or a
    pair of different steps, which load refuses."""
    run.mkdir(parents=True, exist_ok=True)
    _write({"step": progress["step"], "optimizer": optimizer}, run / "optimizer.pt")
    _write({"net": net, "average": average, "progress": progress}, run / "last.pt")


def load(run: Path) -> tuple[dict, dict, dict, dict[str, int]]:
    """What save was given: net, average, optimizer, progress."""
    state, more = _read(run / "last.pt"), _read(run / "optimizer.pt")
    if state["progress"]["step"] != more["step"]:
        raise SystemExit(
            f"resuming {run}: last.pt is of step {state['progress']['step']}, optimizer.pt of {more['step']}"
        )
    return state["net"], state["average"], more["optimizer"], state["progress"]


def load_weights(path: Path) -> Nano:
    """The averaged network of a checkpoint, on the CPU, for evaluation."""
    net = Nano()
    net.load_state_dict(_read(path)["average"])
    return net.eval()
