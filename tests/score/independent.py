#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Worlds that owe nothing to kansoku-lab, to guard the analysis against fitting itself
to one simulator.  Everything that the lab fixes is drawn anew for each seed here: address
pools, session lengths, keys per source, coverage, timers, who is dialled and when (in some
worlds nobody), who relays, how many files.

usage: independent.py --world NAME --seed N --days D --nodes N --jsonl FILE --truth FILE
NAME is one of the floods or negative controls below; --list prints them.

The truth file is JSON: the floods with first and last round, every bogus source, and for
each round the genuine sources that were seen (now, over 24 h, over 24 h by any channel)."""
import argparse
import json
import math
import random
from collections import deque

ROUND_S = 1516			# 57 rounds a day
START = 1273968000		# 2010-05-16T00:00:00Z, a Sunday
SPECIAL = ((0, 8), (10 << 24, 8), (127 << 24, 8), (100 << 24 | 64 << 16, 10), (169 << 24 | 254 << 16, 16),
           (172 << 24 | 16 << 16, 12), (192 << 24 | 168 << 16, 16), (224 << 24, 3))


def special(ip):
    return any(ip >> (32 - bits) == base >> (32 - bits) for base, bits in SPECIAL)


def dotted(ip):
    return f"{ip >> 24}.{ip >> 16 & 255}.{ip >> 8 & 255}.{ip & 255}"


def stamp(s):
    s = int(s)
    days, rest = divmod(s, 86400)
    z = days + 719468
    era, doe = divmod(z, 146097)
    yoe = (doe - doe // 1460 + doe // 36524 - doe // 146096) // 365
    doy = doe - (365 * yoe + yoe // 4 - yoe // 100)
    mp = (5 * doy + 2) // 153
    d, m = doy - (153 * mp + 2) // 5 + 1, mp + 3 if mp < 10 else mp - 9
    y = yoe + era * 400 + (m <= 2)
    return f"{y:04d}-{m:02d}-{d:02d}T{rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}.000Z"


class Traits:
    """What a seed decides about the world before anything happens in it."""

    def __init__(self, r, nodes):
        self.nodes = nodes
        octets = r.sample([58, 59, 60, 61, 114, 118, 121, 122, 124, 125, 126, 133, 150, 153, 202, 210, 218, 219,
                           220, 221, 222], r.randint(6, 16))
        self.pools = []
        for _ in range(r.randint(8, 40)):
            bits = r.choice([13, 14, 15, 16, 16, 17])
            base = r.choice(octets) << 24 | r.getrandbits(24)
            self.pools.append((base >> (32 - bits) << (32 - bits), bits))
        zipf = r.uniform(0.4, 1.3)
        self.weights = [1 / (i + 1) ** zipf for i in range(len(self.pools))]
        self.foreign = r.choice([0, 0.004, 0.009, 0.02])
        self.session = r.choice([1, 2, 4, 8, 14]) * 3600
        self.brief = r.choice([0, 0.1, 0.3])		# sessions of minutes
        self.spread = r.uniform(0.6, 1.3)		# sigma of log session length
        self.duty = r.uniform(0.3, 0.7)
        self.always = r.uniform(0.02, 0.35)
        self.new_address = r.choice([0.05, 0.3, 0.8])
        self.coverage = r.choice([0.4, 0.7, 0.9, 1.0])
        self.keys = r.choice([1.0, 1.4, 2.5])		# mean keys named per source and round
        self.files = r.choice([1.5, 4, 20])		# median files per node
        self.catalogue = r.choice([500, 5000, 40000])
        self.ports = r.choice(["uniform", "high", "clustered", "few"])
        self.reachable = r.uniform(0.45, 0.95)
        self.dialled = r.choice(["all", "all", "next", "next", "sample", "none"])
        self.sample = r.uniform(0.1, 0.5)
        self.ttl = r.choice(["decay", "decay", "mixed", "flat"])
        self.hubs = r.choice([0, 0, 1.0])		# skew of who relays
        self.day_wave = r.uniform(0.05, 0.2)
        self.relays = r.uniform(0.3, 1)			# share of online nodes that are visited
        self.self_keys = r.choice([0, 0.3, 0.8])	# a visited source names itself
        self.new_port = r.choice([0, 0, 0.3, 1])	# ... comes with a new address
        self.behind_one = r.choice([0, 0, 0.03, 0.1])	# share of nodes that share an address
        self.turnover = r.choice([0, 0.02, 0.1])	# share of nodes that others replace in a day
        self.shared = []

    def port(self, r):
        if self.ports == "uniform":
            return r.randint(1024, 32767)
        if self.ports == "high":
            return r.randint(5000, 65000)
        if self.ports == "few":
            return r.choice([7743, 4504, 10000, 7744, 8080, 20000, 12345, 5555])
        return r.choice([7743, 7743, 7743, r.randint(1025, 32767), r.randint(1025, 9999)])

    def address(self, r, pool):
        if pool is None:
            while True:
                ip = r.getrandbits(32)
                if not special(ip):
                    return ip
        base, bits = self.pools[pool]
        return base | r.getrandbits(32 - bits)

    def a_shared_address(self, r, pool):
        """One of a few addresses behind which a handful of nodes live each."""
        if not self.shared or r.random() < 0.25:
            self.shared.append(self.address(r, pool))
        return r.choice(self.shared)

    def another(self, r, ip, pool):
        """A new address of the same provider: a foreign node does not change its country each hour."""
        return ip >> 16 << 16 | r.getrandbits(16) if pool is None else self.address(r, pool)

    def a_pool(self, r):
        if r.random() < self.foreign:
            return None
        return r.choices(range(len(self.pools)), self.weights)[0]


class Node:
    __slots__ = ("pool", "ip", "port", "files", "until", "on", "always", "up", "seen", "gone", "heavy", "stays")

    def __init__(self, r, t, now):
        self.pool = t.a_pool(r)
        self.stays = r.random() < t.behind_one
        self.ip = t.a_shared_address(r, self.pool) if self.stays else t.address(r, self.pool)
        self.port = t.port(r)
        n = max(1, int(math.exp(r.gauss(math.log(t.files), 1.0))))
        self.files = [int(t.catalogue ** r.random()) for _ in range(min(n, 60))]
        self.always = r.random() < t.always
        self.up = r.random() < t.reachable
        self.on = self.always or r.random() < t.duty
        self.until = now + (1e12 if self.always else r.expovariate(1 / t.session))
        self.gone = False
        self.heavy = r.paretovariate(1.2) if t.hubs else 1.0

    def step(self, r, t, now, boost):
        while self.until <= now:
            self.on = not self.on
            mean = t.session if self.on else t.session * (1 - t.duty) / t.duty / boost
            if self.on and r.random() < t.brief:
                mean = 1200
            self.until += mean * math.exp(r.gauss(0, t.spread) - t.spread ** 2 / 2)
            if self.on and not self.stays and r.random() < t.new_address:
                self.ip = t.another(r, self.ip, self.pool)
                if r.random() < t.new_port:
                    self.port = t.port(r)


FLOODS = {	# addresses, ports, hash, repeat (rounds per source), channel, share of the population per round
    "v1": ("uniform", "any", "fresh", 1, "key", 0.02),
    "v1-weak": ("uniform", "any", "fresh", 1, "key", 0.002),
    "v1-strong": ("uniform", "any", "fresh", 1, "key", 0.2),
    "v2": ("public", "any", "fresh", 1, "key", 0.02),
    "v3": ("pools", "any", "fresh", 1, "key", 0.02),
    "v4": ("nodes", "any", "fresh", 1, "key", 0.02),
    "v5": ("few", "ephemeral", None, 4, "neighbour", 0.05),
    "v5-key": ("few", "ephemeral", "fresh", 1, "key", 0.05),
    "v6": ("online", "own", "fresh", 1, "key", 0.02),
    "v7": ("uniform", "any", "fresh", 1, "key", 0.0012),
    "v8": ("public", "any", "target", 1, "key", 0.03),
    "v8-stay": ("uniform", "any", "target", 40, "key", 0.004),
    "evasive": ("public", "genuine", "fresh", 3, "key", 0.02),
    "evasive-pools": ("pools", "genuine", "shared", 3, "key", 0.02),
    "s6": ("gone", "own", "shared", 40, "key", 0.004),	# nodes that left stay advertised
}
CONTROLS = ("quiet", "holiday", "outage", "half-outage", "step", "renumber", "popular", "new-isp", "newcomers",
            "short-lived")


class Flood:
    def __init__(self, r, name, t, rounds):
        self.name = name
        self.addresses, self.ports, self.hash, self.repeat, self.channel, share = FLOODS[name]
        self.rate = share * t.nodes * t.duty * r.uniform(0.8, 1.25)
        length = r.choice([57, 114, 171]) if name != "v7" else 171
        self.first = r.randint(int(rounds * 0.4), max(int(rounds * 0.4), rounds - length - 20))
        self.last = min(rounds, self.first + length - 1)
        self.targets = [r.getrandbits(128) for _ in range(r.randint(1, 4))]
        self.ttl = r.choice(["full", "random", "equal", "low", "genuine"])
        if self.hash == "fresh" and r.random() < 0.5:
            self.hash = "shared"
        self.copies = r.choice([1, 1, t.keys])	# keys of a source and round
        self.injector = r.choice(["fixed", "fixed", "roving", "unvisited"])
        self.few = [t.address(r, r.randrange(len(t.pools))) for _ in range(3)]
        self.spread = r.uniform(0.2, 0.9)		# share of keys that others relay on
        self.live = deque()
        self.everyone = set()
        self.host = None
        self.hosts = set()	# addresses from which it sent
        self.seen_rounds = []

    def source(self, r, world):
        t = world.t
        while True:
            if self.addresses == "uniform":
                ip = r.getrandbits(32)  # impossible ones as well
            elif self.addresses == "public":
                ip = t.address(r, None)
            elif self.addresses == "pools":
                ip = t.address(r, r.randrange(len(t.pools)))
            elif self.addresses == "few":
                ip = r.choice(self.few)
            elif self.addresses == "gone":
                return r.choice(world.left)
            else:
                n = r.choice(world.online)
                if self.addresses == "online":
                    return n.ip, n.port
                ip = n.ip
            port = {"any": lambda: r.randint(1, 65535), "ephemeral": lambda: r.randint(32768, 61000),
                    "genuine": lambda: t.port(r)}[self.ports]()
            if (ip, port) not in world.genuine:
                return ip, port

    def key(self, r, world):
        if self.hash == "target":
            return r.choice(self.targets)
        if self.hash == "shared":
            return world.hash_of(int(world.t.catalogue ** r.random()))
        return r.getrandbits(128)

    def timer(self, r, age):
        if self.ttl == "full":
            return max(5, 1500 + r.randint(0, 99) - age)
        if self.ttl == "equal":
            return 1200
        return r.randint(30, 1599) if self.ttl == "random" else r.randint(10, 300)


class World:
    def __init__(self, name, seed, days, nodes):
        self.r = r = random.Random(f"{name}/{seed}")
        self.name, self.rounds = name, int(days * 86400 / ROUND_S)
        self.t = t = Traits(r, nodes)
        if name == "s6" and t.dialled == "none":
            t.dialled = "all"			# who dials nobody cannot see it
        self.salt = r.getrandbits(64)
        self.everybody = [Node(r, t, START) for _ in range(nodes)]
        self.flood = Flood(r, name, t, self.rounds) if name in FLOODS else None
        self.genuine = set()
        self.left = [(0, 0)]			# sources of the last day that are gone
        self.previous = []
        self.day = deque()
        self.event = (r.randint(int(self.rounds * 0.5), int(self.rounds * 0.7)), r.choice([20, 57, 114]))
        self.popular = None
        self.truth = []

    def hash_of(self, file):
        return random.Random(self.salt + file).getrandbits(128)

    # ---- what happens in the world, round by round ----

    def events(self, n):
        first, length = self.event
        r, t, during = self.r, self.t, first <= n < first + length
        boost = 1 + t.day_wave * math.sin(2 * math.pi * n / 57)
        if self.name == "holiday" and during:
            boost *= 1.8
        if n != first:
            return boost
        if self.name == "step":
            for node in self.everybody:
                node.gone = r.random() < 0.2
        elif self.name == "renumber":
            pool = max(range(len(t.pools)), key=lambda i: t.weights[i])
            t.pools[pool] = (r.choice([1, 27, 175, 182, 49 + 65]) << 24 | r.getrandbits(8) << 16, 15)
            for node in self.everybody:
                if node.pool == pool:
                    node.ip = t.address(r, pool)
        elif self.name == "new-isp":
            t.pools.append((203 << 24 | r.getrandbits(7) << 17, 15))
            t.weights.append(0)
            for _ in range(len(self.everybody) // 8):
                self.newcomer(len(t.pools) - 1)
        elif self.name in ("newcomers", "short-lived"):
            for _ in range(len(self.everybody) // 4):
                self.newcomer(None, self.name == "short-lived")
        elif self.name == "popular":
            self.popular = r.getrandbits(128)
        return boost

    def newcomer(self, pool, short=False):
        node = Node(self.r, self.t, START)
        if pool is not None:
            node.pool, node.ip = pool, self.t.address(self.r, pool)
        node.on, node.always = False, False
        node.until = START + (self.event[0] + self.r.expovariate(1 / 20)) * ROUND_S
        self.everybody.append(node)
        if short:
            node.files = node.files[:1]

    def outage(self, n):
        first, length = self.event
        return self.name == "outage" and first <= n < first + length // 2

    def coverage(self, n):
        first, length = self.event
        if self.name == "half-outage" and first <= n < first + length // 2:
            return self.t.coverage * 0.4
        return self.t.coverage

    # ---- what the sensor is told ----

    def relays(self):
        r, t = self.r, self.t
        k = max(3, int(len(self.online) * t.relays))
        peers = r.sample(self.online, min(k, len(self.online)))
        return peers, [p.heavy for p in peers]

    def ttl(self, own):
        r, law = self.r, self.t.ttl
        if law == "flat":
            return 1500
        if own or (law == "mixed" and r.random() < 0.4):
            return 1500 + r.randint(0, 99)
        return r.randint(20, 1500)

    def timer(self, age):
        f = self.flood
        return self.ttl(False) if f.ttl == "genuine" else f.timer(self.r, age)

    def genuine_keys(self, n, out, sources):
        r, t, cov = self.r, self.t, self.coverage(n)
        for node in self.online:
            if r.random() >= cov:
                continue
            sources[(node.ip, node.port)] = node
            count = 1 + (int(r.expovariate(1 / (t.keys - 1))) if t.keys > 1 else 0)
            for _ in range(min(count, 12)):
                h = self.hash_of(r.choice(node.files))
                if self.popular and r.random() < 0.15:
                    h = self.popular
                own = t.self_keys and node.up and r.random() < t.self_keys
                out.append((node if own else None, node.ip, node.port, h, self.ttl(own)))

    def bogus_keys(self, n, out, bogus, mentions):
        f, r = self.flood, self.r
        if f is None:
            return
        if f.host is None or f.host not in self.online_set or f.injector == "roving":
            f.host = r.choice(self.online)
        fresh = 0
        if f.first <= n <= f.last:
            low = int(f.rate)
            fresh = low + (r.random() < f.rate - low)
        f.live.extend((f.source(r, self), n, f.key(r, self)) for _ in range(fresh))
        while f.live and f.live[0][1] <= n - f.repeat:
            f.live.popleft()
        for (ip, port), born, h in f.live:
            if f.channel == "neighbour":
                if r.random() < 0.6:
                    f.hosts.add((f.host.ip, f.host.port))
                    mentions.append((f.host if r.random() < 0.2 else None, ip, port))
                    bogus.add((ip, port))
                continue
            if f.injector != "unvisited":
                f.hosts.add((f.host.ip, f.host.port))
                out.append((f.host, ip, port, h, self.timer(0)))
            elif f.copies > 1:
                for _ in range(int(r.expovariate(1 / (f.copies - 1)))):
                    out.append((None, ip, port, f.key(r, self), self.timer(r.randint(60, 1400))))
            if f.injector == "unvisited" or r.random() < f.spread:
                out.append((None, ip, port, h, self.timer(r.randint(60, 1400))))
            bogus.add((ip, port))

    def contacts(self, sources, bogus):
        t, r = self.t, self.r
        if t.dialled == "none":
            return []
        up = {(x.ip, x.port) for x in self.online if x.up}
        known = {(x.ip, x.port) for x in self.online}
        who = list(sources) + list(bogus) if t.dialled == "all" else self.previous
        if t.dialled == "sample":
            who = [w for w in list(sources) + list(bogus) if r.random() < t.sample]
        result = []
        for node in who:
            if node in up:
                fate = "ok" if r.random() < 0.97 else "dropped"
            elif node in known:
                fate = r.choice(["timeout", "timeout", "refused"])
            else:
                fate = "timeout" if r.random() < 0.9 else "refused"
            result.append((node, fate))
        return result

    # ---- one round ----

    def round(self, n, jsonl):
        r, t = self.r, self.t
        now = START + n * ROUND_S
        boost = self.events(n)
        for node in self.everybody:
            node.step(r, t, now, boost)
        for i in range(len(self.everybody)):
            if r.random() < t.turnover / 57:
                self.everybody[i] = Node(r, t, now)
        self.online = [x for x in self.everybody if x.on and not x.gone]
        self.online_set = set(self.online)
        self.genuine.update((x.ip, x.port) for x in self.online)
        if self.flood and self.flood.addresses == "gone" and self.day:
            named = set().union(*(sources for sources, _ in self.day))
            self.left = sorted(named - {(x.ip, x.port) for x in self.online}) or self.left
        if self.outage(n):
            self.remember(n, None, None)
            return
        keys, sources, bogus, mentions = [], {}, set(), []
        self.genuine_keys(n, keys, sources)
        self.bogus_keys(n, keys, bogus, mentions)
        visits = self.contacts(sources, bogus)
        for _ in range(len(self.online) // 20):
            x = r.choice(self.online)
            mentions.append((None, x.ip, x.port))
        self.write(n, now, jsonl, keys, mentions, visits)
        if self.flood:
            fake = bogus - self.genuine
            self.flood.everyone |= fake
            if fake:
                self.flood.seen_rounds.append(n)
        self.previous = list(sources) + list(bogus)
        named = set(sources) | {(ip, port) for _, ip, port in mentions if (ip, port) in self.genuine}
        self.remember(n, set(sources), named)

    def remember(self, n, sources, named):
        self.day.append((sources or set(), named or set()))
        while len(self.day) > 57:
            self.day.popleft()
        self.truth.append(None if sources is None else
                          (n + 1, len(sources), len(set().union(*(a for a, _ in self.day))),
                           len(set().union(*(b for _, b in self.day)))))

    def write(self, n, now, jsonl, keys, mentions, visits):
        r = self.r
        peers, weights = self.relays()
        picked = iter(r.choices(peers, weights, k=len(keys) + len(mentions)))
        r.shuffle(keys)
        no = n + 1
        tried, reached = len(visits), sum(fate == "ok" for _, fate in visits)
        known = "" if self.t.dialled == "none" else f',"tried":{tried},"reached":{reached}'
        jsonl.write(f'{{"type":"round","round":{no},"sensor":"x","overlay":"winny","start":"{stamp(now)}",'
                    f'"end":"{stamp(now + ROUND_S - 20)}"{known}}}\n')
        step = (ROUND_S - 60) / max(1, len(keys) + len(mentions))
        for i, (peer, ip, port, h, ttl) in enumerate(keys):
            p = peer or next(picked)
            jsonl.write(f'{{"type":"key","round":{no},"t":"{stamp(now + 5 + i * step)}","peer":"{dotted(p.ip)}:{p.port}",'
                        f'"source":"{dotted(ip)}:{port}","hash":"{h:032x}","size":{h % 700000000 + 1},'
                        f'"name":"f{h % 99991}.zip","trip":"","ttl":{ttl},"blocks":{h % 2000},"mtime":{START - h % 9000000},'
                        f'"ignore":false,"version":5,"bbs":null,"downstream":true}}\n')
        for i, (peer, ip, port) in enumerate(mentions):
            p = peer or next(picked)
            jsonl.write(f'{{"type":"neighbour","round":{no},"t":"{stamp(now + 9 + i * step)}","peer":"{dotted(p.ip)}:{p.port}",'
                        f'"node":"{dotted(ip)}:{port}","speed":120,"bbs":false,"words":["","",""]}}\n')
        for (ip, port), fate in visits:
            jsonl.write(f'{{"type":"contact","round":{no},"t":"{stamp(now + 2)}","node":"{dotted(ip)}:{port}",'
                        f'"direction":"out","outcome":"{fate}","version":12710,"speed":120,"port0":false}}\n')

    def run(self, jsonl_path, truth_path):
        with open(jsonl_path, "w") as jsonl:
            for n in range(self.rounds):
                self.round(n, jsonl)
        f, floods, bogus = self.flood, [], []
        kinds = {"few": "port-fanout", "gone": "reachability-drop"}
        if f:
            bogus = sorted(f"{dotted(ip)}:{port}" for ip, port in f.everyone)
            hosts = sorted(f"{dotted(ip)}:{port}" for ip, port in f.hosts) if f.injector == "fixed" else []
            stays = f.repeat - 1 if f.addresses == "gone" else 0	# it lasts as long as they are named
            floods.append({"variant": f.name, "first": f.first + 1, "last": min(self.rounds, f.last + 1 + stays), "sources": len(bogus),
                           "kind": "targeted-hash" if f.hash == "target" else kinds.get(f.addresses, "random-sources"),
                           "injector": f.injector, "hash": f.hash, "ttl": f.ttl, "nodes": hosts})
        with open(truth_path, "w") as out:
            json.dump({"world": self.name, "rounds": self.rounds, "days": self.rounds / 57, "floods": floods,
                       "bogus": bogus, "genuine": len(self.genuine), "traits": {k: v for k, v in vars(self.t).items()
                       if isinstance(v, (int, float, str))}, "series": [x for x in self.truth if x]}, out)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--world", default="v1")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--days", type=float, default=5)
    p.add_argument("--nodes", type=int, default=1200)
    p.add_argument("--jsonl")
    p.add_argument("--truth")
    p.add_argument("--list", action="store_true")
    a = p.parse_args()
    if a.list:
        print("\n".join([*FLOODS, *CONTROLS]))
        return
    World(a.world, a.seed, a.days, a.nodes).run(a.jsonl, a.truth)


if __name__ == "__main__":
    main()
