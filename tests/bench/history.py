#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Seconds of a core for analyze of one more round, after 60 days against after one and three.

What a run looks back on, a day behind the oldest round that is not settled, is there in full
after three days.  The databases are kept as they were on those days and take turns, five rounds
each, so that a busy machine is busy for all; medians.  quick: ten days.
"""
import statistics
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

    def flush(self, db="a.db"):
        if self.lines:
            with open("some.jsonl", "wb") as f:
                f.writelines(self.lines)
            kansoku("import", "-q", "--db", db, "some.jsonl")
        self.lines = []

work_place()
simulate = subprocess.Popen([BUILD + "/kansoku-lab", "simulate", "-q", "--world", ROOT + "/tests/lab/worlds/clean.ini",
                             "--nodes", str(NODES), "--days", str(DAYS + 1), "--jsonl", "-"], stdout=subprocess.PIPE)
sink, kept = Sink(), {day: [] for day in (1, 3, DAYS)}
for n, lines in rounds(simulate.stdout):
    day = (n - 1) // ROUNDS_A_DAY
    if day in kept and len(kept[day]) < EACH:
        if not kept[day]:
            sink.flush()
            shutil.copy("a.db", "%d.db" % day)
            kansoku("analyze", "-q", "--db", "%d.db" % day)
        kept[day].append(lines)
    sink.lines += lines
    if len(sink.lines) > 400000:
        sink.flush()
simulate.stdout.close()
if simulate.wait() not in (0, 1) or len(kept[DAYS]) != EACH:
    sys.exit("the simulation ended early")

spent = {day: [] for day in kept}
for i in range(EACH):
    for day in kept:
        sink.lines = kept[day][i]
        sink.flush("%d.db" % day)
        spent[day].append(kansoku("analyze", "-q", "--db", "%d.db" % day).cpu)
cost = {day: statistics.median(spent[day]) for day in spent}
for day in 1, 3:
    figure("analyze-day-%d-by-day-%d" % (DAYS, day), cost[DAYS], "cpu-s",
           "after-%d-day%s" % (day, "s" * (day > 1)), cost[day], "cpu-s", "ratio<1.5")
