#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs worlds through import and analyze, compares with the truth, prints one table.

usage: score.py BUILD [--worlds A,B,...] [--seeds N] [--days D] [--nodes N] [--source lab|independent|both]
                      [--keep DIR] [--first SEED] [--quick] [--each]
"""
import argparse
import csv
import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import datetime

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import independent  # noqa: E402

FLOOD_KINDS = ("random-sources", "port-fanout", "targeted-hash", "reachability-drop")


def ms(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1000


class Result:
    """What came of one world."""

    def __init__(self, world, seed, truth):
        self.world, self.seed, self.truth = world, seed, truth
        self.tp = self.fp = self.fn = 0
        self.genuine = 0
        self.false_floods = 0
        self.delay = self.end_error = self.size_error = self.covered = self.kind = self.rank = self.wrong_label = None
        self.instant_error = self.day_error = self.day_all_error = None
        self.found = None
        self.days = truth["days"]
        self.seconds = 0

    @property
    def f1(self):
        return 2 * self.tp / (2 * self.tp + self.fp + self.fn) if self.tp + self.fp + self.fn else 1.0

    @property
    def precision(self):
        return self.tp / (self.tp + self.fp) if self.tp + self.fp else 1.0

    @property
    def recall(self):
        return self.tp / (self.tp + self.fn) if self.tp + self.fn else 1.0


def run(build, *args):
    done = subprocess.run([f"{build}/kansoku", *args], capture_output=True, text=True)
    if done.returncode not in (0, 3):
        raise RuntimeError(f"kansoku {' '.join(args)}: {done.stderr.strip()}")
    return done.stdout


def compare_verdicts(res, build, db):
    bogus = set(res.truth["bogus"])
    seen = 0
    for row in csv.DictReader(run(build, "verdicts", "--db", db).splitlines()):
        said, is_bogus = row["verdict"] == "bogus", row["node"] in bogus
        seen += is_bogus
        res.genuine += not is_bogus
        res.tp += said and is_bogus
        res.fp += said and not is_bogus
        res.fn += not said and is_bogus
    res.seen_bogus = seen


def round_of(counts, when, end):
    """The number of the round that began (or ended) at this time."""
    return min(counts, key=lambda r: abs(ms(r["end" if end else "start"]) - ms(when)) if r["end"] else math.inf)["round"]


def overlap(a, b, c, d):
    return max(0, min(b, d) - max(a, c) + 1)


def compare_incidents(res, build, db, counts):
    incidents = [i for i in json.loads(run(build, "incidents", "--db", db, "--format", "json")) if i["kind"] in FLOOD_KINDS]
    last = int(counts[-1]["round"])
    floods = res.truth["floods"]
    known = floods + ([res.truth["keys_only"]] if "keys_only" in res.truth else [])
    spans = []
    for i in incidents:
        first = int(round_of(counts, i["start"], False))
        spans.append((first, int(round_of(counts, i["end"], True)) if i["end"] else last, i))
    for first, end, i in spans:
        if not any(overlap(first, end, f["first"] - 2, f["last"] + 4) for f in known):
            res.false_floods += 1
        for d in i["delivered_by"]:
            if d["label"] == "probable injector" and d["peer"] not in [f["node"] for f in floods]:
                res.wrong_label = (res.wrong_label or 0) + 1
    hits = [[s for s in spans if overlap(s[0], s[1], f["first"], f["last"])] for f in floods]
    if not floods:
        return
    if not res.seen_bogus:
        return
    res.found = mean([bool(h) for h in hits])
    pairs = [(f, min(h, key=lambda s: abs(s[0] - f["first"])), min(h, key=lambda s: abs(s[1] - f["last"]))) for f, h in zip(floods, hits) if h]
    res.delay = worst_of([a[0] - f["first"] for f, a, _ in pairs])
    res.end_error = worst_of([b[1] - f["last"] for f, _, b in pairs])
    touched = [s[2] for s in spans if any(overlap(s[0], s[1], f["first"] - 2, f["last"] + 4) for f in floods)]
    if not touched:
        return
    size, low, high = (sum(i["bogus"][k] for i in touched) for k in ("estimate", "low", "high"))
    res.size_error = size / max(1, res.seen_bogus) - 1
    res.covered = low <= res.seen_bogus <= high
    res.kind = mean([a[2]["kind"] == f["kind"] for f, a, _ in pairs])
    for f, a, _ in pairs:
        if f.get("node"):
            best = max((s[2] for s in spans if overlap(s[0], s[1], f["first"], f["last"])), key=lambda i: i["bogus"]["estimate"])
            ranks = [d["rank"] for d in best["delivered_by"] if d["peer"] == f["node"]]
            res.rank = max(res.rank or 0, ranks[0] if ranks else 99)


def worst_of(values):
    return max(values, key=abs) if values else None


def worst(rows, column, index, during):
    """Mean absolute relative error of a clean count while a flood goes on."""
    errors = [abs(float(counts[column]) / true[index] - 1) for true, counts in rows
              if true[index] >= 50 and counts[column] and during(true[0])]
    return sum(errors) / len(errors) if errors else None


def compare_counts(res, counts):
    by_round = {int(c["round"]): c for c in counts}
    rows = [(t, by_round[t[0]]) for t in res.truth["series"] if t[0] in by_round]
    floods = res.truth["floods"]

    def during(r):
        return any(f["first"] <= r <= f["last"] + 57 for f in floods) if floods else True
    res.instant_error = worst(rows, "instant_clean", 1, during)
    res.day_error = worst(rows, "day_keys_clean", 2, during)
    res.day_all_error = worst(rows, "day_all_clean", 3, during)


# ---- where worlds come from: both give the same truth ----

LAB_DAYS = {"s7": 47, "s4b": 14, "s3": 9, "s5b": 12, "s2": 12, "s4a": 7, "clean": 3, "demo": 0.2}
CONTROL_DAYS = 9


def make_independent(build, world, seed, args, db, base):
    jsonl, truth = base + ".jsonl", base + ".truth"
    independent.World(world, seed, args.days or 6, args.nodes or 1200).run(jsonl, truth)
    run(build, "import", "-q", "--db", db, jsonl)
    os.unlink(jsonl)
    return json.load(open(truth))


def lab_days(world, text):
    if world in LAB_DAYS:
        return LAB_DAYS[world]
    return 6 if "[flood" in text else CONTROL_DAYS


def make_lab(build, world, seed, args, db, base):
    ini, truth = os.path.join(HERE, "../../data/worlds", world + ".ini"), base + ".truth"
    days = args.days or lab_days(world, open(ini).read())
    lab = [f"{build}/kansoku-lab", "simulate", "-q", "--world", ini, "--days", str(days), "--seed", str(seed * 7919 + 11),
           "--jsonl", "-", "--truth", truth]
    if args.nodes:
        lab += ["--nodes", str(args.nodes)]
    sim = subprocess.Popen(lab, stdout=subprocess.PIPE)
    subprocess.run([f"{build}/kansoku", "import", "-q", "--db", db, "-"], stdin=sim.stdout, check=True)
    if sim.wait() != 0:
        raise RuntimeError("kansoku-lab failed")
    return lab_truth(world, days, truth)


def lab_truth(world, days, path):
    out = {"world": world, "days": days, "floods": [], "bogus": [], "series": [], "traits": {}}
    played = int(days * 86400 / 1500)
    for text in open(path):
        x = json.loads(text)
        if x["type"] == "bogus":
            out["bogus"].append(x["source"])
        elif x["type"] == "round" and x["measured"]:
            out["series"].append((x["round"], x["seen_instant"], x["seen_day_keys"], x["seen_day_all"]))
        elif x["type"] == "flood" and x["bogus"] == "sources":
            for first, last in x["on"]:
                if first <= played:
                    out["floods"].append({"variant": x["variant"], "kind": x["kind"], "first": first, "last": min(last, played),
                                          "injector": x["injector"], "node": x["node"], "sources": None})
        elif x["type"] == "flood":
            out["keys_only"] = {"first": x["first_round"], "last": x["last_round"]}
    return out


def score(build, world, seed, args, directory):
    base = os.path.join(directory, f"{world.replace('/', '-')}-{seed}")
    db = base + ".db"
    source, name = world.split("/")
    truth = (make_lab if source == "lab" else make_independent)(build, name, seed, args, db, base)
    start = time.time()
    run(build, "analyze", "-q", "--db", db)
    res = Result(world, seed, truth)
    res.seconds = time.time() - start
    counts = list(csv.DictReader(run(build, "counts", "--db", db, "--format", "csv").splitlines()))
    compare_verdicts(res, build, db)
    compare_incidents(res, build, db, counts)
    compare_counts(res, counts)
    if not args.keep:
        for end in ("", "-wal", "-shm", ".lock"):
            if os.path.exists(db + end):
                os.unlink(db + end)
    return res


def mean(values):
    values = [v for v in values if v is not None]
    return sum(values) / len(values) if values else math.nan


def show(x, form="{:.3f}"):
    return "-" if x is None or (isinstance(x, float) and math.isnan(x)) else form.format(x)


HEAD = f"{'world':16} {'seeds':>5} {'found':>5} {'P':>6} {'R':>6} {'F1':>6} {'minF1':>6} {'FPgen%':>7} {'delay':>6} {'end':>6} {'size%':>6} {'cover':>5} " \
       f"{'inst%':>6} {'day%':>6} {'all%':>6} {'kind':>5} {'rank1':>5} {'wrong':>5} {'false':>5} {'/year':>6}"


def line(name, results):
    years = sum(r.days for r in results) / 365
    fp, genuine = sum(r.fp for r in results), sum(r.genuine for r in results)
    false = sum(r.false_floods for r in results)
    floods = any(r.truth["floods"] for r in results)
    ranks = [r.rank for r in results if r.rank is not None]
    return (f"{name:16} {len(results):5} {show(mean([r.found for r in results]), '{:.2f}'):>5} "
            f"{show(mean([r.precision for r in results])) if floods else '-':>6} {show(mean([r.recall for r in results])) if floods else '-':>6} "
            f"{show(mean([r.f1 for r in results])) if floods else '-':>6} {show(min(r.f1 for r in results)) if floods else '-':>6} "
            f"{100 * fp / max(1, genuine):7.4f} {show(mean([r.delay for r in results]), '{:.1f}'):>6} {show(mean([r.end_error for r in results]), '{:.1f}'):>6} "
            f"{show(100 * mean([None if r.size_error is None else abs(r.size_error) for r in results]), '{:.1f}'):>6} {show(mean([r.covered for r in results]), '{:.2f}'):>5} "
            f"{show(100 * mean([r.instant_error for r in results]), '{:.2f}'):>6} {show(100 * mean([r.day_error for r in results]), '{:.2f}'):>6} "
            f"{show(100 * mean([r.day_all_error for r in results]), '{:.2f}'):>6} {show(mean([r.kind for r in results]), '{:.2f}'):>5} "
            f"{show(mean([x == 1 for x in ranks]), '{:.2f}'):>5} {sum(r.wrong_label or 0 for r in results):5} {false:5} {false / years:6.1f}")


def worlds(args):
    if args.worlds:
        return args.worlds.split(",")
    lab = sorted(f[:-4] for f in os.listdir(os.path.join(HERE, "../../data/worlds")) if f.endswith(".ini"))
    every = {"lab": [f"lab/{w}" for w in lab], "independent": [f"own/{w}" for w in (*independent.FLOODS, *independent.CONTROLS)]}
    return every["lab"] + every["independent"] if args.source == "both" else every[args.source]


def main():
    p = argparse.ArgumentParser()
    p.add_argument("build")
    p.add_argument("--worlds")
    p.add_argument("--source", choices=("lab", "independent", "both"), default="both")
    p.add_argument("--seeds", type=int, default=3)
    p.add_argument("--first", type=int, default=1)
    p.add_argument("--days", type=float)
    p.add_argument("--nodes", type=int)
    p.add_argument("--keep")
    p.add_argument("--each", action="store_true")
    args = p.parse_args()
    directory = args.keep or tempfile.mkdtemp(prefix="kansoku-score-")
    os.makedirs(directory, exist_ok=True)
    print(HEAD, flush=True)
    try:
        for world in worlds(args):
            results = []
            for seed in range(args.first, args.first + args.seeds):
                results.append(score(args.build, world, seed, args, directory))
                if args.each:
                    t = results[-1].truth
                    print(line(f"  {seed}", results[-1:]), {k: t["traits"][k] for k in ("dialled", "coverage", "keys", "session", "brief", "ports", "ttl", "files")
                          if k in t["traits"]}, [(f["injector"], f.get("hash"), f.get("ttl"), f["first"], f["last"]) for f in t["floods"]],
                          results[-1].rank, f"{results[-1].seconds:.1f} s", flush=True)
            print(line(world, results), flush=True)
    finally:
        if not args.keep:
            shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
