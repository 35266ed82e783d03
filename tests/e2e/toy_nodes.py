#!/usr/bin/env python3
# usage: toy_nodes.py COUNT PEERS SECONDS
#
# Nodes of the toy overlay (tests/toy/toy.c) on [::1], on ports that the kernel
# gives.  Each names others, and now and then an address where nobody is.  Writes
# the first three into PEERS, says "ready", and ends by itself.
import random, socket, sys, threading, time

count, peers, seconds = int(sys.argv[1]), sys.argv[2], float(sys.argv[3])
sockets = []
for _ in range(count):
    s = socket.socket(socket.AF_INET6)
    s.bind(("::1", 0))
    s.listen(16)
    sockets.append(s)
ports = [s.getsockname()[1] for s in sockets]


def answer(draw):
    lines = []
    for k in range(5):
        port = draw.choice(ports)
        lines.append(f"K [::1]:{port} {(k * 7919 + port) ** 5:040x} {port % 8}\n")
    lines.append(f"K [2a01::{draw.randrange(65536):x}]:{draw.randrange(1024, 65536)} {draw.getrandbits(150):040x} 3\n")
    lines.append(f"N [::1]:{draw.choice(ports)}\nE\n")
    return "".join(lines).encode()


def serve(number, listener):
    draw = random.Random(number)
    while True:
        link, _ = listener.accept()
        try:
            link.sendall(b"H\n")
            for line in link.makefile("r"):
                if line.startswith("BYE"):
                    break
                link.sendall(answer(draw))
        except OSError:
            pass
        link.close()


for i, s in enumerate(sockets):
    threading.Thread(target=serve, args=(i, s), daemon=True).start()
with open(peers, "w") as f:
    f.write("".join(f"[::1]:{p}\n" for p in ports[:3]))
print("ready", flush=True)
time.sleep(seconds)
