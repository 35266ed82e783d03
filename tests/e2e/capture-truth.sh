#!/bin/sh
# usage: capture-truth.sh BUILD
#
# kansoku capture finds in each capture with known truth exactly the links, hosts and keys that
# are in it: in all wrappings, orders and file formats; where packets are missing, at least
# what can be read without guessing and at most what was sent.
. "$(dirname "$0")/lib.sh"
python3 - "$kansoku" <<'EOF' || fail "see above"
import datetime, sys
from captures import *

kansoku = sys.argv[1]
truth = unpack()

def seconds(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()

def plain(endpoint):
    return endpoint.replace("[", "").replace("]", "")

def hold_hosts(name, c, run):
    same(f"{name} hosts", sorted(run.hosts), sorted(c["hosts"]))
    for address, want in c["hosts"].items():
        got = run.hosts.get(address)
        if got is None:
            continue
        what = f"{name} {address}"
        same(what + " links", got["links"], want["links"])
        same(what + " level", got["level"], want["level"])
        if c.get("times_exact", True):
            same(what + " first", abs(seconds(got["first"]) - want["first"]) < 0.002, True)
        for field in "keys_sent", "keys_received":
            if c["lossless"]:
                same(f"{what} {field}", got[field], want[field])
            else:
                same(f"{what} {field}", got[field] >= want[field], True)
        if c["lossless"]:
            same(what + " peers", got["peers"], len(want["peers"]))

def hold_links(name, base, run, exact):
    found = {(plain(l["client"]), plain(l["server"])): l for l in run.links}
    for want in base["links"]:
        got = found.get((want["client"], want["server"]))
        same(f"{name} {want['client']} {want['server']}", got is not None, True)
        if got is None:
            continue
        same(f"{name} {want['client']} opened", got["opened"], want["syn"])
        if exact:
            for at in "first", "last":
                same(f"{name} {want['client']} {at}", abs(seconds(got[at]) - want[at]) < 0.002, True)
        for end in "client", "server":
            s, w = got["streams"][end], want["streams"][want[end]]
            what = f"{name} {want[end]}"
            same(what + " level", s["level"], w["level"])
            same(what + " bytes", s["bytes"], w["bytes"])
            if w["level"] == "none":
                continue
            same(what + " keys", s["keys"], w["keys"])
            same(what + " version", s.get("version"), w["version"])
            same(what + " node", s.get("node"), w["self"])
            same(what + " lost blocks", s["lost_blocks"], w["lost_blocks"])
            same(what + " file blocks", s["file_blocks"], w["codes"].get("21", 0))
            same(what + " unread", s["unread"] > 0, w["level"] == "first-block")

for name, c in truth.items():
    run = Run(kansoku, "--show-addresses", name)
    same(name + " status", run.status, 1 if c.get("file_error") else 0)
    if run.capture is None:
        same(name + " says", run.err, "")
        continue
    same(name + " packets", run.capture["packets"], c["packets"])
    same(name + " counted", run.counted(), c["packets"])
    same(name + " links", len(run.links), c["winny_links"])
    same(name + " tcp", run.capture["tcp"], c["winny_links"] + c["other_tcp"])
    if c["lossless"]:
        same(name + " keys", run.keys, c["keys"])
        same(name + " lost", run.capture["lost"], 0)
    else:
        same(name + " keys in bounds", c["keys"] <= run.keys <= c["keys_sent"], True)
    same(name + " dropped", run.capture["dropped"] or 0, c.get("drops_reported", 0))
    hold_hosts(name, c, run)
    base = c if "links" in c else truth[c["base"] + ".pcap"] if c.get("same_as_base") else None
    if base is not None:
        hold_links(name, base, run, c.get("times_exact", True) and name != "reorder-small.pcap")

# An injector is told from a relay of a foreign one, and from honest hosts, after a key's lifetime.
run = Run(kansoku, "hour.pcap")
for address, role in truth["hour.pcap"]["roles"].items():
    h = run.hosts[address]
    same(f"{address} ({role})", h["finding"], "invents keys" if role == "injector" else "none")
    same(f"{address} unhanded", h["unhanded"] > 0, role == "injector")
    same(f"{address} refreshed", h["refreshed"], 0)
    if role == "injector":
        same("all of it", h["unhanded"], h["tested_foreign"])
for address, h in Run(kansoku, "office.pcap.gz").hosts.items():
    same(f"{address} in a minute", (h["finding"], h["unhanded"]), ("not yet known", None))

# The same through a pipe, and from files in order: what one begins the next may end.
data = open("small.pcap", "rb").read()
run = Run(kansoku, "-", stdin=data)
same("by a pipe", (run.status, len(run.links), run.keys), (0, 4, 114))
half = list(packets("small.pcap"))
write("a.pcap", 1, half[:100])
write("b.pcap", 1, half[100:])
run = Run(kansoku, "a.pcap", "b.pcap")
same("in two files", (run.status, len(run.links), run.keys, run.capture["packets"]), (0, 4, 114, 214))
run = Run(kansoku, "b.pcap", "a.pcap")
same("in the wrong order", (run.status, "--any-order" in run.err), (2, True))

# Cut at any byte: what is before it counts, and the file is named.
for n in range(24, len(data), 4099):
    run = Run(kansoku, "-", stdin=data[:n])
    whole = 0
    at = 24
    while at + 16 <= n and at + 16 + struct.unpack_from("<I", data, at + 8)[0] <= n:
        at += 16 + struct.unpack_from("<I", data, at + 8)[0]
        whole += 1
    same(f"cut at {n}", (run.status, run.capture["packets"]), (3 if at == n and whole == 0 else 0 if at == n
        else 1, whole))
end()
EOF
