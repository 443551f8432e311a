#!/usr/bin/env python3
"""Plans by brute force: every layout of small random instances is counted.

The planner (accel/plan/search) is checked against this. It is written from the
formulae of that package's comment (doc.go), in plain Python without libraries, and
shares nothing with the Go code: no bound, no table, no order of search.

    scripts/plan-bruteforce.py --count 1000 --seed 1 --out FILE   # instances and answers, a JSON object a line
    scripts/plan-bruteforce.py --answer FILE                      # answers again for the instances of FILE

An answer is the best value of each kind of plan: frames a second, for the goal energy
minus joules, for the least latency minus milliseconds; null where no plan of the kind
meets the goal.
"""
import argparse
import itertools
import json
import math
import random
import sys

INF = float("inf")
LEAST = 1e-6


# ---- the machine

def kind_of(device):
    return device.split("/")[0].split(":")[0]


def memory(device):
    return "gpu:0" if kind_of(device) == "dla" else device.split("/")[0]


class Machine:
    def __init__(self, profile, goal):
        self.p, self.goal = profile, goal
        self.cores = profile["cores"]
        self.series = {}  # (device, threads, precision) -> units
        for u in profile["units"]:
            key = (u["device"], u.get("threads", 0), u.get("precision", "fp32"))
            if kind_of(key[0]) == "cpu" and key[1] > self.cores:
                continue
            self.series.setdefault(key, []).append(u)
        self.n = len(next(iter(self.series.values())))
        self.devices = list(dict.fromkeys(s[0] for s in self.series))
        cpu = profile["cpu_ms"]
        self.decode, self.prep, self.detect, self.publish = cpu["decode"], cpu["prep"], cpu["detect"], cpu.get("publish", 0)
        self.handover = profile.get("handover_ms", 0)
        self.input = profile.get("input_bytes", 0)
        for s in list(self.series):
            one = (s[0], 1, s[2])
            if kind_of(s[0]) == "cpu" and self.threads(s) > 1 and one in self.series:
                part = 1 / self.threads(s)
                self.series[s] = [dict(u, ms=max(u["ms"], o["ms"] * part)) for u, o in zip(self.series[s], self.series[one])]
        self.slower = set()  # streams of a series that were over 5 % slower than fewer
        self.curves = {s: self.curve(s) for s in self.series}

    def threads(self, s):
        return s[1] or self.cores if kind_of(s[0]) == "cpu" else 1

    def most(self, s):
        return self.cores // self.threads(s) if kind_of(s[0]) == "cpu" else 10**9

    def fifo(self, d):
        return d in self.p.get("fifo", []) or kind_of(d) == "dla"

    def curve(self, s):
        if self.fifo(s[0]):
            return [(1, 1.0)]
        rates = {}
        for r in self.p.get("streams", []):
            if (r["device"], r.get("threads", 0), r.get("precision", "fp32")) == s:
                rates[r["n"]] = r["rate"]
        if not rates and kind_of(s[0]) == "cpu":
            return [(1, 1.0), (self.most(s), float(self.most(s)))]
        alone = rates.get(1) or 1000 / max(LEAST, sum(u["ms"] for u in self.series[s]))
        points, highest = [(1, 1.0)], 1.0
        for n in sorted(rates):
            if n > 1:
                gain = min(rates[n] / alone, n)
                if gain < .95 * highest:
                    self.slower.add((s, n))
                highest = max(highest, gain)
                points.append((n, highest))
        return points

    def gain(self, s, n):
        n = min(n, self.most(s))
        points = self.curves[s]
        if n >= points[-1][0]:
            return points[-1][1]
        for (a, ga), (b, gb) in zip(points, points[1:]):
            if a <= n < b:
                return ga + (gb - ga) * (n - a) / (b - a)

    def load(self, s, alone, full, n):
        """The device's time for a frame with n at work there."""
        gain, most = self.gain(s, n), self.curves[s][-1][1]
        if full is None or self.fifo(s[0]):
            return alone / gain
        part = (1 - 1 / gain) / (1 - 1 / most) if most > 1 else 0
        n = min(n, self.curves[s][-1][0])  # of more no more are at work at once
        return max(alone / n, alone + min(0, full - alone) * part)

    def spell(self, s, alone, full, n):
        """How long a frame is at work with n there."""
        return min(n, self.most(s)) * self.load(s, alone, full, n)

    def slowdown(self, a, b):
        for c in self.p.get("corun", []):
            if (c["a"], c["b"]) == (a, b):
                return max(1, c["slowdown_a"])
            if (c["b"], c["a"]) == (a, b):
                return max(1, c["slowdown_b"])
        return 1

    def copy(self, a, b, size, tensors=1):
        if a == b or size == 0:
            return 0
        line = sorted((t["bytes"], t["ms"]) for t in self.p.get("transfers", [])
                      if (memory(t["from"]), memory(t["to"])) == (a, b))
        if len(line) == 1:
            return line[0][1] * size / max(1, line[0][0])
        if line:
            i = 1
            while i < len(line) - 1 and line[i][0] < size:
                i += 1
            (x0, y0), (x1, y1) = line[i - 1], line[i]
            (s0, z0), (s1, z1) = line[:2]
            start = max(0, z0 - (z1 - z0) * s0 / (s1 - s0))  # of each tensor but the first
            return max(0, y0 + (y1 - y0) * (size - x0) / (x1 - x0)) + (tensors - 1) * start
        if "cpu" in (a, b):
            return INF
        return self.copy(a, "cpu", size, tensors) + self.copy("cpu", b, size, tensors)

    def busy(self, a, b, size):
        """How long a copy keeps the way between two memories from others."""
        line = sorted((t["bytes"], t["ms"]) for t in self.p.get("transfers", [])
                      if (memory(t["from"]), memory(t["to"])) == (a, b))
        if a == b or not line:
            return 0
        if len(line) > 1:
            (x0, y0), (x1, y1) = line[-2:]
            return max(0, y1 - y0) / (x1 - x0) * size
        return line[0][1] / max(1, line[0][0]) * size

    def bytes_at(self, s, i):
        return self.input if i == 0 else self.series[s][i - 1].get("bytes", 0)

    def tensors_at(self, i):
        return 1 if i == 0 else max(max(1, units[i - 1].get("tensors", 0)) for units in self.series.values())

    def can(self, s, i, j):
        return not any(u.get("why") for u in self.series[s][i:j])


