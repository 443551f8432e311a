#!/usr/bin/env python3
"""Trains braid-nano.

    train.py --scenes DIR --real ../shared/data/train --out RUN --minutes 20 --stop-after 9
    train.py --scenes DIR --real ../shared/data/train --out RUN --minutes 20 --stop-after 9 --resume

The schedule is sized by time (--minutes of training, over all calls) or by
steps (--steps). RUN gets last.pt and optimizer.pt (the checkpoint), log.jsonl.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path

import torch
from torch import Tensor, nn

import checkpoint
import data
import fast
import loss
import schedule
from augment import Batch, augment, paint
from data import Store
from ema import Average
from evaluate import ap50, table
from model import Nano

STARTED = time.monotonic()
MINUTE = 60.0


@dataclass
class Pool:
    """Pictures of one kind, how many of each batch come from it, and how much they are changed."""

    store: Store
    weights: Tensor  # [N]
    count: int
    course: schedule.Course

    def batch(self, size: int, most: int, calm: bool, painter: Callable) -> Batch:
        index = torch.multinomial(self.weights, self.count * 4, replacement=True).view(-1, 4)
        return augment(self.store, index, size, most, self.course.at(calm), painter)


def join(batches: list[Batch]) -> Batch:
    """One batch of several, in their order."""
    if len(batches) == 1:
        return batches[0]
    return Batch(*(torch.cat([getattr(b, f.name) for b in batches]) for f in fields(Batch)))


def groups(net: nn.Module, decay: float) -> list[dict]:
    """Weight decay is for convolutions' weights only."""
    kernels = [p for p in net.parameters() if p.dim() > 1]
    rest = [p for p in net.parameters() if p.dim() <= 1]
    return [{"params": kernels, "weight_decay": decay}, {"params": rest, "weight_decay": 0.0}]


class Run:
    """The state of a training run and its step.

    A step makes no tensor on the device from Python's numbers and reads none:
    either would wait for the device, which is then idle until the next call
    reaches it.
    """

    def __init__(self, a: argparse.Namespace, pools: list[Pool], teacher: Callable | None) -> None:
        self.a, self.pools = a, pools
        self.device = torch.device(a.device)
        torch.manual_seed(a.seed)
        self.net = Nano().to(self.device, memory_format=torch.channels_last)
        self.average = Average(self.net, a.ema)
        self.optimizer = torch.optim.AdamW(groups(self.net, a.decay), lr=a.lr, betas=(0.9, 0.999))
        self.step, self.before = 0, 0.0  # steps done; seconds trained in earlier calls
        if a.resume:
            self.restore()
        self.net.train()
        self.parts = fast.Parts(self.net, loss.compute, paint, teacher)
        if a.compile:
            self.parts, told = fast.choose(self.parts, self.trial, a.compile * MINUTE)
            print(told, flush=True)
        torch.manual_seed(a.seed + self.step)
        self.sizes = random.Random(a.seed + self.step)
        self.began = time.monotonic()

    def restore(self) -> None:
        net, average, optimizer, progress = checkpoint.load(self.a.out)
        self.net.load_state_dict(net)
        self.average.net.load_state_dict(average)
        self.optimizer.load_state_dict({**self.optimizer.state_dict(), "state": optimizer})
        self.step, self.before = progress["step"], progress["ms"] / 1000

    def save(self) -> None:
        progress = {"step": self.step, "ms": round(self.seconds() * 1000), "seed": self.a.seed}
        optimizer = self.optimizer.state_dict()["state"]
        checkpoint.save(self.a.out, self.net.state_dict(), self.average.net.state_dict(), optimizer, progress)

    def seconds(self) -> float:
        """Trained so far, over all calls."""
        return self.before + time.monotonic() - self.began

    def progress(self) -> float:
        return self.step / self.a.steps if self.a.steps else self.seconds() / (self.a.minutes * MINUTE)

    def losses(self, parts: fast.Parts, size: int, calm: bool) -> loss.Losses:
        """The loss of a batch drawn anew."""
        batch = join([p.batch(size, self.a.boxes, calm, parts.paint) for p in self.pools])
        taught = parts.teacher(batch.clean[: self.pools[0].count], size) if parts.teacher else None
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda"):
            raw = parts.forward(batch.images.contiguous(memory_format=torch.channels_last))
        return parts.loss(raw, batch, size, taught)

    def trial(self, parts: fast.Parts) -> Tensor:
        """A step that changes no weights; its loss."""
        total = self.losses(parts, max(self.a.size), False).total
        total.backward()
        self.optimizer.zero_grad(set_to_none=True)
        return total.detach()

    def train_step(self) -> Tensor:
        """One step; the loss's parts [4], on the device."""
        progress = self.progress()
        for g in self.optimizer.param_groups:
            g["lr"] = self.a.lr * schedule.rate(progress, self.step / self.a.warm_up)
        losses = self.losses(self.parts, self.sizes.choice(self.a.size), progress >= self.a.calm_from)
        self.optimizer.zero_grad(set_to_none=True)
        losses.total.backward()
        nn.utils.clip_grad_norm_(self.net.parameters(), 10.0)
        self.optimizer.step()
        self.step += 1
        self.average.update(self.step)
        return losses.parts


