# SPDX-License-Identifier: GPL-3.0-or-later
"""A small overlay client for the lab's end-to-end tests: written apart from the
C code, from the protocol's description, so that the two check each other."""
import os
import select
import socket
import struct
import time


def rc4_stream(key):
    n = key.find(b"\0")
    key = key[:n] if n > 0 else (b"\0" if n == 0 else key)
    s = list(range(256))
    j = 0
    for i in range(256):
        j = (j + s[i] + key[i % len(key)]) & 255
        s[i], s[j] = s[j], s[i]
    i = j = 0
    while True:
        i = (i + 1) & 255
        j = (j + s[i]) & 255
        s[i], s[j] = s[j], s[i]
        yield s[(s[i] + s[j]) & 255]


def crypt(stream, data):
    return bytes(b ^ next(stream) for b in data)


def second_seed(seed):
    return bytes([seed[0]]) + bytes(b ^ 0x39 for b in seed[1:4])


def block(code, payload=b""):
    return struct.pack("<IB", len(payload) + 1, code) + payload


def header(version=12710, text=b"Winny Ver2.0b1  "):
    return block(0, crypt(rc4_stream(b"98789asj"), struct.pack("<i", version) + text))


class Gone(Exception):
    """The node closed the link."""


class Link:
    def __init__(self, address, timeout=2.0):
        self.sock = socket.create_connection(address, timeout)
        self.adopt(self.sock)

    @classmethod
    def accepted(cls, sock):
        link = cls.__new__(cls)
        link.sock = sock
        link.adopt(sock)
        return link

    @classmethod
    def reader(cls, data):
        """One captured direction."""
        link = cls.__new__(cls)
        link.adopt(None)
        link.raw = data
        return link

    def adopt(self, sock):
        self.born = time.monotonic()
        self.raw = b""
        self.plain = b""
        self.into = None
        self.codes = []
        self.words = []
        self.speed = self.port = self.kind = self.ip = None
        seed = os.urandom(4)
        self.preamble = os.urandom(2) + seed
        self.out1, self.out = rc4_stream(seed), rc4_stream(second_seed(seed))

    # ---- speaking

    def greet(self, speed, port, kind=(0, 0, 0, 0), words=(b"", b"", b""), first=True):
        """All at once; first=False leaves out what begin() has said."""
        data = b""
        if first:
            data = self.preamble + crypt(self.out1, block(97) + header())
        data += crypt(self.out, block(1, struct.pack("<f", speed)) + block(2, bytes(kind)) +
                      block(3, socket.inet_aton("127.0.0.1") + struct.pack("<i", port) +
                            bytes([0] + [len(w) for w in words]) + b"".join(words)))
        self.sock.sendall(data)

    def begin(self):
        self.sock.sendall(self.preamble + crypt(self.out1, block(97) + header()))

    def say(self, code, payload=b""):
        self.sock.sendall(crypt(self.out, block(code, payload)))

    # ---- listening

    def _pump(self, until):
        left = max(0, until - time.monotonic())
        if not select.select([self.sock], [], [], left)[0]:
            return False
        try:
            data = self.sock.recv(65536)
        except ConnectionResetError:
            data = b""
        if not data:
            raise Gone()
        self.raw += data
        return True

    def _take(self, n):
        while len(self.plain) < n and self.raw:
            want = n - len(self.plain)
            self.plain += crypt(self.into, self.raw[:want])
            self.raw = self.raw[want:]
        return len(self.plain) >= n

    def next_block(self):
        if self.into is None:
            if len(self.raw) < 6:
                return None
            self.seed = self.raw[2:6]
            self.raw = self.raw[6:]
            self.into = rc4_stream(self.seed)
        if not self._take(4):
            return None
        size = struct.unpack("<I", self.plain[:4])[0]
        if not self._take(4 + size):
            return None
        body, self.plain = self.plain[4:], b""
        if body[0] == 0:
            self.into = rc4_stream(second_seed(self.seed))
        return body[0], body[1:]

    def at_rest(self):
        """Between two blocks."""
        return not self.raw and not self.plain

    def read(self, seconds):
        """The next block, or None when none came in time.  Gone when it closed."""
        until = time.monotonic() + seconds
        while True:
            got = self.next_block()
            if got is not None:
                self._note(*got)
                return got
            if time.monotonic() >= until or not self._pump(until):
                return None

    def _note(self, code, payload):
        self.codes.append(code)
        if code == 1:
            self.speed = int(struct.unpack("<f", payload)[0])
        elif code == 2:
            self.kind = tuple(payload)
        elif code == 3:
            self.ip = socket.inet_ntoa(payload[:4])
            self.port = struct.unpack("<i", payload[4:8])[0]
            at = 12 + payload[8]
            for n in payload[9:12]:
                self.words.append(payload[at:at + n])
                at += n

    def handshake(self, seconds=3):
        """Reads 97, 0, 1, 2, 3."""
        while 3 not in self.codes:
            if self.read(seconds) is None:
                raise AssertionError("no handshake: %r" % self.codes)

    def wait_for(self, code, seconds):
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            got = self.read(left)
            if got is not None and got[0] == code:
                return got[1]
        return None

    def closed_after(self, seconds):
        """How long until the node closes, from the link's birth; None: it did not."""
        until = time.monotonic() + seconds
        try:
            while (left := until - time.monotonic()) > 0:
                self.read(left)
        except Gone:
            return time.monotonic() - self.born
        return None

    def age(self):
        return time.monotonic() - self.born

    def close(self):
        self.sock.close()


