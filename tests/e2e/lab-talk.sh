#!/bin/sh
# A client written apart from the C code talks to the nodes of a running lab:
# order of the handshake, refusals, spreads, duplicates, timeouts, port tests.
# usage: lab-talk.sh BUILD
set -eu
build=$(cd "$1" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
tmp=$(mktemp -d)
lab=
trap 'test -z "$lab" || kill "$lab" 2>/dev/null; wait; rm -rf "$tmp"' EXIT INT TERM

cat >"$tmp/world.ini" <<'W'
[world]
nodes = 300
seed = 11
[population]
silent = 0.35
port0 = 0.1
[churn]
session = 0
W
cd "$tmp"
base=$(PYTHONPATH="$here" python3 -c 'import lab_client; print(lab_client.free_ports(8))')
"$build/kansoku-lab" serve --world world.ini --time-scale 10 --for 60s --port-base "$base" \
    --searches 0s >lab.out 2>lab.err --map-out map.txt --peers-out all.txt &
lab=$!
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	grep -q ^ready: lab.out 2>/dev/null && break
	sleep 0.2
done
grep -q ^ready: lab.out || { cat lab.err; exit 1; }

# Peers by their lab endpoints: those of the map that the peers file names.
PYTHONPATH="$here" python3 - >peers.txt <<'P'
import lab_client as lab
place = {public: node for node, public in lab.read_map("map.txt")}
for public in lab.read_peers("all.txt"):
    text = ("%s:%d" % place[public]).encode()
    c = sum(text) & 255
    body = lab.crypt(lab.rc4_stream(bytes([c]) + b"piewf6ascxlv"), text)
    print("@%02x%s" % (c, body.hex()))
P
PYTHONPATH="$here" python3 "$here/lab_talk.py" peers.txt map.txt 10 "$lab"

kill -INT "$lab"
wait "$lab" && status=0 || status=$?
lab=
[ "$status" = 0 ] || { echo "the lab ended with $status"; exit 1; }
grep -q "handshakes" lab.err || { echo "no summary:"; cat lab.err; exit 1; }
cat lab.err
