#!/bin/sh
# usage: capture-consent.sh BUILD
#
# Nothing is read without an own network and a consent that covers it, and nothing is kept that
# neither names: no content, no outside address, nobody who opted out; populations are counted
# without captures.
. "$(dirname "$0")/lib.sh"
python3 - "$kansoku" <<'EOF' || fail "see above"
import sys
from captures import *

kansoku = sys.argv[1]
truth = unpack()

def misused(words, *line):
    p = subprocess.run([kansoku, "capture", *line], capture_output=True, text=True)
    same(" ".join(line), (p.returncode, words in p.stderr or p.stderr, p.stdout), (2, True, ""))

own = ["--own-network", "198.51.100.0/24"]
misused("--own-network", "--consent", "consent", "small.pcap")
misused("--consent-template", *own, "small.pcap")
misused("outside the networks", "--own-network", "198.51.0.0/16", "--consent", "consent", "small.pcap")
misused("no overlay of that name", *own, "--consent", "consent", "--overlay", "gnutella", "small.pcap")
misused("--interface", *own, "--consent", "consent")
misused("not both", *own, "--consent", "consent", "--interface", "lo", "small.pcap")
misused("want a file that can be read", *own, "--consent", "consent", "absent.pcap")
for words, change in (("no holder", ("holder = Example University\n", "")),
        ("want own, contract", ("basis = own", "basis = curiosity")),
        ("told", ("basis = own", "basis = contract")),
        ("want a date", ("2027-12-31", "soon")),
        ("no such entry", ("holder", "owner")),
        ("outside the dates", ("2027-12-31", "2026-11-29")),
        ("outside the dates", ("basis = own", "basis = informed\ntold = 2026-12-01, page 3")),
        ("scope names no overlay", ("winny dht", "telephony"))):
    open("other", "w").write(CONSENT.replace(*change))
    misused(words, *own, "--consent", "other", "small.pcap")
t = subprocess.run([kansoku, "capture", "--consent-template"], capture_output=True, text=True)
open("template", "w").write(t.stdout)
same("the template", t.returncode, 0)
same("is read", Run(kansoku, "small.pcap", own=["192.0.2.0/24"], consent="template").status, 0)

p = subprocess.run([kansoku, "capture", *own, "--consent", "consent", "--db", "x.db", "--dry-run", "small.pcap"],
    capture_output=True, text=True)
same("--dry-run", (p.returncode, "Example University" in p.stderr, os.path.exists("x.db")), (0, True, False))

# By default neither the outside nor names nor contents are in anything that is written.
def everything(name, *more):
    p = subprocess.run(command(kansoku, "--db", "a.db", "--links", "links.jsonl", name, *more), capture_output=True)
    same(name, p.returncode, 0)
    files = [f for f in os.listdir(".") if f.startswith("a.db") or f == "links.jsonl"]
    return p.stdout + p.stderr + b"".join(open(f, "rb").read() for f in files)
def forget():
    for f in os.listdir("."):
        if f.startswith("a.db"):
            os.unlink(f)
for name in "office.pcap.gz", "six.pcap":
    written = everything(name)
    same(name + " canary", truth[name]["canary"].encode() in written, False)
    same(name + " outside", any(x in written for x in (b"203.0.113.", b"192.0.2.", b"2001:db8:2:")), False)
    p = subprocess.run([kansoku, "export", "-q", "--db", "a.db", "--observations", "-"], capture_output=True)
    rows = [json.loads(line) for line in p.stdout.splitlines()]
    keys = [r for r in rows if r["type"] == "key"]
    same(name + " keys", len(keys), truth[name]["keys"])
    for r in keys:
        same("a key", ("to" in r, r["source"].startswith(("198.51.100.", "[100::")), "raw" in r), (True, True, False))
        same("its ends", r["peer"].startswith("198.51.100.") or r["to"].startswith("198.51.100."), True)
    same("rounds", {(r["sensor"], r["tried"], r["reached"]) for r in rows if r["type"] == "round"},
        {("tap:" + name, None, None)} if keys else set())
    if not keys:
        continue
    # Brought back, it is the same; and no count of a population has it.
    open("b.jsonl", "wb").write(p.stdout)
    same("import", subprocess.run([kansoku, "import", "-q", "--db", "b.db", "b.jsonl"]).returncode, 0)
    q = subprocess.run([kansoku, "export", "-q", "--db", "b.db", "--observations", "-"], capture_output=True)
    same("again", q.stdout == p.stdout, True)
    for db in "a.db", "b.db":
        for verb in "analyze", "counts", "verdicts", "incidents":
            p = subprocess.run([kansoku, verb, "--db", db], capture_output=True, text=True)
            same(f"{verb} {db}", (p.returncode, "captures alone" in p.stderr), (3, True))
    forget()
written = everything("office.pcap.gz", "--show-addresses", "--names")
same("shown where asked for", b"203.0.113." in written, True)
forget()

# Who opted out is nowhere, and no count says that anybody did.
open("opt-out", "w").write("198.51.100.11\n203.0.113.11\n")
run = Run(kansoku, "--opt-out", "opt-out", "--show-addresses", "small.pcap")
same("opted out", ([h for h in run.hosts], len(run.links), run.counted()), (["198.51.100.12"], 1, 214))
same("totalled", "198.51.100.11" in json.dumps(run.links) + run.err, False)

# Tokens of one run are not those of the next; those of one address are the same in one.
a, b = Run(kansoku, "small.pcap").links, Run(kansoku, "small.pcap").links
ends = lambda links: {l[e] for l in links for e in ("client", "server") if not l[e].startswith("198.")}
same("tokens", (len(ends(a)), len(ends(a) & ends(b))), (4, 0))

# Zeek's names for the columns.
p = subprocess.run(command(kansoku, "--links", "l.tsv", "--show-addresses", "small.pcap"), capture_output=True)
rows = open("l.tsv").read().splitlines()
columns = next(r for r in rows if r.startswith("#fields")).split("\t")[1:]
same("columns", columns[:8], ["ts", "uid", "id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p", "proto", "service"])
rows = [dict(zip(columns, r.split("\t"))) for r in rows if r[0] != "#"]
same("rows", (len(rows), {r["service"] for r in rows}, len({r["uid"] for r in rows})), (4, {"winny"}, 4))
same("keys", sum(int(r["orig_keys"]) + int(r["resp_keys"]) for r in rows), 114)
end()
EOF
