#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What 5 million bogus claimed addresses a day cost a crawl: seconds, and memory for known nodes.

The same overlay without and with a flood, some rounds of each by turns, each begun when
the lab's clock says half a minute times SCALE: so each round meets as many new claims as
one of 57 a day would.  That nobody is at a claimed address shows at once in a lab; what
silence costs is silent.py's figure.
"""
import sqlite3, statistics
from measure import *

A_DAY, ROUNDS_A_DAY, SCALE, CAP_MIB = 5000000, 57, 30, 4
PERIOD_S = 150      # by the lab's clock; five seconds, more than a round takes
WHILE = 1.25        # a round meets who lives at any time of it, not at its beginning
nodes, rounds, turns = (4000, 2, 1) if QUICK else (20000, 6, 2)
claims = A_DAY // ROUNDS_A_DAY * nodes // 20000     # quick: a network a fifth as large

def crawl(**flood):
    """Seconds of each round but the first, when no claim is known yet; and the whole crawl."""
    lab = Lab(nodes, SCALE, world_round="%ds" % PERIOD_S, **flood)
    run = Crawl("-v", "--rounds", str(rounds + 1), "--round-every", "%ds" % (PERIOD_S // SCALE),
                "--max-memory", str(CAP_MIB), scale=SCALE)
    lab.end()
    return run.each[1:], run

def met():
    """Sources of keys in the last round that the round before did not know."""
    with sqlite3.connect("crawl/a.db") as db:
        return db.execute("SELECT count(*) FROM seen WHERE round = ?1 AND bits & 1 AND node NOT IN"
                          " (SELECT node FROM seen WHERE round = ?1 - 1)", (rounds + 1,)).fetchone()[0]

work_place()
clean, flooded = [], []
for _ in range(turns):
    seconds, _ = crawl()
    clean += seconds
    seconds, run = crawl(**{"flood.1_variant": "V2", "flood.1_life": "%ds" % PERIOD_S,
                            "flood.1_rate": "%.1f%%" % (100 * claims / nodes / WHILE)})
    flooded += seconds
used = max(int(n) for n in re.findall(r"(\d+) bytes for known nodes", run.err))
figure("claims-a-round", met(), "sources", "5-million-a-day", claims, "sources")
# A round that loses somebody on the way waits a second for him: means, not medians of two kinds.
figure("claims-crawl", statistics.mean(flooded), "s", "without", statistics.mean(clean), "s",
       "" if QUICK else "ratio<1.1")
figure("claims-memory", used / 1048576, "MiB", "--max-memory", CAP_MIB, "MiB", "ratio<=1")
