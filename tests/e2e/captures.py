# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of kansoku capture share: the captures with known truth, and a run over one."""
import json, os, struct, subprocess, sys, tarfile

HERE = os.path.dirname(os.path.abspath(__file__))
OWN = ["198.51.100.0/24", "2001:db8:1::/64"]
CONSENT = """network = 198.51.100.0/24 2001:db8:1::/64
holder = Example University
contact = abuse@example.net
basis = own
scope = winny dht
until = 2027-12-31
"""

def unpack():
    """Into the folder where we are; returns the list of captures by file."""
    with tarfile.open(HERE + "/captures.tar.xz") as t:
        t.extractall(".")
    with open("consent", "w") as f:
        f.write(CONSENT)
    return {c["file"]: c for c in json.load(open("truth.json"))["captures"]}

def command(kansoku, *args, own=OWN, consent="consent"):
    line = [kansoku, "capture", "-q", "--consent", consent]
    for block in own:
        line += ["--own-network", block]
    return line + list(args)

class Run:
    """One run: status, complaints, records of links, of hosts by address, and of the capture."""
    def __init__(self, kansoku, *args, stdin=None, **more):
        if os.path.exists("links.jsonl"):
            os.unlink("links.jsonl")
        p = subprocess.run(command(kansoku, "--json", "--links", "links.jsonl", *args, **more),
            capture_output=True, input=stdin)
        self.status, self.err = p.returncode, p.stderr.decode()
        out = [json.loads(line) for line in p.stdout.splitlines()]
        links = open("links.jsonl").readlines() if os.path.exists("links.jsonl") else []
        self.links = [r for r in map(json.loads, links) if r["type"] == "link"]
        self.hosts = {r["host"]: r for r in out if r["type"] == "host"}
        self.capture = next((r for r in out if r["type"] == "capture"), None)
        self.keys = sum(s.get("keys", 0) for l in self.links for s in l["streams"].values())

    def counted(self):
        c = self.capture
        return sum(c[k] for k in ("read", "foreign", "not_ip", "cut", "fragments", "too_deep",
            "damaged")) + sum(c["unknown"].values())

wrong = 0
def same(what, got, want):
    global wrong
    if got != want:
        wrong += 1
        print(f"{what}: want {want}, got {got}")

def end():
    sys.exit(1 if wrong else 0)

# ---- packets, for other wrappings ------------------------------------------------------

def packets(path):
    """(seconds, microseconds, bytes) of a little-endian pcap file."""
    data = open(path, "rb").read()
    at = 24
    while at < len(data):
        s, us, n, _ = struct.unpack_from("<IIII", data, at)
        yield s, us, data[at + 16:at + 16 + n]
        at += 16 + n

def write(path, link, records):
    with open(path, "wb") as f:
        f.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, link))
        for s, us, p in records:
            f.write(struct.pack("<IIII", s, us, len(p), len(p)) + p)
