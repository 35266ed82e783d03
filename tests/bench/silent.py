#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A census of which 60 % are silent, against nodes x silent x connect limit / sessions.

A place is taken for the whole limit, so that no order of dials is faster than whole waves.
With as many links as descriptors allow, 200,000 nodes make 6.007 waves: seven, the last
of them all but empty, and the formula, which knows no waves, is missed by that.  So the
census is taken twice: with all links, and with as few as make as many waves, all of them full.
"""
import math
from measure import *

LIMIT_S = 3

nodes, sessions = (10000, 2000) if QUICK else (200000, None)
work_place()
lab = Lab(nodes, population_silent="60%")
everybody = [line.split()[1] for line in open("map") if not line.startswith("#")]
open("peers", "w").write("\n".join(everybody))      # the lab's own list leaves the silent out

def census(sessions):
    crawl = Crawl("--no-keys", "--connect-limit", "%ds" % LIMIT_S, "--retry", "none",
                  *(["--max-sessions", str(sessions)] if sessions else []))
    return crawl, len(everybody) - crawl.round["reached"]

def formula(crawl):
    return silent * LIMIT_S / crawl.sessions

all_links, silent = census(sessions)
waves = math.ceil(silent / all_links.sessions)
full, silent = census(math.ceil(silent / waves))
lab.end()
figure("census-60%-silent", full.seconds, "s", "n*silent*limit/%d" % full.sessions, formula(full), "s",
       "" if QUICK else "ratio<=1.15,value<35")
figure("census-60%-silent-all", all_links.seconds, "s", "n*silent*limit/%d" % all_links.sessions,
       formula(all_links), "s")
figure("census-60%-silent-waves", all_links.seconds, "s", "whole-waves*limit", waves * LIMIT_S, "s")