# ---- one layout: a list of (i, j, {series: streams})

def count(m, layout):
    """Its rate, and what is needed to say its latency."""
    streams = {}
    for _, _, replicas in layout:
        for s, n in replicas.items():
            streams[s[0]] = streams.get(s[0], 0) + n
    sigma = {d: math.prod(m.slowdown(d, b) for b in streams if b != d) for d in streams}
    segments, load = [], {}
    cores = m.decode + m.prep + m.detect + m.publish
    for k, (i, j, replicas) in enumerate(layout):
        time, full = {}, {}
        for s in replicas:
            units = m.series[s]
            half = sum(max(0, units[end - 1].get("cut_ms", 0)) / 2 for end in (i, j) if 0 < end < m.n)
            time[s] = max(LEAST, sigma[s[0]] * (sum(u["ms"] for u in units[i:j]) + half))
            full[s] = None
            if kind_of(s[0]) != "cpu" and any(u["ms"] and u.get("full_ms") for u in units) and all(u.get("full_ms") or not u["ms"] for u in units):
                ends = 0
                for end, other in ((i, k - 1), (j, k + 1)):
                    if 0 < end < m.n:
                        here = any(o[0] == s[0] for o in layout[other][2])
                        ends += units[end - 1].get("full_cut_ms", 0) / 2 if here else units[end - 1].get("full_away_ms", 0)
                full[s] = max(LEAST, sigma[s[0]] * (sum(u.get("full_ms", 0) for u in units[i:j]) + ends))
        copied = {s: copies(m, layout, k, s) for s in replicas}
        if INF in copied.values():  # a copy that was not measured
            return 0, None, None, None, None
        for s in replicas:
            if m.fifo(s[0]):  # its copies are in the line
                time[s], copied[s] = time[s] + copied[s], 0
        loads = {s: m.load(s, time[s], full[s], streams[s[0]]) for s in replicas}
        together = 1 / sum(1 / loads[s] for s in replicas)
        share = {s: together / loads[s] for s in replicas}
        for s in replicas:
            load[s[0]] = load.get(s[0], 0) + together
            if kind_of(s[0]) == "cpu":
                cores += min(streams[s[0]], m.most(s)) * m.threads(s) * together
        segments.append((replicas, time, full, copied, share))
    periods = list(load.values()) + [cores / m.cores, m.prep / 64, m.detect / 64] + ways(m, layout, segments)
    periods += waits(m, segments)
    for replicas, time, full, copied, share in segments:
        for s, n in replicas.items():
            def held(at_work):
                return share[s] * (m.spell(s, time[s], full[s], at_work) + copied[s] + (0 if m.fifo(s[0]) else m.handover)) / n
            total = streams[s[0]]
            if kind_of(s[0]) == "cpu":
                periods.append(held(total))
            else:
                periods.append(min(max(at_work(m, segments, s[0], k), held(k)) for k in range(1, total + 1)))
    return 1000 / max(periods), segments, streams, load, cores


