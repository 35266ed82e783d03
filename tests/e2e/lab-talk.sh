#!/bin/sh
# A client written apart from the C code talks to the nodes of a running lab:
# order of the handshake, refusals, spreads, duplicates, timeouts, port tests.
# usage: lab-talk.sh BUILD
. "$(dirname "$0")/lib.sh"

cat >world.ini <<'W'
[world]
nodes = 300
seed = 11
[population]
silent = 0.35
port0 = 0.1
[churn]
session = 0
W
lab_starts world.ini 10 --searches 0s

# Peers by their lab endpoints: those of the map that the peers file names.
python3 - >places.txt <<'P'
import lab_client as lab
place = {public: node for node, public in lab.read_map("map.txt")}
for public in lab.read_peers("peers.txt"):
    text = ("%s:%d" % place[public]).encode()
    c = sum(text) & 255
    body = lab.crypt(lab.rc4_stream(bytes([c]) + b"piewf6ascxlv"), text)
    print("@%02x%s" % (c, body.hex()))
P
python3 "$here/lab_talk.py" places.txt map.txt 10 "$lab" || fail "its nodes do not behave"

lab_stops
says lab.err handshakes || fail "no summary"
cat lab.err
