#!/usr/bin/env python3
"""Checks what a short run left: finished.py RUN STEPS. Exit 1, with a reason, if it is not as it should be."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parents[1]))

import checkpoint
from model import Nano


def check(run: Path, steps: int) -> str:
    """What is wrong, or nothing."""
    net, average, _, progress = checkpoint.load(run)
    if progress["step"] != steps:
        return f"it ends at step {progress['step']}, want {steps}"
    lines = [json.loads(s) for s in (run / "log.jsonl").read_text().splitlines()]
    logged = [x for x in lines if "lr" in x]
    if [x["step"] for x in logged] != list(range(5, steps + 1, 5)):
        return f"steps in the log: {[x['step'] for x in logged]}"
    if not all(math.isfinite(x["scores"] + x["boxes"]) and x["scores"] > 0 for x in logged):
        return "a loss is not finite and positive"
    if not any("ap50" in x for x in lines):
        return "no evaluation in the log"
    torch.manual_seed(progress["seed"])
    start = Nano().state_dict()
    for title, state in (("network", net), ("average", average)):
        still = [k for k, v in start.items() if v.dim() == 4 and torch.equal(v, state[k])]
        if still:
            return f"weights of the {title} that never moved: {', '.join(still)}"
        if not all(torch.isfinite(v).all() for v in state.values()):
            return f"the {title} is not finite"
    return ""


if __name__ == "__main__":
    wrong = check(Path(sys.argv[1]), int(sys.argv[2]))
    if wrong:
        sys.exit(f"run {sys.argv[1]}: {wrong}")
