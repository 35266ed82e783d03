# SPDX-License-Identifier: GPL-3.0-or-later
"""Talks to a running lab and checks that its nodes behave.
usage: lab_talk.py PEERS MAP SCALE PID"""
import errno
import os
import random
import socket
import struct
import sys
import time

import lab_client as lab

PEERS, MAP, SCALE, PID = sys.argv[1], sys.argv[2], float(sys.argv[3]), int(sys.argv[4])
nodes = lab.read_peers(PEERS)
where = dict(lab.read_map(MAP))		# lab endpoint -> public endpoint
random.Random(7).shuffle(nodes)


def s(world_seconds):
    """World seconds in real ones."""
    return world_seconds / SCALE


def meet(node, ratio, port, kind=(0, 0, 0, 0)):
    link = lab.Link(node)
    link.begin()
    link.handshake()
    link.greet(link.speed * ratio, port, kind, first=False)
    return link


def open_port():
    """A port below those of scripts that run beside this one; bound at once, or another."""
    listener = socket.socket()
    while True:
        try:
            listener.bind(("127.0.0.1", random.SystemRandom().randrange(10000, 24000)))
            break
        except OSError as e:
            if e.errno != errno.EADDRINUSE:
                raise
    listener.listen(64)
    return listener, listener.getsockname()[1]


def until_age(link, world_seconds):
    time.sleep(max(0, s(world_seconds) - link.age()))


def greets_in_order():
    for node in nodes[:20]:
        link = lab.Link(node)
        link.handshake()
        assert link.codes == [97, 0, 1, 2, 3], link.codes
        assert link.kind == (0, 0, 0, 0), link.kind
        assert (link.ip, link.port) == where[node], "cmd 3 names the public endpoint"
        assert link.speed > 0
        link.close()


def refuses_with_nodes():
    known = set(where.values())
    for node, ratio in zip(nodes[:6], (25, 40, 0.01, 20.2, 0.03, 1000)):
        link = meet(node, ratio, 4000)
        codes = []
        while (got := link.read(2)) is not None:
            codes.append(got[0])
            if got[0] == 4:
                ip, port, bbs = struct.unpack_from("<4sii", got[1])
                assert (socket.inet_ntoa(ip), port) in known and bbs == 0
            if got[0] == 31:
                break
        assert codes[-1] == 31 and set(codes[:-1]) == {4}, codes
        assert 1 <= len(codes) - 1 <= 31, codes
        link.close()


