#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Seconds of a core for analyze of one more round, after 60 days against after one.

Medians of five rounds each; quick: ten days.
"""
import collections, statistics
from measure import *

DAYS, NODES, ROUNDS_A_DAY, EACH = 10 if QUICK else 60, 100 if QUICK else 500, 57, 5

def rounds(stream):
    """(number, lines) of each round of the simulation, as it comes."""
    kept, at = [], None
    for line in stream:
        n = json.loads(line)["round"] if at is None or b'"round":%d,' % at not in line else at
        if n != at and kept:
            yield at, kept
            kept = []
        at = n
        kept.append(line)
    if kept:
        yield at, kept

class Sink:
    """Lines on their way into the database, many rounds an import."""
    def __init__(self):
        self.lines = []

    def flush(self):
        with open("some.jsonl", "wb") as f:
            f.writelines(self.lines)
        kansoku("import", "-q", "--db", "a.db", "some.jsonl")
        self.lines = []

work_place()
simulate = subprocess.Popen([BUILD + "/kansoku-lab", "simulate", "-q", "--world", ROOT + "/data/worlds/clean.ini",
                             "--nodes", str(NODES), "--days", str(DAYS + 1), "--jsonl", "-"], stdout=subprocess.PIPE)
sink, spent = Sink(), collections.defaultdict(list)
for n, lines in rounds(simulate.stdout):
    sink.lines += lines
    for day in (1, DAYS):
        if n == day * ROUNDS_A_DAY or day * ROUNDS_A_DAY < n <= day * ROUNDS_A_DAY + EACH:
            sink.flush()
            run = kansoku("analyze", "-q", "--db", "a.db")
            if n > day * ROUNDS_A_DAY:
                spent[day].append(run.cpu)
    if len(sink.lines) > 400000:
        sink.flush()
simulate.stdout.close()
if simulate.wait() not in (0, 1) or len(spent[DAYS]) != EACH:
    sys.exit("the simulation ended early")
figure("analyze-one-more-round", statistics.median(spent[DAYS]), "cpu-s", "after-1-day",
       statistics.median(spent[1]), "cpu-s", "ratio<1.5")