class Log:
    """RUN/log.jsonl, and the same for people."""

    def __init__(self, run: Run, every: int) -> None:
        self.run, self.every = run, every
        self.sum, self.steps, self.since = 0.0, 0, time.monotonic()
        self.last: list[float] = []

    def write(self, line: dict) -> None:
        with (self.run.a.out / "log.jsonl").open("a") as f:
            f.write(json.dumps(line) + "\n")

    def add(self, parts: Tensor) -> None:
        """Notes a step; now and then writes the mean of the last ones."""
        self.sum, self.steps = self.sum + parts, self.steps + 1
        if self.steps < self.every:
            return
        self.last = (self.sum / self.steps).tolist()  # waits for the device
        if not all(math.isfinite(x) for x in self.last):
            raise SystemExit(f"training: the loss is {self.last} at step {self.run.step}")
        now = time.monotonic()
        speed = self.steps * sum(p.count for p in self.run.pools) / (now - self.since)
        lr = self.run.optimizer.param_groups[0]["lr"]
        names = ("scores", "boxes", "teacher_scores", "teacher_boxes")
        line = {"step": self.run.step, "minutes": round(self.run.seconds() / MINUTE, 3), "lr": lr}
        line |= {k: round(v, 5) for k, v in zip(names, self.last)} | {"images_per_s": round(speed)}
        self.write(line)
        print(json.dumps(line), flush=True)
        self.sum, self.steps, self.since = 0.0, 0, now

    def evaluate(self, sets: dict[str, Store]) -> None:
        """Evaluates and saves; the time that takes is no training time of the steps around it."""
        begun = time.monotonic()
        self.run.save()
        for title, store in sets.items():
            ap = ap50(self.run.average.net, store, max(self.run.a.size))
            self.write({"step": self.run.step, "set": title, "ap50": ap})
            print(table(f"AP50 {title}", ap), flush=True)
        self.since += time.monotonic() - begun


def loop(run: Run, log: Log, sets: dict[str, Store]) -> None:
    """Trains until the schedule or the call is over."""
    a, evaluated = run.a, time.monotonic()
    while run.progress() < 1:
        if a.stop_after and time.monotonic() - STARTED > a.stop_after * MINUTE:
            break
        if a.stop_at and run.step >= a.stop_at:
            break
        log.add(run.train_step())
        if a.eval_every and time.monotonic() - evaluated > a.eval_every * MINUTE:
            log.evaluate(sets)
            evaluated = time.monotonic()
    log.evaluate(sets)


def load(a: argparse.Namespace) -> tuple[list[Pool], dict[str, Store]]:
    """The pictures to train on, real ones first, and those to evaluate on, on
    the device. All are read before the device is opened, because reading forks."""
    real = data.load_train(a.real, a.open_licenses_only, a.keep) if a.real else None
    scenes = [data.load_all(folder, a.keep) for folder in a.scenes or []]
    sets = {}
    if a.scenes_val:
        sets["scenes"] = data.load_all(a.scenes_val, a.keep)
    if a.real:
        sets["held out"] = data.load_held_out(a.real, a.keep)
    part = round(a.batch * a.real_part) if real is not None and scenes else a.batch * (real is not None)
    pools = []
    for stores, count, course in (([real], part, schedule.REAL), (scenes, a.batch - part, schedule.SCENES)):
        if count:
            store = data.joined([s.to(torch.device(a.device)) for s in stores])
            pools.append(Pool(store, store.weights(), count, course))
    return pools, {k: s.to(torch.device(a.device)) for k, s in sets.items() if len(s)}


