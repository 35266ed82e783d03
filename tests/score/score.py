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
    for row in csv.DictReader(run(build, "verdicts", "--db", db).splitlines()):
        said, is_bogus = row["verdict"] == "bogus", row["node"] in bogus
        res.genuine += not is_bogus
        res.tp += said and is_bogus
        res.fp += said and not is_bogus
        res.fn += not said and is_bogus


def round_of(counts, when, end):
    """The number of the round that began (or ended) at this time."""
    return min(counts, key=lambda r: abs(ms(r["end" if end else "start"]) - ms(when)) if r["end"] else math.inf)["round"]


def overlap(a, b, c, d):
    return max(0, min(b, d) - max(a, c) + 1)


def compare_incidents(res, build, db, counts):
    incidents = [i for i in json.loads(run(build, "incidents", "--db", db, "--format", "json")) if i["kind"] in FLOOD_KINDS]
    last = int(counts[-1]["round"])
    spans = []
    for i in incidents:
        first = int(round_of(counts, i["start"], False))
        spans.append((first, int(round_of(counts, i["end"], True)) if i["end"] else last, i))
    for first, end, i in spans:
        if not any(overlap(first, end, f["first"] - 2, f["last"] + 4) for f in res.truth["floods"]):
            res.false_floods += 1
        for d in i["delivered_by"]:
            if d["label"] == "probable injector" and d["peer"] not in [f["node"] for f in res.truth["floods"]]:
                res.wrong_label = (res.wrong_label or 0) + 1
    for f in res.truth["floods"]:
        hits = [s for s in spans if overlap(s[0], s[1], f["first"], f["last"])]
        res.found = bool(hits)
        if not hits:
            continue
        res.delay = min(s[0] for s in hits) - f["first"]
        res.end_error = max(s[1] for s in hits) - f["last"]
        best = max(hits, key=lambda s: s[2]["bogus"]["estimate"])[2]
        size = sum(s[2]["bogus"]["estimate"] for s in hits)
        low, high = sum(s[2]["bogus"]["low"] for s in hits), sum(s[2]["bogus"]["high"] for s in hits)
        res.size_error = size / f["sources"] - 1
        res.covered = low <= f["sources"] <= high
        res.kind = best["kind"] == f["kind"]
        if f.get("node"):
            ranks = [d["rank"] for d in best["delivered_by"] if d["peer"] == f["node"]]
            res.rank = ranks[0] if ranks else 99


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


def make_independent(world, seed, args, jsonl, truth):
    independent.World(world, seed, args.days, args.nodes).run(jsonl, truth)


def score(build, world, seed, args, directory):
    jsonl, truth, db = (os.path.join(directory, f"{world}-{seed}.{e}") for e in ("jsonl", "truth", "db"))
    make_independent(world, seed, args, jsonl, truth)
    run(build, "import", "-q", "--db", db, jsonl)
    os.unlink(jsonl)
    start = time.time()
    run(build, "analyze", "-q", "--db", db)
    res = Result(world, seed, json.load(open(truth)))
    res.seconds = time.time() - start
    counts = list(csv.DictReader(run(build, "counts", "--db", db, "--format", "csv").splitlines()))
    compare_verdicts(res, build, db)
    compare_incidents(res, build, db, counts)
    compare_counts(res, counts)
    if not args.keep:
        os.unlink(db)
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


def main():
    p = argparse.ArgumentParser()
    p.add_argument("build")
    p.add_argument("--worlds", default=",".join([*independent.FLOODS, *independent.CONTROLS]))
    p.add_argument("--seeds", type=int, default=3)
    p.add_argument("--first", type=int, default=1)
    p.add_argument("--days", type=float, default=6)
    p.add_argument("--nodes", type=int, default=1200)
    p.add_argument("--keep")
    p.add_argument("--each", action="store_true")
    args = p.parse_args()
    directory = args.keep or tempfile.mkdtemp(prefix="kansoku-score-")
    os.makedirs(directory, exist_ok=True)
    print(HEAD, flush=True)
    try:
        for world in args.worlds.split(","):
            results = []
            for seed in range(args.first, args.first + args.seeds):
                results.append(score(args.build, world, seed, args, directory))
                if args.each:
                    t = results[-1].truth
                    print(line(f"  {seed}", results[-1:]), {k: t["traits"][k] for k in ("dialled", "coverage", "keys", "session", "ports", "ttl", "files")},
                          [(f["sources"], f["injector"], f["last"] - f["first"] + 1) for f in t["floods"]], flush=True)
            print(line(world, results), flush=True)
    finally:
        if not args.keep:
            shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
