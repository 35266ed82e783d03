#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole round with keys, 60 a window: at true timers, and time-scaled.

Held against the age that a link must have before it answers, times the waves of
nodes that the sessions make: nobody can be faster with so few.
"""
from measure import *

AGE_S = 6

def one(name, nodes, scale, target):
    lab = Lab(nodes, scale)
    crawl = Crawl(scale=scale)
    lab.end()
    waves = max(1, nodes / crawl.sessions)
    figure(name, crawl.seconds, "s", "age*nodes/sessions", waves * AGE_S / scale, "s", target)
    figure(name + "-reached", crawl.round["reached"], "nodes", "all", nodes, "nodes", "ratio>=1")
    figure(name + "-keys", crawl.round["keys"], "keys", "60-a-node", nodes * 60, "keys")

work_place()
if QUICK:
    one("keys-round", 4000, 1, "")
    one("keys-round-scaled", 10000, 10, "")
else:
    one("keys-round", 200000, 1, "value<150")
    one("keys-round-scaled", 200000, 10, "value<60")
