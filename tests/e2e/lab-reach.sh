#!/bin/sh
# While an event of kind reach lasts, that share of dials to nodes that are there
# meets silence: the filters of the listening sockets change under way.
# usage: lab-reach.sh BUILD
. "$(dirname "$0")/lib.sh"

cat >world.ini <<'W'
[world]
nodes = 300
[population]
silent = 0
port0 = 0
[churn]
session = 0
decline = 0
[event.1]
kind = reach
start = 20m
end = 40m
size = 50%
W
lab_starts world.ini 150
python3 - <<'P' || fail "the event was not to be seen"
import socket, time
import lab_client as lab

nodes = [place for place, public in lab.read_map("map.txt")][:200]
began = time.monotonic()


def answering():
    waiting = []
    for node in nodes:
        waiting.append(socket.socket())
        waiting[-1].setblocking(False)
        waiting[-1].connect_ex(node)
    time.sleep(0.3)
    up = 0
    for sock in waiting:
        try:
            sock.getpeername()
            up += 1
        except OSError:	# reset: nobody online there, but no silence
            up += sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) != 0
        sock.close()
    return up


for low, high in ((200, 200), (65, 135), (200, 200)):
    while not low <= (up := answering()) <= high:
        assert time.monotonic() - began < 60, (low, up, high)
    print("%.1f s: %d of %d answer" % (time.monotonic() - began, up, len(nodes)))
P
lab_stops
echo "ok - an event cuts nodes off, and gives them back"