def waits(m, segments):
    """The bound of a single stream on the CPU whose threads wait for one another."""
    on_cpu = [(s, n, share[s] * time[s]) for replicas, time, _, _, share in segments for s, n in replicas.items() if kind_of(s[0]) == "cpu"]
    if len(on_cpu) != 1:
        return []
    (s, n, work), = on_cpu
    if n > 1 or m.threads(s) < 2:
        return []
    return [(work + m.decode + m.prep + m.detect + m.publish) / (1 + m.cores - m.threads(s))]


def at_work(m, segments, d, n):
    """The ms of a frame on device d with n at work there."""
    return sum(share[s] * m.load(s, time[s], full[s], n)
               for replicas, time, full, _, share in segments for s in replicas if s[0] == d)


def ways(m, layout, segments):
    """How long a frame's copies keep each way between two memories."""
    kept = {}
    def add(a, b, size, share):
        kept[a, b] = kept.get((a, b), 0) + share * m.busy(a, b, size)
    for k, (i, j, replicas) in enumerate(layout):
        for s in replicas:
            here, share = memory(s[0]), segments[k][4][s]
            if k == 0:
                add("cpu", here, m.input, share)
            else:
                for p in layout[k - 1][2]:
                    add(memory(p[0]), here, max(m.bytes_at(p, i), m.bytes_at(s, i)), share * segments[k - 1][4][p])
            if k == len(layout) - 1:
                add(here, "cpu", m.bytes_at(s, j), share)
    return list(kept.values())


def copies(m, layout, k, s):
    """What the replica s of segment k copies for a frame, ms."""
    if kind_of(s[0]) == "cpu":
        return 0
    i, j, _ = layout[k]
    if k == 0:
        ms = m.copy("cpu", memory(s[0]), m.input)
        fetch = 0 if ms == INF else ms
    else:
        fetch = max(m.copy(memory(p[0]), memory(s[0]), max(m.bytes_at(p, i), m.bytes_at(s, i)), m.tensors_at(i)) for p in layout[k - 1][2])
    if k == len(layout) - 1:
        ms = m.copy(memory(s[0]), "cpu", m.bytes_at(s, j), m.tensors_at(j))
        write = 0 if ms == INF else ms
    else:
        write = max([0] + [m.copy(memory(s[0]), "cpu", max(m.bytes_at(c, j), m.bytes_at(s, j)), m.tensors_at(j))
                           for c in layout[k + 1][2] if kind_of(c[0]) == "cpu"])
    return fetch + write


def residence(m, segments, streams, f):
    active = {}
    for d, total in streams.items():
        n = total if kind_of(d) == "cpu" else 1
        while n < total and f / 1000 * at_work(m, segments, d, n) > 1 + 1e-9:
            n += 1
        active[d] = n
    out = m.prep + m.detect
    for replicas, time, full, copied, _ in segments:
        out += max(m.spell(s, time[s], full[s], active[s[0]]) + copied[s] for s in replicas) + m.handover
    return out


