#!/usr/bin/env python3
# usage: dht_nodes.py NET PORT COUNT LOG
#
# Nodes of the Mainline DHT on NET.1, NET.2, ... (a /24 of loopback), all on PORT: node i has
# the id SHA-1("node i"), and each of 20 hashes, SHA-1("hash k"), lies at the eight nodes next
# to it with three peers.  Some are odd, by their number from the last one backwards:
#   1 answers from another port   2 with an id of 19 bytes   3 with two ids in turn
#   4 with an error               5 names addresses outside every scope
#   6 asks before it answers      7 is silent after its first answer to somebody
#   8 takes a question for a sample for a search
# Of the contacts that a node names, one is dead.  LOG gets a line for each datagram that came:
# the kernel's stamp in microseconds, who sent it, which node it came to, and its bytes in hex.
import hashlib, os, select, socket, struct, sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from bencode import read, write

net, port, count, log = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), open(sys.argv[4], "w", 1)
sha = lambda s: hashlib.sha1(s.encode()).digest()
ids = [sha(f"node {i}") for i in range(count)]
hashes = [sha(f"hash {k}") for k in range(20)]
at = lambda i: f"{net}.{i + 1}"
compact = lambda ip, p: socket.inet_aton(ip) + struct.pack(">H", p)
number = lambda b: int.from_bytes(b, "big")
near = lambda t: sorted(range(count), key=lambda j: number(ids[j]) ^ number(t))[:8]
peers = {h: [compact(f"{net}.{k + 1}", 6881 + n) for n in range(3)] for k, h in enumerate(hashes)}
stored = {}
for h in hashes:
    for j in near(h):
        stored.setdefault(j, []).append(h)


def answer(i, q, sender):
    kind, a = count - i, q[b"a"]
    target = a.get(b"target") or a[b"info_hash"]
    times = asked[i, sender] = asked.get((i, sender), 0) + 1
    if kind == 4:
        return {b"t": q[b"t"], b"y": b"e", b"e": [202, b"no"]}
    if kind == 7 and times > 1:
        return None
    nodes = [ids[j] + compact(at(j), port) for j in near(target) if j != i]
    nodes[-1:] = [sha(f"dead {i}") + compact(f"{net}.{201 + i % 40}", port)]
    if kind == 5:
        nodes = [target[:15] + bytes([n]) * 5 + bytes([58, n, 1, 2, 26, 225]) for n in range(1, 9)]
    r = {b"id": ids[i], b"nodes": b"".join(nodes)}
    if kind == 2:
        r[b"id"] = ids[i][:19]
    if kind == 3 and times % 2 == 0:
        r[b"id"] = sha("another")
    if q[b"q"] == b"sample_infohashes" and kind != 8:
        r.update({b"samples": b"".join(stored.get(i, [])), b"num": len(stored.get(i, [])), b"interval": 60})
    if q[b"q"] == b"get_peers":
        r[b"token"] = b"tokn"
        if target in stored.get(i, []):
            r[b"values"] = peers[target]
    return {b"t": q[b"t"], b"y": b"r", b"r": r, b"v": b"XX\0\1"}


asked, nodes = {}, {}
for i in range(count):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, 35, 1)	# SO_TIMESTAMPNS
    s.bind((at(i), port))
    nodes[s.fileno()] = (s, i)
elsewhere = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
poll = select.poll()
for fd in nodes:
    poll.register(fd, select.POLLIN)
print("ready", flush=True)
while True:
    for fd, _ in poll.poll():
        s, i = nodes[fd]
        data, control, _, sender = s.recvmsg(4096, 128)
        stamp = struct.unpack("qq", control[0][2])
        log.write(f"{stamp[0] * 1000000 + stamp[1] // 1000} {sender[0]}:{sender[1]} {at(i)} {data.hex()}\n")
        q = read(data)[0]
        if q.get(b"y") != b"q":
            continue
        if count - i == 6:
            s.sendto(write({b"t": b"aa", b"y": b"q", b"q": b"ping", b"a": {b"id": ids[i]}}), sender)
        if (say := answer(i, q, sender)) is not None:
            bytes_ = write(say)
            (elsewhere if count - i == 1 else s).sendto(bytes_, sender)
