#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""usage: ports.py N

Finds N neighbouring ports that the kernel gives to nobody else, prints the
first, and holds them until the process that started this one ends.  They are
bound but not listened on: whoever binds with SO_REUSEADDR, as kansoku does, may
listen there; another ports.py may not.

They lie between 25000 and 32767: above the ports that scripted peers are given
by hand, not above 32767, the highest that a sensor announces, and so below
those that the kernel hands out to dialling sockets.  The last byte of the first
leaves room for the others: a script's addresses are made of it (area in lib.sh).
"""
import ctypes
import os
import random
import signal
import socket
import sys

PR_SET_PDEATHSIG = 1


def hold(first, n):
    """Sockets bound to n ports; None when one of them is taken."""
    held = []
    try:
        for port in range(first, first + n):
            held.append(socket.socket())
            held[-1].bind(("0.0.0.0", port))
    except OSError:
        for s in held:
            s.close()
        return None
    for s in held:		# only now: a second one could not have bound
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return held


def main():
    n, parent = int(sys.argv[1]), os.getppid()
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    draw = random.SystemRandom()
    for _ in range(1000):
        first = draw.randrange(25000, 32767 - n)
        if first % 256 + n > 255:
            continue
        held = hold(first, n)
        if held is not None:
            print(first, flush=True)
            while os.getppid() == parent:
                signal.pause()
            return
    sys.exit("ports.py: no free ports")


main()
