#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs worlds through import and analyze, compares with the truth, prints one table.

usage: score.py BUILD [--worlds A,B,...] [--seeds N] [--first SEED] [--jobs N] [--quick] [--json FILE] [--keep DIR]
                      [--days D] [--nodes N] [--source lab|bitcoin|independent|hard|both] [--each]

lab/NAME is tests/lab/worlds/NAME.ini through kansoku-lab simulate, bitcoin/NAME the same of that folder; own/NAME comes from independent.py;
hard/NAME is a world file that drawn.py draws for each seed within what was measured of real networks.
Worlds with a flood are as long as the flood needs; worlds without one last CONTROL_DAYS.
Progress goes to standard error, the table to standard output, every run to --json.
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
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime, timezone

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import drawn  # noqa: E402
import independent  # noqa: E402

# Sizes of a full run: hours, not days, on two cores.  --quick: one seed of everything, minutes.
FLOOD_NODES, FLOOD_DAYS = 800, 6
CONTROL_NODES, CONTROL_DAYS = 200, 60
QUICK_NODES, QUICK_CONTROL_DAYS = 300, 6
EARLY_MS = 60 * 3600000	# a sensor that began so recently knows little of what is usual
TOLD = ("bogus", "probably bogus")
BINS = (0, 0.01, 0.05, 0.2, 0.5, 0.7, 0.9, 0.98, 0.997, 0.9997, 1.0001)
FLOOD_KINDS = ("random-sources", "port-fanout", "targeted-hash", "reachability-drop")


