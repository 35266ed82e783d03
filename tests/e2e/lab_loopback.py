# SPDX-License-Identifier: GPL-3.0-or-later
"""Inside a network namespace of its own: gives lo a second address that is not
loopback, and checks that the lab answers on loopback only.
usage: lab_loopback.py LAB WORLD"""
import fcntl
import socket
import struct
import subprocess
import sys

OUTSIDE = "10.9.9.9"
SIOCSIFFLAGS, SIOCSIFADDR, IFF_UP = 0x8914, 0x8916, 1


def configure(sock, request, name, rest):
    fcntl.ioctl(sock, request, struct.pack("16s", name) + rest + bytes(24 - len(rest)))


def connects(source, target):
    sock = socket.socket()
    sock.settimeout(1)
    sock.bind((source, 0))
    try:
        sock.connect(target)
        return True
    except socket.timeout:
        return False
    finally:
        sock.close()


control = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
configure(control, SIOCSIFFLAGS, b"lo", struct.pack("h", IFF_UP))
configure(control, SIOCSIFADDR, b"lo:1",
          struct.pack("HH4s", socket.AF_INET, 0, socket.inet_aton(OUTSIDE)))
configure(control, SIOCSIFFLAGS, b"lo:1", struct.pack("h", IFF_UP))

# The address works: a listener of our own can be reached there.
with socket.socket() as own:
    own.bind((OUTSIDE, 0))
    own.listen()
    assert connects("127.0.0.1", own.getsockname()), "the second address does not work"

lab = subprocess.Popen([sys.argv[1], "serve", "--world", sys.argv[2], "--for", "20s",
                        "--port-base", "21000"], stdout=subprocess.PIPE, text=True)
try:
    assert lab.stdout.readline().startswith("ready:")
    assert connects("127.0.0.1", ("127.0.0.2", 21000)), "loopback does not answer"
    assert not connects("127.0.0.1", (OUTSIDE, 21000)), "reached from outside loopback"
    assert not connects(OUTSIDE, ("127.0.0.2", 21000)), "reached by a stranger"
    assert not connects(OUTSIDE, (OUTSIDE, 21000)), "reached by a stranger, outside"
finally:
    lab.terminate()
    lab.wait()
print("ok - the lab answers on loopback alone")
