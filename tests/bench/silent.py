#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A census of which 60 % are silent, against nodes x silent x connect limit / sessions.

A place is taken for the whole limit, so that no order of dials is faster than whole
waves: that bound is printed, too.
"""
import math
from measure import *

LIMIT_S = 3

nodes, sessions = (10000, 2000) if QUICK else (200000, None)
work_place()
lab = Lab(nodes, population_silent="60%")
everybody = [line.split()[1] for line in open("map") if not line.startswith("#")]
open("peers", "w").write("\n".join(everybody))      # the lab's own list leaves the silent out
census = Crawl("--no-keys", "--connect-limit", "%ds" % LIMIT_S, "--retry", "none",
               *(["--max-sessions", str(sessions)] if sessions else []))
lab.end()
silent = len(everybody) - census.round["reached"]
least = silent * LIMIT_S / census.sessions
figure("census-60%-silent", census.seconds, "s", "n*silent*limit/sessions", least, "s",
       "" if QUICK else "ratio<=1.15,value<35")
figure("census-60%-silent-waves", census.seconds, "s", "whole-waves*limit",
       math.ceil(silent / census.sessions) * LIMIT_S, "s")