def ms(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1000


def share(flags):
    flags = list(flags)
    return sum(flags) / len(flags) if flags else None


class Result:
    """What came of one world."""

    def __init__(self, world, seed, truth):
        self.world, self.seed, self.truth = world, seed, truth
        self.tp = self.fp = self.fn = 0
        self.genuine = 0
        self.false_floods = 0
        self.delay = self.end_error = self.size_error = self.covered = self.kind = self.rank = self.wrong_label = self.labelled = None
        self.instant_error = self.day_error = self.day_all_error = None
        self.found = self.roving = None
        self.days = truth["days"]
        self.seconds = 0
        self.opinions = []	# (probability, verdict, is bogus, first seen early)

    def facts(self):
        """What goes into the JSON file: everything but the list of bogus sources."""
        return {k: v for k, v in vars(self).items() if k not in ("truth", "named", "opinions")} | {
            "f1": self.f1, "precision": self.precision, "recall": self.recall, "floods": self.truth["floods"],
            "traits": self.truth["traits"]}

    @property
    def f1(self):
        return 2 * self.tp / (2 * self.tp + self.fp + self.fn) if self.tp + self.fp + self.fn else 1.0

    @property
    def precision(self):
        return self.tp / (self.tp + self.fp) if self.tp + self.fp else 1.0

    @property
    def recall(self):
        return self.tp / (self.tp + self.fn) if self.tp + self.fn else 1.0

    @property
    def told(self):
        """Recall of bogus and probably bogus together."""
        return share(v in TOLD for _, v, b, _ in self.opinions if b)

    def recall_at(self, hit):
        """Recall where this share of all genuine sources is above the threshold, by rank."""
        wrong = sorted((p for p, _, b, _ in self.opinions if not b), reverse=True)
        allowed = int(hit * len(wrong))
        least = wrong[allowed] if allowed < len(wrong) else 0
        return share(p > least for p, _, b, _ in self.opinions if b)


def run(build, *args):
    done = subprocess.run([f"{build}/kansoku", *args], capture_output=True, text=True)
    if done.returncode not in (0, 3):
        raise RuntimeError(f"kansoku {' '.join(args)}: {done.stderr.strip()}")
    return done.stdout


def compare_verdicts(res, build, db):
    bogus = set(res.truth["bogus"])
    born = None
    seen = 0
    res.named = set()	# injectors that offer files, and so are visited
    injectors = {n for f in res.truth["floods"] for n in f["nodes"]}
    for row in csv.DictReader(run(build, "verdicts", "--db", db).splitlines()):
        said, is_bogus = row["verdict"] == "bogus", row["node"] in bogus
        born = ms(row["first_seen"]) if born is None else min(born, ms(row["first_seen"]))
        res.opinions.append((float(row["probability"]), row["verdict"], is_bogus, ms(row["first_seen"])))
        seen += is_bogus
        res.named |= {row["node"]} & injectors if row["keys"] not in ("", "0") else set()
        res.genuine += not is_bogus
        res.tp += said and is_bogus
        res.fp += said and not is_bogus
        res.fn += not said and is_bogus
    res.seen_bogus = seen
    res.opinions = [(p, v, b, t < born + EARLY_MS) for p, v, b, t in res.opinions]


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
            if d["label"] == "probable injector" and not any(d["peer"] in f["nodes"] for f in floods):
                res.wrong_label = (res.wrong_label or 0) + 1
    hits = [[s for s in spans if overlap(s[0], s[1], f["first"], f["last"])] for f in floods]
    if not floods:
        return
    if not res.seen_bogus and not any(f["kind"] == "reachability-drop" for f in floods):
        return
    res.found = mean([bool(h) for h in hits])
    pairs = [(f, min(h, key=lambda s: abs(s[0] - f["first"])), min(h, key=lambda s: abs(s[1] - f["last"]))) for f, h in zip(floods, hits) if h]
    res.delay = worst_of([a[0] - f["first"] for f, a, _ in pairs])
    res.end_error = worst_of([b[1] - f["last"] for f, _, b in pairs])
    touched = [s[2] for s in spans if any(overlap(s[0], s[1], f["first"] - 2, f["last"] + 4) for f in floods)]
    if not touched:
        return
    res.kind = mean([a[2]["kind"] == f["kind"] for f, a, _ in pairs])
    if not res.seen_bogus:
        return
    size, low, high = (sum(i["bogus"][k] for i in touched) for k in ("estimate", "low", "high"))
    res.size_error = size / max(1, res.seen_bogus) - 1
    res.covered = low <= res.seen_bogus <= high
    for f, _, _ in pairs:
        best = max((s[2] for s in spans if overlap(s[0], s[1], f["first"], f["last"])), key=lambda i: i["bogus"]["estimate"])
        if f["injector"] == "fixed" and res.named & set(f["nodes"]):
            ranks = [d["rank"] for d in best["delivered_by"] if d["peer"] in f["nodes"]]
            res.rank = max(res.rank or 0, min(ranks, default=99))
        if best["roving"] and f["injector"] in ("fixed", "roving"):
            res.roving = (res.roving is not False) and best["roving"] == f["injector"]
        res.labelled = (res.labelled or 0) + (best["source"] == "probable injector")


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

LAB_DAYS = {"s7": 47, "s4b": 14, "s3": 9, "s5b": 12, "s4a": 7, "demo": 0.2}
WORLDS = os.path.join(HERE, "../../tests/lab/worlds")


def has_flood(world):
    source, name = world.split("/")
    if source == "hard":
        return name in drawn.FLOODS
    if source == "own":
        return name in independent.FLOODS
    return "[flood" in open(lab_world(source, name)).read()


def lab_world(source, name):
    """The lab's own overlay is Winny; worlds of another are in a folder of its name."""
    return os.path.join(WORLDS, "" if source == "lab" else source, name + ".ini")


def size_of(world, args):
    """Nodes and days of one world."""
    flood = has_flood(world)
    days = (LAB_DAYS.get(world.split("/")[1], FLOOD_DAYS) if flood else
            QUICK_CONTROL_DAYS if args.quick else CONTROL_DAYS)
    nodes = QUICK_NODES if args.quick else FLOOD_NODES if flood else CONTROL_NODES
    return args.nodes or nodes, args.days or days


def make_independent(build, world, seed, nodes, days, db, base):
    jsonl, truth = base + ".jsonl", base + ".truth"
    independent.World(world, seed, days, nodes).run(jsonl, truth)
    run(build, "import", "-q", "--db", db, jsonl)
    os.unlink(jsonl)
    return json.load(open(truth))


def make_drawn(build, world, seed, nodes, days, db, base):
    text, facts = drawn.draw(world, seed, nodes)
    with open(base + ".ini", "w") as f:
        f.write(text)
    return make_lab(build, world, seed, nodes, facts["days"], db, base, base + ".ini") | {"traits": facts}


def make_lab(build, world, seed, nodes, days, db, base, ini=None, overlay="winny"):
    ini, truth = ini or os.path.join(WORLDS, world + ".ini"), base + ".truth"
    lab = [f"{build}/kansoku-lab", "simulate", "-q", "--world", ini, "--days", str(days), "--seed", str(seed * 7919 + 11),
           "--nodes", str(nodes), "--jsonl", "-", "--truth", truth, "--overlay", overlay]
    sim = subprocess.Popen(lab, stdout=subprocess.PIPE)
    subprocess.run([f"{build}/kansoku", "import", "-q", "--db", db, "-"], stdin=sim.stdout, check=True)
    if sim.wait() != 0:
        raise RuntimeError("kansoku-lab failed")
    return lab_truth(world, days, truth)


def make_gossip(build, world, seed, nodes, days, db, base):
    return make_lab(build, world, seed, nodes, days, db, base, lab_world("bitcoin", world), "bitcoin")


def lab_truth(world, days, path):
    out = {"world": world, "days": days, "floods": [], "bogus": [], "series": [], "traits": {}}
    for text in open(path):
        x = json.loads(text)
        if x["type"] == "world":
            played = int(days * 86400 / x["round_s"])
        if x["type"] == "bogus":
            out["bogus"].append(x["source"])
        elif x["type"] == "round" and x["measured"]:
            out["series"].append((x["round"], x["seen_instant"], x["seen_day_keys"], x["seen_day_all"]))
        elif x["type"] == "flood" and x["bogus"] == "sources":
            for first, last in x["on"]:
                if first <= played:
                    out["floods"].append({"variant": x["variant"], "kind": x["kind"], "first": first, "last": min(last, played),
                                          "injector": x["injector"],
                                          "nodes": [x["node"]] if x["node"] else []})
        elif x["type"] == "flood":
            out["keys_only"] = {"first": x["first_round"], "last": x["last_round"]}
    return out


def score(build, world, seed, args, directory):
    base = os.path.join(directory, f"{world.replace('/', '-')}-{seed}")
    db = base + ".db"
    source, name = world.split("/")
    make = {"lab": make_lab, "own": make_independent, "hard": make_drawn, "bitcoin": make_gossip}[source]
    truth = make(build, name, seed, *size_of(world, args), db, base)
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


COLUMNS = (	# name, width, of the results of one world
    ("seeds", 5, lambda rs: str(len(rs))),
    ("found", 5, lambda rs: show(mean([r.found for r in rs]), "{:.2f}")),
    ("P", 6, lambda rs: show(mean([r.precision for r in rs]) if floods(rs) else None)),
    ("R", 6, lambda rs: show(mean([r.recall for r in rs]) if floods(rs) else None)),
    ("told", 6, lambda rs: show(mean([r.told for r in rs]))),
    ("R.1%", 6, lambda rs: show(mean([r.recall_at(0.001) for r in rs]) if floods(rs) else None)),
    ("worst", 6, lambda rs: show(worst_tenth([r.told for r in rs if r.told is not None]))),
    ("F1", 6, lambda rs: show(mean([r.f1 for r in rs]) if floods(rs) else None)),
    ("minF1", 6, lambda rs: show(min(r.f1 for r in rs) if floods(rs) else None)),
    ("FPgen%", 7, lambda rs: f"{100 * sum(r.fp for r in rs) / max(1, sum(r.genuine for r in rs)):.4f}"),
    ("delay", 6, lambda rs: show(mean([r.delay for r in rs]), "{:.1f}")),
    ("end", 6, lambda rs: show(mean([r.end_error for r in rs]), "{:.1f}")),
    ("size%", 6, lambda rs: show(mean([None if r.size_error is None else 100 * abs(r.size_error) for r in rs]), "{:.1f}")),
    ("cover", 5, lambda rs: show(mean([r.covered for r in rs]), "{:.2f}")),
    ("inst%", 6, lambda rs: show(mean([percent(r.instant_error) for r in rs]), "{:.2f}")),
    ("day%", 6, lambda rs: show(mean([percent(r.day_error) for r in rs]), "{:.2f}")),
    ("kind", 5, lambda rs: show(mean([r.kind for r in rs]), "{:.2f}")),
    ("rank1", 5, lambda rs: show(mean([r.rank == 1 for r in rs if r.rank is not None]), "{:.2f}")),
    ("roves", 5, lambda rs: show(mean([r.roving for r in rs]), "{:.2f}")),
    ("label", 5, lambda rs: str(sum(r.labelled or 0 for r in rs))),
    ("wrong", 5, lambda rs: str(sum(r.wrong_label or 0 for r in rs))),
    ("false", 5, lambda rs: str(sum(r.false_floods for r in rs))),
    ("years", 5, lambda rs: f"{sum(r.days for r in rs) / 365:.2f}"),
)
FOOT = """\
found: floods that have an incident; P R F1: of "bogus" over all sources, mean of the seeds; told: recall of bogus and
probably bogus together, worst: its mean in the worst tenth of the worlds; R.1%: recall by rank where 0.1 % of the genuine are hit; FPgen%: genuine sources called
bogus; delay, end: rounds late (worst flood, mean of the seeds); size%: error of the flood's size; cover: true size inside the
interval; inst% day%: error of the clean counts while the flood lasts and a day on; kind: right kind; rank1: a fixed injector
that was visited is first; roves: "fixed" or "roving" is right where it is said; label, wrong: peers called probable injector,
of these wrongly; false: floods reported that were none, in so many simulated years."""


def floods(results):
    return any(r.truth["floods"] for r in results)


def worst_tenth(values):
    return mean(sorted(values)[:max(1, len(values) // 10)])


def reliability(results):
    """How often sources of a stated probability are bogus, and scores of all of them."""
    all_of = [o for r in results for o in r.opinions if floods(results)]
    print("\nprobability       sources   stated  bogus   genuine found / stated")
    for low, high in zip(BINS, BINS[1:]):
        inside = [(p, b) for p, _, b, _ in all_of if low <= p < high]
        if not inside:
            continue
        wrong, stated = sum(not b for _, b in inside), sum(1 - p for p, _ in inside)
        print(f"{low:6g} to {min(high, 1):6g} {len(inside):9d} {mean([p for p, _ in inside]):8.4f} "
              f"{mean([float(b) for _, b in inside]):6.4f}   {wrong} / {stated:.1f}")
    if all_of:
        cut = [(min(max(p, 1e-6), 1 - 1e-6), b) for p, _, b, _ in all_of]
        print(f"Brier {mean([(p - b) ** 2 for p, b in cut]):.5f}, "
              f"log loss {mean([-math.log(p if b else 1 - p) for p, b in cut]):.5f} over {len(cut)} sources")


def regimes(results):
    """Recall where a sensor is young or not, nodes answer or not, and few or many are visited."""
    def of(name, chosen):
        bogus = [o for r in results for o in r.opinions if o[2] and chosen(r, o)]
        if bogus:
            print(f"{name:34} {len(bogus):7d} bogus: R {share(o[1] == 'bogus' for o in bogus):.3f} "
                  f"told {share(o[1] in TOLD for o in bogus):.3f}")
    print()
    of("first 60 hours", lambda r, o: o[3])
    of("later", lambda r, o: not o[3])
    for name, low, high in (("unreached", 0, 0.2), ("unreached", 0.2, 0.4), ("unreached", 0.4, 1),
                            ("coverage", 0, 0.3), ("coverage", 0.3, 0.9), ("coverage", 0.9, 2)):
        of(f"{name} {low:g} to {min(high, 1):g}",
           lambda r, o, n=name, a=low, b=high: a <= (r.truth["traits"] or {}).get(n, -1) < b)
    for calm in drawn.CALM:
        of(f"calm before: {calm} days", lambda r, o, c=calm: (r.truth["traits"] or {}).get("calm") == c)


def percent(x):
    return None if x is None else 100 * x


def line(name, results):
    return f"{name:17}" + "".join(f" {value(results):>{width}}" for _, width, value in COLUMNS)


def worlds(args):
    if args.worlds:
        return args.worlds.split(",")
    lab = sorted(f[:-4] for f in os.listdir(WORLDS) if f.endswith(".ini"))
    every = {"hard": [f"hard/{w}" for w in (*drawn.FLOODS, *drawn.CONTROLS)], "lab": [f"lab/{w}" for w in lab],
             "bitcoin": sorted(f"bitcoin/{f[:-4]}" for f in os.listdir(os.path.join(WORLDS, "bitcoin"))),
             "independent": [f"own/{w}" for w in (*independent.FLOODS, *independent.CONTROLS)]}
    return every["lab"] + every["bitcoin"] + every["independent"] if args.source == "both" else every[args.source]


def arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("build")
    p.add_argument("--worlds")
    p.add_argument("--source", choices=("lab", "bitcoin", "independent", "hard", "both"), default="both")
    p.add_argument("--seeds", type=int, default=10)
    p.add_argument("--first", type=int, default=1)
    p.add_argument("--jobs", type=int, default=os.cpu_count())
    p.add_argument("--quick", action="store_true", help="one seed of each world, small")
    p.add_argument("--json", help="write the result of every run here")
    p.add_argument("--days", type=float)
    p.add_argument("--nodes", type=int)
    p.add_argument("--keep", help="keep the databases in this folder")
    p.add_argument("--each", action="store_true", help="a line for each seed, too")
    args = p.parse_args()
    if args.quick:
        args.seeds = 1
    return args


def sizes(args):
    def of(controls):
        found = {size_of(w, args) for w in worlds(args) if has_flood(w) != controls}
        days = sorted({d for _, d in found})
        return f"{max(n for n, _ in found)} nodes, {'-'.join(f'{d:g}' for d in {days[0]: 0, days[-1]: 0})} days" if found else "none"
    return (f"{datetime.now(timezone.utc):%Y-%m-%d}, {args.seeds} of each world from seed {args.first} on; "
            f"worlds with a flood: {of(False)}; without: {of(True)}.")


def save(args, every):
    with open(args.json + ".new", "w") as out:
        json.dump({"sizes": sizes(args), "runs": [r.facts() for r in every]}, out, indent=1)
    os.rename(args.json + ".new", args.json)


def score_all(args, directory):
    """Worlds in order; their seeds in parallel."""
    every, todo = [], [(w, s) for w in worlds(args) for s in range(args.first, args.first + args.seeds)]
    began = time.time()
    with ProcessPoolExecutor(args.jobs) as pool:
        futures = [pool.submit(score, args.build, w, s, args, directory) for w, s in todo]
        for i, ((world, seed), future) in enumerate(zip(todo, futures)):
            every.append(future.result())
            print(f"{i + 1}/{len(todo)} {world} {seed}: {time.time() - began:.0f} s", file=sys.stderr, flush=True)
            if args.each:
                print(line(f"  {seed}", every[-1:]), flush=True)
            if i + 1 == len(todo) or todo[i + 1][0] != world:
                print(line(world, [r for r in every if r.world == world]), flush=True)
                if args.json:
                    save(args, every)
    return every


def main():
    args = arguments()
    directory = args.keep or tempfile.mkdtemp(prefix="kansoku-score-")
    os.makedirs(directory, exist_ok=True)
    print(f"{'world':17}" + "".join(f" {name:>{width}}" for name, width, _ in COLUMNS), flush=True)
    try:
        every = score_all(args, directory)
    finally:
        if not args.keep:
            shutil.rmtree(directory, ignore_errors=True)
    print(line("all", every))
    print(FOOT)
    reliability([r for r in every if r.truth["floods"]])
    regimes([r for r in every if r.truth["floods"]])
    print(sizes(args))


if __name__ == "__main__":
    main()
