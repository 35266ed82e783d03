# SPDX-License-Identifier: GPL-3.0-or-later
"""The Winny wire, written once more and apart from node/: for scripted peers."""
import functools
import struct

VERSION = 12710
TEXT = b"Winny Ver2.0b1  "


class RC4:
    def __init__(self, key):
        key = key.split(b"\0")[0] or b"\0"
        s, j = list(range(256)), 0
        for i in range(256):
            j = (j + s[i] + key[i % len(key)]) & 255
            s[i], s[j] = s[j], s[i]
        self.s, self.i, self.j = s, 0, 0

    def apply(self, data):
        s, i, j, out = self.s, self.i, self.j, bytearray(len(data))
        for n, b in enumerate(data):
            i = (i + 1) & 255
            j = (j + s[i]) & 255
            s[i], s[j] = s[j], s[i]
            out[n] = b ^ s[(s[i] + s[j]) & 255]
        self.i, self.j = i, j
        return bytes(out)


def second(seed):
    return bytes([seed[0]]) + bytes(b ^ 0x39 for b in seed[1:])


class Sender:
    """One direction: turns commands into bytes."""

    def __init__(self, seed=b"\x11\x22\x33\x44"):
        self.seed, self.rc4 = seed, RC4(seed)

    def preamble(self):
        return b"\x5a\xa5" + self.seed

    def block(self, code, payload=b""):
        out = self.rc4.apply(struct.pack("<IB", len(payload) + 1, code) + payload)
        if code == 0:
            self.rc4 = RC4(second(self.seed))
        return out

    def greet(self, ip, port, speed=120, words=(b"a", b"b", b"c"), port0=0, test=0):
        """The five stages of a handshake, each as bytes when it is asked for."""
        header = RC4(b"98789asj").apply(struct.pack("<i", VERSION) + TEXT)
        self_info = bytes(map(int, ip.split("."))) + struct.pack("<i", port)
        self_info += bytes([0] + [len(w) for w in words]) + b"".join(words)
        yield self.preamble() + self.block(0x61)
        yield self.block(0, header)
        yield self.block(1, struct.pack("<f", speed))
        yield self.block(2, bytes([0, port0, test, 0]))
        yield self.block(3, self_info)

    def node(self, ip, port, speed=120):
        return self.block(4, bytes(map(int, ip.split("."))) + struct.pack("<iiBiBBB", port, 0, 0, speed, 0, 0, 0))

    def spread(self, keys, downstream=0):
        body = bytes([0, 1, downstream, 0]) + struct.pack("<iB", 7, 0) + bytes(11) + b"\0"
        return self.block(13, body + struct.pack("<H", len(keys)) + b"".join(keys))


@functools.cache
def name_stream(number):
    return RC4(bytes([number])).apply(bytes(255))


def key(ip, port, number, name=b"file", ttl=1500):
    name += b" %d" % number
    total = sum(name) & 0xffff
    coded = bytes(a ^ b for a, b in zip(name, name_stream(total & 255)))
    digest = struct.pack("<QQ", number + 1, 0x0123456789abcdef)
    return (bytes(map(int, ip.split("."))) + struct.pack("<H", port) + bytes(6) +
            struct.pack("<I", 1000000) + digest + struct.pack("<BH", len(name), total) + coded +
            bytes(11) + b"\0" + struct.pack("<HIIBB", ttl, 100, 1700000000, 0, 5))


class Receiver:
    """The other direction: turns bytes into (code, payload); re-keys by itself."""

    def __init__(self):
        self.data, self.seed, self.rc4, self.plain = b"", None, None, b""

    def feed(self, data):
        self.data += data
        if self.rc4 is None:
            if len(self.data) < 6:
                return []
            self.seed = self.data[2:6]
            self.rc4 = RC4(self.seed)
            self.data = self.data[6:]
        out = []
        while True:
            want = 4 - len(self.plain) if len(self.plain) < 4 else \
                4 + struct.unpack("<I", self.plain[:4])[0] - len(self.plain)
            if want == 0 and len(self.plain) >= 4:
                block, self.plain = self.plain, b""
                if len(block) > 4:
                    out.append((block[4], block[5:]))
                    if block[4] == 0:
                        self.rc4 = RC4(second(self.seed))
                continue
            if not self.data:
                return out
            self.plain += self.rc4.apply(self.data[:want])
            self.data = self.data[want:]