def arguments() -> argparse.Namespace:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--real", type=Path, help="folder of real pictures; a part of it is held out")
    p.add_argument("--scenes", type=Path, nargs="+", help="folders of rendered scenes")
    p.add_argument("--scenes-val", type=Path, help="folder of scenes of other seeds, for evaluation")
    p.add_argument("--out", type=Path, required=True, metavar="RUN", help="folder of the run")
    p.add_argument("--resume", action="store_true", help="go on from RUN/last.pt, if it is there")
    p.add_argument("--open-licenses-only", action="store_true", help="only pictures whose licence allows any use")
    p.add_argument("--real-part", type=float, default=0.25, help="part of a batch that is real (default 0.25)")
    p.add_argument("--teacher", type=Path, metavar="ONNX", help="yolox_nano.onnx, to learn from on real pictures")
    length = p.add_mutually_exclusive_group(required=True)
    length.add_argument("--minutes", type=float, help="length of the schedule: training time over all calls")
    length.add_argument("--steps", type=int, help="length of the schedule in steps")
    p.add_argument("--stop-after", type=float, metavar="MINUTES", help="end this call then, loading included")
    p.add_argument("--stop-at", type=int, metavar="STEP", help="end this call at this step")
    p.add_argument("--eval-every", type=float, default=0, metavar="MINUTES", help="evaluate and save so often")
    p.add_argument("--batch", type=int, default=256)
    p.add_argument("--size", type=int, nargs="+", default=[416], help="input sizes, one drawn for each step")
    p.add_argument("--boxes", type=int, default=80, help="boxes of a picture at most, the largest are kept")
    p.add_argument("--lr", type=float, default=3e-3)
    p.add_argument("--warm-up", type=int, default=300, metavar="STEPS", help="steps in which the rate rises")
    p.add_argument("--calm-from", type=float, default=0.85, help="progress from which pictures are changed little")
    p.add_argument("--decay", type=float, default=0.05, help="weight decay")
    p.add_argument("--ema", type=float, default=0.9998, help="decay of the average")
    p.add_argument("--log-every", type=int, default=50, metavar="STEPS")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument(
        "--compile", type=float, metavar="MINUTES", help="torch.compile the step, if it is done in that time and pays"
    )
    p.add_argument(
        "--keep", type=Path, metavar="DIR", help="keep the pictures there as they were read, for the next call"
    )
    p.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    a = p.parse_args()
    if not a.real and not a.scenes:
        p.error("--real or --scenes is needed")
    if any(s % 32 or s < 64 for s in a.size):
        p.error(f"--size {a.size}: want multiples of 32, at least 64")
    a.resume = a.resume and (a.out / "last.pt").exists()
    return a


def main() -> None:
    a = arguments()
    a.out.mkdir(parents=True, exist_ok=True)
    device = torch.device(a.device)
    pools, sets = load(a)
    teacher = None
    if a.teacher and a.real:
        from teacher import Teacher

        teacher = Teacher(a.teacher, device)
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
    torch.backends.cudnn.benchmark = True
    run = Run(a, pools, teacher)
    print(
        f"pictures {[len(p.store) for p in pools]}, held {[len(s) for s in sets.values()]}, from step {run.step}; "
        f"loaded in {time.monotonic() - STARTED:.0f} s",
        flush=True,
    )
    log = Log(run, a.log_every)
    loop(run, log, sets)
    done = "finished" if run.progress() >= 1 else "stopped"
    print(f"{done} at step {run.step}, {run.seconds() / MINUTE:.2f} minutes trained, progress {run.progress():.3f}")


if __name__ == "__main__":
    main()
