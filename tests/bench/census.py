#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Handshakes a second of a census, against bare dials: half of them before, half after."""
from measure import *

nodes = 20000 if QUICK else 200000
work_place()
lab = Lab(nodes)
warm = bare_dials(nodes // 2, 2000)
census = Crawl("--no-keys")
lab.end()
bare = nodes / (warm + bare_dials(nodes // 2, max(1, census.round["peak_links"])))
figure("census", nodes / census.seconds, "handshakes/s", "bare-dials", bare, "dials/s", "ratio>=0.6")
figure("census-seconds", census.seconds, "s", "%d-bare-dials" % nodes, nodes / bare, "s",
       "" if QUICK else "value<25")
figure("census-reached", census.round["reached"], "nodes", "all", nodes, "nodes", "ratio>=1")
