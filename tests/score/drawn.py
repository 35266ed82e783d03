#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""World files for kansoku-lab, drawn within what was measured of real networks.

The worlds of tests/lab/worlds are milder than any network: sessions are alike, nine nodes in
ten answer, made-up ports betray themselves, and days of calm come before a flood.  Here a seed
draws all of this:

sessions     log-normal, sigma 1.3 to 1.8, median 20 min to 4 h (18 file-sharing traces: Zhang,
             Iosup and Epema, PDS-2010-003; Kad, Mainline and IPFS have lives as short)
unreached    5 to 55 % never answer (at least half of IPFS's nodes are behind NAT: Henningsen et
             al. 2020)
ports        of made-up sources within genuine addresses, and of the evasive: as genuine ones
an injector  is on our list in a third of the worlds; a visit sees a few keys of its table
calm         0, 1, 3 or 14 days before the flood
coverage     5 to 100 % of the nodes are visited in a round, and it changes

usage: drawn.py NAME SEED NODES > world.ini; the facts go to standard error."""
import random
import sys

OCTETS = (58, 59, 60, 61, 114, 118, 121, 122, 124, 125, 133, 150, 202, 210, 218, 219, 220, 221)
FLOODS = {	# variant, what else its section says
    "v1": ("V1", ""),
    "v2": ("V2", ""),
    "v3": ("V3", "ports = genuine\n"),
    "v4": ("V4", "ports = genuine\n"),
    "v7": ("V7", "rate = 0.3%\n"),
    "v8": ("V8", ""),
    "evasive": ("evasive", "ttl = random\n"),
    "evasive-pools": ("evasive", "addresses = japan\nttl = random\n"),
}
CONTROLS = ("quiet", "renumber", "holiday", "newcomers", "outage")
CALM = (0, 1, 3, 14)
FLOOD_H = 48


def draw(name, seed, nodes):
    """The text of a world file, and what was drawn: {"days", "calm", "reach", "coverage"}."""
    r = random.Random(f"{name}/{seed}")
    sigma, median = r.uniform(1.3, 1.8), 60 * 20 * 12 ** r.random()
    silent, duty = r.uniform(0.05, 0.55), r.uniform(0.25, 0.5)
    coverage, keys = r.choice((0.05, 0.2, 0.5, 0.8, 1, 1)), r.randint(2, 8)
    calm = r.choice(CALM) if name in FLOODS else 3
    session = max(1800, min(median * 2.718281828 ** (sigma * sigma / 2), 86400))
    text = [f"[world]\nstart = 2010-05-21T00:00:00+09:00\nnodes = {nodes}\nseed = {seed}\n",
            f"[population]\nsilent = {100 * silent:.0f}%\nfiles = {r.choice((2, 5, 25))}\n"
            f"catalogue = {r.choice((2000, 20000))}\nforeign = {r.choice((0, 0.9, 2))}%\n",
            f"[churn]\nsession = {session:.0f}s\nsigma = {sigma:.2f}\nduty = {100 * duty:.0f}%\nbrief = 0%\n"
            f"always_on = {100 * r.uniform(0.02, 0.3):.0f}%\nnew_address = {r.choice((5, 30, 80))}%\n",
            f"[sensor]\ncoverage = {100 * coverage:.0f}%\nkeys = {keys}\n"
            f"farewells = {r.choice((2, 5, 20))}%\n"]
    pools = r.sample([(a, b) for a in OCTETS for b in range(0, 256, 16)], r.randint(12, 36))
    weights = [1 / (i + 1) ** r.uniform(0.4, 1.2) for i in range(len(pools))]
    if name == "renumber":			# a fifth of all nodes
        weights[0] = sum(weights[1:]) / 4
    text += [f"[pool.{i + 1}]\nweight = {w:.4f}\nblocks = {a}.{b}-{b + r.choice((1, 3, 7))}\n"
             for i, ((a, b), w) in enumerate(zip(pools, weights))]
    injector, files = r.choice((("fixed", 5), ("fixed", 0), ("roving", 0)))
    if name in FLOODS:
        variant, more = FLOODS[name]
        text.append(f"[flood.1]\nvariant = {variant}\nstart = {24 * calm}h\nend = {24 * calm + FLOOD_H}h\n{more}"
                    f"injector = {injector}\ninjector_files = {files}\n")
    elif name != "quiet":
        more = {"renumber": "pool = 1\nblocks = 153.120-151\nramp = 3h\n", "holiday": "size = 40%\nend = 120h\n",
                "newcomers": "size = 25%\nramp = 2h\n", "outage": "end = 78h\n"}[name]
        text.append(f"[event.1]\nkind = {name}\nstart = 72h\n{more}")
    if r.random() < 0.3 and name != "quiet":	# a slow line for some hours of the flood
        at = 24 * calm + r.randint(4, 30)
        text.append(f"[event.2]\nkind = coverage\nstart = {at}h\nend = {at + 6}h\nsize = 50%\n")
    return "\n".join(text), {"days": calm + FLOOD_H / 24 + 1 if name in FLOODS else 7, "calm": calm,
                             "unreached": silent, "coverage": coverage, "injector": injector if files or injector != "fixed" else "unlisted"}


def main():
    text, facts = draw(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
    print(text)
    print(facts, file=sys.stderr)


if __name__ == "__main__":
    main()
