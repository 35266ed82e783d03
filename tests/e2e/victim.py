#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bystanders on loopback that are counted.

usage: victim.py FIRST COUNT ACCEPTING REFUSING DEAF

ACCEPTING listens on COUNT ports from FIRST on, takes every link and says nothing;
at REFUSING nobody listens; DEAF has full queues on the first six ports, so that a
SYN goes unanswered.  Prints "ready"; at SIGTERM one JSON object: for each address
packets that were sent to it (null where this system does not let us see them), and
for ACCEPTING links and the ports that they came to.
"""
import asyncio
import collections
import json
import signal
import socket
import struct
import sys

first, count = int(sys.argv[1]), int(sys.argv[2])
accepting, refusing, deaf = sys.argv[3:6]
links, packets = collections.Counter(), collections.Counter()
kept = []


def watch():
    """Packets that arrive at our addresses."""
    try:
        s = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0800))
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        s.bind(("lo", 0x0800))
    except (AttributeError, OSError):
        return None
    s.setblocking(False)

    def seen():
        try:
            while True:
                data, where = s.recvfrom(64)
                to = socket.inet_ntoa(data[16:20])
                if where[2] == 0 and to in (accepting, refusing, deaf):   # PACKET_HOST
                    packets[to] += 1
        except BlockingIOError:
            pass
    asyncio.get_running_loop().add_reader(s, seen)
    kept.append(s)
    return seen


async def take(reader, writer):
    links[writer.get_extra_info("sockname")[1]] += 1
    try:
        while await reader.read(4096):
            pass
    except ConnectionError:
        pass
    writer.close()


def fill(port):
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind((deaf, port))
    s.listen(0)
    kept.append(s)
    for _ in range(3):
        c = socket.socket()
        c.setblocking(False)
        try:
            c.connect((deaf, port))
        except BlockingIOError:
            pass
        kept.append(c)


async def main():
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    for port in range(first, first + count):
        await asyncio.start_server(take, accepting, port)
    for port in range(first, first + 6):
        fill(port)
    for s in kept[:]:           # our own dials that the full queues left unanswered are no guests
        try:
            s.getpeername()
        except OSError:
            if s.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN) == 0:
                s.close()
    seen = watch()
    print("ready", flush=True)
    await stop.wait()
    if seen is not None:
        seen()
    known = {a: packets[a] if seen is not None else None for a in (accepting, refusing, deaf)}
    print(json.dumps({"links": sum(links.values()), "ports": sorted(links), "packets": known}), flush=True)


asyncio.run(main())