def read_query(p):
    """Command 13 as (flags, via, keys); a key is (source, hash, name, ttl)."""
    flags, at = tuple(p[:4]), 8
    at += 1 + p[at] + 11
    nvia, at = p[at], at + 1
    via = [(socket.inet_ntoa(p[at + 6 * i:at + 6 * i + 4]),
            struct.unpack_from("<H", p, at + 6 * i + 4)[0]) for i in range(nvia)]
    at += 6 * nvia
    count, at = struct.unpack_from("<H", p, at)[0], at + 2
    keys = []
    for _ in range(count):
        source = (socket.inet_ntoa(p[at:at + 4]), struct.unpack_from("<H", p, at + 4)[0])
        digest = p[at + 16:at + 32]
        length, check = struct.unpack_from("<BH", p, at + 32)
        name = crypt(rc4_stream(bytes([check & 255])), p[at + 35:at + 35 + length])
        assert sum(name) & 0xffff == check, "name checksum"
        at += 35 + length + 11
        at += 1 + p[at]
        keys.append((source, digest, name, struct.unpack_from("<H", p, at)[0]))
        at += 12
    assert at == len(p), "query has %d bytes over" % (len(p) - at)
    return flags, via, keys


def read_map(path):
    """[(lab endpoint, public endpoint)]"""
    rows = []
    with open(path) as f:
        for line in f:
            if not line.startswith("#"):
                rows.append(tuple((h, int(p)) for h, p in
                                  (e.split(":") for e in line.split())))
    return rows


def read_peers(path):
    """Endpoints of a noderef file."""
    out = []
    with open(path) as f:
        for line in f:
            raw = bytes.fromhex(line.strip()[1:])
            text = crypt(rc4_stream(raw[:1] + b"piewf6ascxlv"), raw[1:]).decode()
            assert sum(text.encode()) & 255 == raw[0], "node string checksum"
            host, port = text.split(":")
            out.append((host, int(port)))
    return out


def free_ports(n):
    """The first of n neighbouring ports that nobody listens on."""
    for _ in range(100):
        base = 10000 + int.from_bytes(os.urandom(2), "big") % 20000
        held = []
        try:
            for port in range(base, base + n):
                held.append(socket.socket())
                held[-1].bind(("0.0.0.0", port))
            return base
        except OSError:
            pass
        finally:
            for s in held:
                s.close()
    raise RuntimeError("no free ports")
