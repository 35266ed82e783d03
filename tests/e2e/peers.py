#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scripted peers on loopback.

usage: peers.py LOG ADDRESS:PORT=BEHAVIOUR[@ANNOUNCED-PORT][,SOURCE...]...

Prints "ready" when all listen.  Appends one JSON object a line to LOG for each
link: who was called, the codes of the blocks that came, and what command 3 and
command 2 of the caller said.  SOURCEs (ADDRESS:PORT) are named in keys.
LOG.asked gets the name of who was called as soon as a link asks it for keys.
"""
import asyncio
import copy
import itertools
import json
import os
import random
import socket
import struct
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from winny import Receiver, Sender, key  # noqa: E402


class Link:
    def __init__(self, peer, reader, writer):
        self.peer, self.reader, self.writer = peer, reader, writer
        self.receiver, self.sender = Receiver(), Sender()
        self.codes, self.caller = [], {}

    def say(self, data):
        self.writer.write(data)

    async def hear(self):
        """Blocks of the next read; None at the end."""
        data = await self.reader.read(65536)
        if not data:
            return None
        blocks = self.receiver.feed(data)
        for code, payload in blocks:
            if code == 10 and code not in self.codes:
                self.peer.asked()
            self.codes.append(code)
            if code == 2:
                self.caller["type"] = list(payload)
            if code == 3:
                self.caller["port"] = struct.unpack("<i", payload[4:8])[0]
        return blocks

    def stages(self, first=5):
        return itertools.islice(self.sender.greet(self.peer.ip, self.peer.says), first)


def greet(link):
    for stage in link.stages():
        link.say(stage)


async def answer(link):
    """Keys for each command 10, until the caller says goodbye."""
    number = 0
    while (blocks := await link.hear()) is not None:
        for code, _ in blocks:
            if code == 10:
                keys = [key(ip, port, number + i) for i, (ip, port) in enumerate(link.peer.sources)]
                number += len(keys)
                link.say(link.sender.spread(keys))
            if code == 31:
                return


async def polite(link):
    greet(link)
    await answer(link)


async def bitwise(link):
    """Polite, one byte at a time."""
    for b in b"".join(link.stages()):
        link.say(bytes([b]))
        await link.writer.drain()
        await asyncio.sleep(0.001)
    await answer(link)


async def silent(link):
    while await link.hear() is not None:
        pass


def closing(stage):
    async def close(link):
        for data in link.stages(stage):
            link.say(data)
        await link.writer.drain()
        await asyncio.sleep(0.05)
    return close


async def reset(link):
    link.writer.get_extra_info("socket").setsockopt(
        socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    for data in link.stages(2):
        link.say(data)
    await link.writer.drain()
    link.writer.transport.abort()


async def garbage(link):
    link.say(random.Random(7).randbytes(5000))
    await silent(link)


async def endless(link):
    """Keys without end, as fast as they are taken."""
    greet(link)
    burst = [key("127.77.%d.%d" % (i >> 8, i & 255), 4000, i) for i in range(200)]
    while not link.writer.is_closing():
        link.say(link.sender.spread(burst))
        await link.writer.drain()


def told(code, handshake=True):
    async def tell(link):
        for stage in link.stages(5 if handshake else 2):
            link.say(stage)
        await asyncio.sleep(0.05)
        link.say(link.sender.block(code))
        await silent(link)
    return tell


async def refuser(link):
    """Finds our speed wrong: 31 nodes, and goodbye."""
    greet(link)
    await asyncio.sleep(0.05)
    for i in range(31):
        link.say(link.sender.node("127.88.0.%d" % (i + 1), 5000 + i))
    link.say(link.sender.block(31))
    await silent(link)


async def tester(link):
    """Calls the announced port back, as a genuine node does."""
    greet(link)
    while "port" not in link.caller:
        if await link.hear() is None:
            return
    calling = asyncio.ensure_future(call_back(link))
    await answer(link)
    await calling


HOARD = 1000    # keys of one answer, each new to the world


def make_hoards(n):
    """
    Answers that take as much of a disk as they can, at the least cost to who sends them:
    with names of letters that are one byte on the wire and three in the database.  Made
    before anybody calls: all links have one seed, and so one key stream behind a greeting.
    """
    for seed in range(n):
        rnd, sender = random.Random(seed), Sender()
        for _ in sender.greet("127.0.0.1", 1):
            pass
        yield b"".join(sender.spread([
            key("126.%d.%d.%d" % tuple(rnd.randbytes(3)), rnd.randrange(1024, 32767), rnd.getrandbits(60),
                bytes(rnd.choices(range(0xa6, 0xe0), k=230))) for _ in range(HOARD // 10)])
            for _ in range(10)), sender


def say_hoard(link):
    hoard, sender = HOARDS[say_hoard.said % len(HOARDS)]
    say_hoard.said += 1
    link.say(hoard)
    link.sender = copy.deepcopy(sender)


say_hoard.said = 0


async def hoarder(link):
    greet(link)
    say_hoard(link)
    await answer(link)


async def pusher(link):
    """When it is called, it calls too, and pushes a hoard at each of three calls."""
    greet(link)
    while "port" not in link.caller:
        if await link.hear() is None:
            return
    ip = link.writer.get_extra_info("peername")[0]
    for _ in range(3):
        reader, writer = await asyncio.open_connection(ip, link.caller["port"], local_addr=(link.peer.ip, 0))
        call = Link(link.peer, reader, writer)
        greet(call)
        await call.hear()
        say_hoard(call)
        await writer.drain()
        try:
            await asyncio.wait_for(answer(call), 1)
        except (ConnectionError, asyncio.TimeoutError):
            pass
        writer.close()
    await answer(link)


async def caller(link):
    """When it is called, it calls too: pushes keys, answers, hears the goodbye."""
    greet(link)
    while "port" not in link.caller:
        if await link.hear() is None:
            return
    ip = link.writer.get_extra_info("peername")[0]
    reader, writer = await asyncio.open_connection(ip, link.caller["port"], local_addr=(link.peer.ip, 0))
    call = Link(link.peer, reader, writer)
    greet(call)
    await asyncio.gather(answer(link), answer(call))
    writer.close()


async def call_back(link):
    ip = link.writer.get_extra_info("peername")[0]
    held = False
    try:
        reader, writer = await asyncio.open_connection(ip, link.caller["port"], local_addr=(link.peer.ip, 0))
        test = Sender(b"\x01\x02\x03\x04")
        for stage in test.greet(link.peer.ip, link.peer.port, test=1):
            writer.write(stage)
        try:
            while await asyncio.wait_for(reader.read(4096), 0.1):
                pass
        except asyncio.TimeoutError:
            held = True     # it stayed up
        writer.close()
    except OSError:
        pass
    link.peer.log({"called": link.peer.name, "test": "held" if held else "failed"})


BEHAVIOURS = {
    "polite": polite, "bitwise": bitwise, "silent": silent, "reset": reset, "garbage": garbage,
    "endless": endless, "refuser": refuser, "tester": tester, "caller": caller,
    "hoarder": hoarder, "pusher": pusher,
    "told31": told(31), "told33": told(33), "told35": told(35), "told37": told(37),
    "early33": told(33, handshake=False),
    "close0": closing(0), "close1": closing(1), "close2": closing(2), "close3": closing(3),
    "close4": closing(4), "close5": closing(5),
}


class Peer:
    def __init__(self, spec, log_file):
        self.name, rest = spec.split("=", 1)
        self.ip, port = self.name.split(":")
        self.port = int(port)
        self.behaviour, *sources = rest.split(",")
        self.behaviour, _, says = self.behaviour.partition("@")
        self.says = int(says or self.port)
        self.sources = [(s.split(":")[0], int(s.split(":")[1])) for s in sources]
        self.log_file = log_file

    def log(self, entry):
        self.log_file.write(json.dumps(entry) + "\n")
        self.log_file.flush()

    def asked(self):
        """The first question of a link: its handshake is done."""
        with open(self.log_file.name + ".asked", "a") as f:
            f.write(self.name + "\n")

    async def serve(self):
        if self.behaviour == "deaf":    # a full accept queue: SYNs go unanswered
            s = socket.socket()
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            s.bind((self.ip, self.port))
            s.listen(0)
            self.kept = [s]
            for _ in range(3):
                c = socket.socket()
                c.setblocking(False)
                try:
                    c.connect((self.ip, self.port))
                except BlockingIOError:
                    pass
                self.kept.append(c)
            return
        await asyncio.start_server(self.take, self.ip, self.port, reuse_address=True)

    async def take(self, reader, writer):
        link = Link(self, reader, writer)
        try:
            await BEHAVIOURS[self.behaviour](link)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        try:
            while await asyncio.wait_for(link.hear(), 0.2) is not None:
                pass
        except (ConnectionError, asyncio.TimeoutError):
            pass
        writer.close()
        self.log({"called": self.name, "codes": link.codes, **link.caller})


HOARDS = []


async def main():
    HOARDS.extend(make_hoards(sum("=hoarder" in spec or 3 * ("=pusher" in spec) for spec in sys.argv[2:])))
    log_file = open(sys.argv[1], "a")
    peers = [Peer(spec, log_file) for spec in sys.argv[2:]]
    for peer in peers:
        await peer.serve()
    print("ready", flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