def answers_links_older_than_five_seconds():
    listener, port = open_port()
    for node in nodes[:4]:
        link = meet(node, 2, port)
        link.say(10)
        early = link.wait_for(13, s(4.5) - link.age())
        assert early is None or not early[1], "answered before its time"
        until_age(link, 6)
        link.say(10)
        spread = link.wait_for(13, 3)
        assert spread is not None, "no answer at 6 s"
        flags, via, keys = lab.read_query(spread)
        assert flags == (0, 1, 0, 0), flags
        assert via == [where[node]], "upward, the node is its own via"
        cap = 41 if link.speed < 40 else max(link.speed // 40, 10) * 80 + 1
        assert 0 < len(keys) <= cap, (len(keys), cap)
        order = [struct.unpack("<I", k[1][:4])[0] for k in keys]
        assert order == sorted(order), "keys ascend by hash"
        assert all(0 < k[3] < 1600 for k in keys), "lifetimes"
        assert all(not k[0][0].startswith("127.") for k in keys), "public sources"
        link.close()
    listener.close()


def downstream_gets_less():
    listener, port = open_port()
    link = meet(nodes[5], 1, port)
    until_age(link, 6)
    link.say(10)
    flags, via, keys = lab.read_query(link.wait_for(13, 3))
    steps = min(max(link.speed // 40, 1), 100)
    assert flags == (0, 1, 1, 0) and via == [], (flags, via)
    assert len(keys) <= 60 * steps
    link.close()
    listener.close()


def drops_the_younger_duplicate():
    listener, port = open_port()
    old = meet(nodes[6], 2, port)
    young = meet(nodes[6], 2, port)
    other = meet(nodes[6], 2, port + 1)
    gone = young.closed_after(s(15))
    assert gone is not None and s(9) < gone < s(13) + 0.5, gone
    assert old.closed_after(0.05) is None and other.closed_after(0.05) is None
    for link in (old, young, other):
        link.close()
    listener.close()


def waits_twenty_seconds_for_a_handshake():
    link = lab.Link(nodes[7])
    link.begin()
    gone = link.closed_after(s(30) + 1)
    assert gone is not None and s(19) < gone < s(22) + 0.5, gone


def says_33_to_a_closed_port():
    listener, port = open_port()
    listener.close()
    link = meet(nodes[8], 2, port)
    assert link.wait_for(33, s(35) + 1) is not None, "no command 33"
    assert s(29) < link.age() < s(33) + 0.5, link.age()
    assert link.closed_after(s(3) + 1) is not None


def calls_an_open_port_back():
    listener, port = open_port()
    listener.settimeout(3)
    link = meet(nodes[9], 2, port)
    sock, (ip, _) = listener.accept()
    assert ip == nodes[9][0], "the test comes from the node's own address"
    test = lab.Link.accepted(sock)
    test.handshake()
    assert test.kind == (1, 0, 1, 0), test.kind
    held = test.closed_after(s(4) + 1)
    assert held is not None and s(1) < held < s(3) + 0.5, held
    until_age(link, 33)
    assert link.closed_after(0.05) is None, "dropped though its port is open"
    assert 33 not in link.codes
    assert 10 in link.codes, "it asks for keys as well"
    link.close()
    listener.close()


def refuses_what_breaks_the_protocol():
    for code, payload in ((14, b""), (36, b""), (99, b""), (10, b"x"), (200, b"")):
        link = meet(nodes[10], 2, 4000)
        link.say(code, payload)
        assert (link.closed_after(0.5) is None) == (code == 99), code
        link.close()
    link = lab.Link(nodes[10])
    link.sock.sendall(link.preamble + lab.crypt(link.out1, lab.header(12600)))
    assert link.closed_after(1) is not None, "old version accepted"


def silent_nodes_time_out_and_others_do_not():
    """By the map: a share of all addresses never answers, and none by accident."""
    ends, waiting = {}, {}
    for node in random.Random(3).sample(sorted(where), 150):
        sock = socket.socket()
        sock.setblocking(False)
        sock.connect_ex(node)
        waiting[node] = sock
    time.sleep(0.4)
    for node, sock in waiting.items():
        try:
            sock.getpeername()
            ends[node] = "answered"
        except OSError:
            err = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            ends[node] = {0: "silent", errno.ECONNRESET: "answered"}.get(err, os.strerror(err))
        sock.close()
    silent = sum(e == "silent" for e in ends.values())
    assert set(ends.values()) == {"answered", "silent"}, set(ends.values())
    assert 0.25 * 150 < silent < 0.65 * 150, silent	# 45 % of the world
    assert all(ends.get(n, "answered") == "answered" for n in nodes), "a peer was silent"


def nobody_means_a_reset():
    for address in (("127.250.250.250", nodes[0][1]), ("127.0.0.1", nodes[0][1])):
        try:
            link = lab.Link(address, 0.5)
            assert link.closed_after(1) is not None
            assert link.codes == []
        except (ConnectionResetError, socket.timeout):
            pass


def listens_to_loopback_alone():
    """Its sockets are bound to every address, so look at what it has connected."""
    inodes = set()
    for fd in os.listdir("/proc/%d/fd" % PID):
        try:
            target = os.readlink("/proc/%d/fd/%s" % (PID, fd))
        except OSError:
            continue
        if target.startswith("socket:["):
            inodes.add(target[8:-1])
    with open("/proc/net/tcp") as f:
        for row in list(f)[1:]:
            cells = row.split()
            if cells[9] in inodes and cells[3] != "0A":
                assert cells[1][6:8] == "7F" and cells[2][6:8] == "7F", row


tests = [greets_in_order, refuses_with_nodes, answers_links_older_than_five_seconds,
         downstream_gets_less, drops_the_younger_duplicate,
         waits_twenty_seconds_for_a_handshake, says_33_to_a_closed_port,
         calls_an_open_port_back, refuses_what_breaks_the_protocol,
         silent_nodes_time_out_and_others_do_not, nobody_means_a_reset,
         listens_to_loopback_alone]
failed = 0
for test in tests:
    try:
        test()
        print("ok - %s" % test.__name__)
    except (AssertionError, lab.Gone, OSError) as e:
        failed += 1
        print("not ok - %s: %s %s" % (test.__name__, type(e).__name__, e))
sys.exit(failed > 0)