def value(m, layout):
    """What the goal makes of a layout, or None."""
    f, segments, streams, load, cores = count(m, layout)
    if f == 0:
        return None
    goal = m.goal
    if goal["objective"] == "latency" and not goal.get("budget"):
        return -residence(m, segments, streams, 0)

    def carried(n):  # the rate of n frames in flight
        if f / 1000 * residence(m, segments, streams, f) <= n + 1e-6:
            return f
        low, high = 0.0, f
        for _ in range(60):
            mid = (low + high) / 2
            if mid / 1000 * residence(m, segments, streams, mid) <= n + 1e-6:
                low = mid
            else:
                high = mid
        return low

    enough = 1 + max(1, math.ceil(f / 1000 * residence(m, segments, streams, f) - 1e-6))
    rate = carried(min(enough, 4096))
    budget = goal.get("budget", 0)
    if budget:
        for n in range(min(enough, 4096), 0, -1):
            rate = carried(n)
            if n * 1000 / rate <= budget * (1 + 1e-6):
                break
        else:
            return None
    parts_on_cpu = len(layout) > 1 and all(kind_of(s[0]) == "cpu" for _, _, replicas in layout for s in replicas)
    if rate * (.9 if parts_on_cpu else 1) < goal.get("min_fps", 0) * (1 - 1e-9):
        return None
    if goal["objective"] == "energy":
        watts = {w["device"]: w for w in m.p["watts"]}
        joules = sum(w.get("idle", 0) for w in watts.values()) / rate
        for d in m.devices:
            busy = cores / m.cores if kind_of(d) == "cpu" else load.get(d, 0)
            joules += (watts[d]["busy"] - watts[d].get("idle", 0)) * busy / 1000
        return -joules
    return rate


# ---- all layouts

def options(m, d):
    """The numbers of streams that a device may have."""
    out = {1, 2}
    if kind_of(d) == "cpu":
        out = {1, max(1, m.cores - 1), m.cores} | {2**k for k in range(1, 20) if 2**k < m.cores}
    for s in m.series:
        if s[0] == d:
            last = 0
            for i, ((_, before), (n, gain)) in enumerate(zip(m.curves[s], m.curves[s][1:]), 1):
                if gain > before:
                    out.add(n)
                    last = i
            more = m.curves[s][last + 1:]
            if kind_of(d) != "cpu" and more and (s, more[0][0]) not in m.slower:
                out.add(more[0][0])
    return {n for n in out if n <= 64}


def vectors(m, used):
    """Streams by device: devices of one kind have the same, those that work first in, first out one."""
    by_kind = {}
    for d in used:
        if not m.fifo(d):
            by_kind[kind_of(d)] = by_kind.get(kind_of(d), set()) | options(m, d)
    names = sorted(by_kind)
    for chosen in itertools.product(*(sorted(by_kind[k]) if k == "cpu" else [max(by_kind[k])] for k in names)):
        of = dict(zip(names, chosen))
        yield {d: 1 if m.fifo(d) else of[kind_of(d)] for d in used}


def placements(m, used):
    """Ways to place a segment of a plan that uses these devices: tuples of series."""
    by_kind = {}
    for d in used:
        by_kind.setdefault(kind_of(d), []).append(d)
    sets = {(d,) for d in used}
    for n in range(1, len(by_kind) + 1):
        for some in itertools.combinations(by_kind.values(), n):
            sets.add(tuple(d for d in used if any(d in group for group in some)))
    for devices in sorted(sets):
        for chosen in itertools.product(*([s for s in m.series if s[0] == d] for d in devices)):
            if len({s[2] for s in chosen}) == 1 and (not m.goal.get("precisions") or chosen[0][2] in m.goal["precisions"]):
                yield chosen


