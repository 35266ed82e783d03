#!/bin/sh
# From the captured bytes of a whole crawl of 500 nodes: the sensor sends
# commands 97, 0, 1, 2, 3, 10 and 31 and no other, and announces one port.
# usage: lab-passive.sh BUILD
. "$(dirname "$0")/lib.sh"

cat >world.ini <<'W'
[world]
nodes = 500
seed = 3
W
lab_starts world.ini 20 --capture got --searches 5s --redial 0.2
crawl_lab --rounds 3 --windows 2 --listen "$free_port"
lab_stops

python3 - "$free_port" <<'P' || fail "the sensor said what it must not"
import glob, struct, sys
import lab_client as lab

allowed, counts, ports = {97, 0, 1, 2, 3, 10, 31}, {}, set()
files = glob.glob("got/*.bin")
for name in files:
    link = lab.Link.reader(open(name, "rb").read())
    while (got := link.next_block()) is not None:
        code, payload = got
        counts[code] = counts.get(code, 0) + 1
        if code == 3:
            ports.add(struct.unpack_from("<i", payload, 4)[0])
    assert link.at_rest(), "%s breaks off" % name
print("%d links, blocks by command: %s" % (len(files), sorted(counts.items())))
assert len(files) > 400, "too few links"
assert set(counts) == allowed, set(counts) ^ allowed
assert ports == {int(sys.argv[1])}, ports
P
echo "ok - a whole crawl sent nothing but what a sensor may"
