#!/usr/bin/env python3
"""usage: replay_check.py BUILD DB TRUTH.jsonl

What the replay found beside what was so, in plain words.  Exit 1 if a flood was missed, dated
wrong by more than two rounds, or raised where there was none, or if the cleaned line leaves the
truth by more than 1 % in the middle of the floods.
"""
import collections, csv, datetime, io, json, subprocess, sys

build, db, truth_file = sys.argv[1:]
MOST_ROUNDS, MOST_ERROR = 2, 0.01

def ask(*words):
    return subprocess.run([build + "/kansoku", *words, "--db", db], check=True, stdout=subprocess.PIPE, text=True).stdout

def when(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))

def shown(t):
    return (t + datetime.timedelta(hours=9)).strftime("%d %b %H:%M").lstrip("0")

truth = [json.loads(line) for line in open(truth_file)]
step = next(x for x in truth if x["type"] == "world")["round_s"]
floods = [x for x in truth if x["type"] == "flood"]
seen = {x["round"]: x for x in truth if x["type"] == "round" and x["measured"]}
found = [i for i in json.loads(ask("incidents", "--format", "json")) if i["kind"] not in ("outage", "population-step")]
rounds = [r for r in csv.DictReader(io.StringIO(ask("counts", "--format", "csv"))) if r["complete"] == "1"]
told = {row["node"] for row in csv.DictReader(io.StringIO(ask("verdicts", "--format", "csv")))}
reached = collections.Counter(x["flood"] for x in truth if x["type"] == "bogus" and x["source"] in told)
bad = False

print("flood              found to begin and end (JST)     rounds off      bogus sources found       reached the sensor")
for f in floods:
    best = min(found, key=lambda i: abs(when(i["start"]) - when(f["start"])), default=None)
    if best is None or best["end"] is None:
        print("%d                 not found" % f["flood"])
        bad = True
        continue
    found.remove(best)
    off = [round((when(best[k]) - when(f[k])).total_seconds() / step, 1) for k in ("start", "end")]
    b = best["bogus"]
    print("%d, %-14s  %s to %-13s  %+.1f and %+.1f  %8.0f (%.0f to %.0f)  %8d of %d announced" % (f["flood"],
          "%.3g a round" % f["per_round"], shown(when(best["start"])), shown(when(best["end"])), *off, b["estimate"],
          b["low"], b["high"], reached[f["flood"]], f["announced"]))
    bad = bad or max(map(abs, off)) > MOST_ROUNDS
for i in found:
    print("incident %d, %s from %s, was none" % (i["id"], i["kind"], i["start"]))
    bad = True

def flooded(r, hours):
    return any(when(f["start"]) < when(r["end"]) < when(f["end"]) + datetime.timedelta(hours=hours) for f in floods)

print()
for name, raw, clean, real, hours in (("one round", "instant", "instant_clean", "seen_instant", 0),
                                      ("24 hours", "day_keys", "day_keys_clean", "seen_day_keys", 24)):
    pairs = [(float(r[raw]), float(r[clean]), seen[int(r["round"])][real]) for r in rounds if flooded(r, hours)]
    errors = sorted(abs(c - t) / t for _, c, t in pairs)
    mean = sum(c for _, c, _ in pairs) / sum(t for _, _, t in pairs) - 1
    print("Sources of keys in %s while the floods last: the raw count is %+.1f %% off the truth, the cleaned one %+.2f %%;\n"
          "  in 95 of 100 rounds it lies within %.2f %%, at worst %.2f %%." % (name, (sum(x for x, _, _ in pairs) /
          sum(t for _, _, t in pairs) - 1) * 100, mean * 100, errors[int(len(errors) * .95)] * 100, errors[-1] * 100))
    bad = bad or errors[int(len(errors) * .95)] > MOST_ERROR
sys.exit(bad)