def layouts(m):
    for size in range(1, len(m.devices) + 1):
        for used in itertools.combinations(m.devices, size):
            places = list(placements(m, used))
            ways = list(vectors(m, used)) + [{d: 1 for d in used}]
            for k in range(1, min(m.goal["segments"], m.n) + 1):
                for cuts in itertools.combinations(range(1, m.n), k - 1):
                    ends = (0,) + cuts + (m.n,)
                    fits = [[p for p in places if all(m.can(s, ends[x], ends[x + 1]) for s in p)] for x in range(k)]
                    for chosen in itertools.product(*fits):
                        if {s[0] for p in chosen for s in p} != set(used):
                            continue
                        if any(a == b for a, b in zip(chosen, chosen[1:])):
                            continue
                        for way in ways:
                            if any(kind_of(s[0]) == "cpu" and m.threads(s) > 1 and way[s[0]] > max(1, m.most(s)) for p in chosen for s in p):
                                continue  # streams of several threads without cores for them
                            yield [(ends[x], ends[x + 1], {s: way[s[0]] for s in p}) for x, p in enumerate(chosen)]


def kind_of_plan(layout):
    several = sum(n for _, _, r in layout for n in r.values()) > len(layout)
    if len(layout) == 1:
        return "frame-parallel" if several else "one-device"
    return "hybrid" if several else "pipeline"


def answer(instance):
    m = Machine(instance["profile"], instance["goal"])
    best = {"one-device": None, "frame-parallel": None, "pipeline": None, "hybrid": None}
    for layout in layouts(m):
        kind = kind_of_plan(layout)
        v = value(m, layout)
        if v is not None and (best[kind] is None or v > best[kind]):
            best[kind] = v
    return {k: None if v is None else float("%.10g" % v) for k, v in best.items()}


# ---- random instances

def instance(rng):
    n = rng.choice([1, 2, 3, 3, 4, 4, 5])
    cores = rng.choice([1, 2, 3, 4, 6])
    names = rng.choice([["cpu"], ["gpu:0"], ["cpu", "gpu:0"], ["gpu:0", "dla:0"], ["gpu:0", "dla:0", "dla:1"],
                        ["gpu:0", "gpu:1"], ["cpu", "gpu:0", "dla:0"], ["cpu", "gpu:0", "gpu:1"], ["sim:a", "sim:b", "cpu"],
                        ["gpu:0", "npu:0"], ["gpu:0", "gpu:1", "gpu:2"], ["cpu", "sim:a"]])
    r = lambda low, high: float("%.4g" % rng.uniform(low, high))
    p = {"version": 1, "cores": cores, "units": [], "transfers": [], "streams": [], "corun": [],
         "cpu_ms": {"decode": r(0, 2), "prep": r(0, 1), "detect": r(0, 1)}, "simulated": []}
    if rng.random() < .5:
        p["cpu_ms"]["publish"] = r(0, 1)
    if rng.random() < .5:
        p["handover_ms"] = r(0, 1)
    if rng.random() < .5:
        p["input_bytes"] = rng.randrange(1, 3000)
    size = [rng.choice([0, rng.randrange(1, 3000)]) for _ in range(n)]
    tensors = [rng.choice([1, 1, 2, 3]) for _ in range(n)]
    work = [rng.uniform(.2, 6) for _ in range(n)]
    twins = rng.random() < .5  # devices of one kind are alike
    precisions = rng.choice([["fp32"], ["fp16"], ["fp16", "int8"]]) if n < 5 and len(names) < 3 else ["fp16"]
    alike = {}
    for d in names:
        kind = kind_of(d)
        factor, part = alike.get(kind, (rng.uniform(.3, 4), rng.getrandbits(32)))
        if not twins:
            factor, part = factor * rng.uniform(.3, 3), rng.getrandbits(32)
        alike.setdefault(kind, (factor, part))
        own = random.Random(part)
        f = lambda low, high: float("%.4g" % own.uniform(low, high))
        some = [0]
        if kind == "cpu":
            some = rng.choice([[1], [1, 2], [2], [1, cores], [2, cores]] if len(names) < 3 else [[1], [2], [cores]])
            some = sorted({min(x, cores) for x in some})
        for threads in some:
            for precision in precisions:
                cut, refuse = own.random() < .6, own.random() < .25 and kind != "cpu"
                full = own.random() < .6 and kind == "gpu"
                for i in range(n):
                    u = {"device": d, "precision": precision, "ms": float("%.4g" % (work[i] * factor * own.uniform(.5, 1.5) / max(1, threads) ** .8))}
                    if threads:
                        u["threads"] = threads
                    if i < n - 1:
                        u["at"] = "c%d" % i
                        if cut:
                            u["cut_ms"] = f(0, .6)
                    if full:
                        u["full_ms"] = float("%.4g" % (u["ms"] * own.uniform(.15, 1.05)))
                        if i < n - 1 and own.random() < .7:
                            u["full_cut_ms"] = f(0, .6)
                            u["full_away_ms"] = f(0, .4)
                    if size[i]:
                        u["bytes"] = size[i] * (2 if precision == "fp32" else 1)
                        if tensors[i] > 1:
                            u["tensors"] = tensors[i]
                    if refuse and own.random() < .4:
                        u["ms"], u["why"] = 0, "layer l%d: no" % i
                        u.pop("full_ms", None)
                        u.pop("full_cut_ms", None)
                        u.pop("full_away_ms", None)
                    p["units"].append(u)
                if own.random() < .6:
                    rate, total = own.uniform(50, 500), 0
                    for s in sorted(own.sample([1, 2, 3, 4, 8], own.randrange(1, 4))):
                        total = rate * s ** own.uniform(.2, 1.05)
                        p["streams"].append({"device": d, "threads": threads, "precision": precision, "n": s, "rate": float("%.5g" % total)})
        if kind == "sim":
            p["simulated"].append({"id": d})
            if rng.random() < .5:
                p.setdefault("fifo", []).append(d)
    for a, b in itertools.permutations(sorted({memory(d) for d in names} | {"cpu"}), 2):
        if rng.random() < .9:
            for x in rng.choice([[1000], [500, 2000], [100, 1000, 4000]]):
                p["transfers"].append({"from": a, "to": b, "bytes": x, "ms": float("%.4g" % (.02 + x * rng.uniform(.00005, .0004)))})
    for a, b in itertools.combinations(names, 2):
        if rng.random() < .5:
            p["corun"].append({"a": a, "b": b, "slowdown_a": r(.95, 1.5), "slowdown_b": r(.95, 1.5)})
    goal = {"objective": "fps", "segments": 4}
    dice = rng.random()
    total = min(sum(u["ms"] for u in p["units"] if u["device"] == d) for d in names)
    if dice < .2:
        goal.update(objective="latency", budget=float("%.4g" % (total * rng.uniform(.8, 4) + 1)))
    elif dice < .3:
        goal.update(objective="latency")
    elif dice < .5:
        goal.update(objective="energy")
        p["watts"] = [{"device": d, "busy": r(5, 50), "idle": r(0, 5)} for d in names]
        if rng.random() < .4:
            goal["min_fps"] = float("%.4g" % (1000 / (total + 1) * rng.uniform(.3, 2)))
    elif dice < .6 and len(precisions) > 1:
        goal["precisions"] = [rng.choice(precisions)]
    out = {"profile": {k: v for k, v in p.items() if v not in ([], None)}, "goal": goal}
    while goal["segments"] > 1 and sum(1 for _ in itertools.islice(layouts(Machine(out["profile"], goal)), 2500)) == 2500:
        goal["segments"] -= 1  # small enough to be counted
    return out


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("--count", type=int, default=1000)
    a.add_argument("--seed", type=int, default=1)
    a.add_argument("--out", default="-")
    a.add_argument("--answer", help="a file of instances, - for the standard input")
    o = a.parse_args()
    out = sys.stdout if o.out == "-" else open(o.out, "w", encoding="utf-8")
    if o.answer:
        source = sys.stdin if o.answer == "-" else open(o.answer, encoding="utf-8")
        instances = (json.loads(line) for line in source)
    else:
        rng = random.Random(o.seed)
        instances = (instance(rng) for _ in range(o.count))
    for x in instances:
        x["want"] = answer(x)
        print(json.dumps(x, separators=(",", ":")), file=out, flush=True)


if __name__ == "__main__":
    main()
