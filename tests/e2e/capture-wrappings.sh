#!/bin/sh
# usage: capture-wrappings.sh BUILD
#
# The same four links in wrappings that the recorded captures do not have, and in several at
# once, are found; in a wrapping that is not known their number is, and the status is not 0.
. "$(dirname "$0")/lib.sh"
python3 - "$kansoku" <<'EOF' || fail "see above"
import sys
from captures import *

kansoku = sys.argv[1]
unpack()
frames = list(packets("small.pcap"))
ip = [(s, us, p[14:]) for s, us, p in frames if p[12:14] == b"\x08\0"]
MAC = bytes(range(12))

def ether(kind, p): return MAC + struct.pack(">H", kind) + p
def ip4(proto, p, src=b"\xc0\0\2\1", dst=b"\xc0\0\2\2", frag=0, ident=7):
    return struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(p), ident, frag, 64, proto, 0) + src + dst + p
def ip6(proto, p):
    return struct.pack(">IHBB", 6 << 28, len(p), proto, 64) + b"\x20\1\x0d\xb8" + bytes(11) + b"\1" \
        + b"\x20\1\x0d\xb8" + bytes(11) + b"\2" + p
def udp(port, p): return struct.pack(">HHHH", 40000, port, 8 + len(p), 0) + p
def gre(kind, p, flags=0, more=b""): return struct.pack(">HH", flags, kind) + more + p
def mpls(labels, p):
    return b"".join(struct.pack(">I", (16 + i) << 12 | (i == labels - 1) << 8 | 64) for i in range(labels)) + p
def tags(kinds, p):
    out = p
    for kind in reversed(kinds):
        out = struct.pack(">H", 9) + out if kind is None else struct.pack(">HH", 9, kind) + out
    return out

inner = lambda p: ether(0x800, p)
wrappings = {
    "mpls": (1, lambda p: ether(0x8847, mpls(2, p))),
    "mpls, eight labels": (1, lambda p: ether(0x8847, mpls(8, p))),
    "pseudowire": (1, lambda p: ether(0x8847, mpls(1, bytes(4) + inner(p)))),
    "four tags": (1, lambda p: MAC + struct.pack(">HHHHHHHHH", 0x88a8, 1, 0x8100, 2, 0x9100, 3, 0x8100, 4, 0x800) + p),
    "gre": (1, lambda p: ether(0x800, ip4(47, gre(0x800, p)))),
    "gre, sum, key and number": (1, lambda p: ether(0x800, ip4(47, gre(0x800, p, 0xb000, bytes(12))))),
    "gre, ethernet": (1, lambda p: ether(0x800, ip4(47, gre(0x6558, inner(p))))),
    "erspan I": (1, lambda p: ether(0x800, ip4(47, gre(0x88be, inner(p))))),
    "erspan II": (1, lambda p: ether(0x800, ip4(47, gre(0x88be, bytes(8) + inner(p), 0x1000, bytes(4))))),
    "erspan III": (1, lambda p: ether(0x800, ip4(47, gre(0x22eb, bytes(12) + inner(p), 0x1000, bytes(4))))),
    "pptp": (1, lambda p: ether(0x800, ip4(47, gre(0x880b, b"\0\x21" + p, 0x3001, struct.pack(">HHI", len(p), 1, 1))))),
    "geneve with an option": (1, lambda p: ether(0x800, ip4(17, udp(6081, struct.pack(">BBHI", 1, 0, 0x6558, 0x100) + bytes(4) + inner(p))))),
    "ipip": (1, lambda p: ether(0x800, ip4(4, p))),
    "ip in ip in ip": (1, lambda p: ether(0x800, ip4(4, ip4(4, p)))),
    "dslite with a destination option": (1, lambda p: ether(0x86dd, ip6(60, bytes([4, 0, 1, 4, 0, 0, 0, 0]) + p))),
    "ipv6 with hop-by-hop, routing, atomic fragment": (1, lambda p: ether(0x86dd, ip6(0, bytes([43, 0, 1, 4, 0, 0, 0, 0])
        + bytes([44, 0, 0, 0, 0, 0, 0, 0]) + bytes([4, 0, 0, 0, 0, 0, 0, 1]) + p))),
    "pppoe over vlan": (1, lambda p: MAC + struct.pack(">HHH", 0x8100, 7, 0x8864) + struct.pack(">BBHHH", 0x11, 0, 1, 2 + len(p), 0x21) + p),
    "dslite over pppoe over qinq": (1, lambda p: MAC + struct.pack(">HHHHH", 0x88a8, 7, 0x8100, 8, 0x8864)
        + struct.pack(">BBHHH", 0x11, 0, 1, 42 + len(p), 0x57) + ip6(4, p)),
    "snap": (1, lambda p: MAC + struct.pack(">H", 8 + len(p)) + b"\xaa\xaa\3\0\0\0\x08\0" + p),
    "authentication header": (1, lambda p: ether(0x800, ip4(51, bytes([4, 4]) + bytes(22) + p))),
    "loopback, little": (0, lambda p: b"\2\0\0\0" + p),
    "loopback, big": (108, lambda p: b"\0\0\0\2" + p),
    "raw": (12, lambda p: p), "raw 14": (14, lambda p: p), "raw v4": (228, lambda p: p),
    "ppp": (9, lambda p: b"\xff\3\0\x21" + p), "ppp, short": (9, lambda p: b"\x21" + p),
    "ppp, serial": (50, lambda p: b"\xff\3\0\x21" + p), "pppoe link": (51, lambda p: struct.pack(">BBHHH", 0x11, 0, 1, 2 + len(p), 0x21) + p),
    "cisco hdlc": (104, lambda p: b"\x0f\0\x08\0" + p),
    "vlan in cooked": (113, lambda p: bytes(14) + struct.pack(">HHH", 0x8100, 5, 0x800) + p),
    "vlan in cooked 2": (276, lambda p: struct.pack(">HHIHBB", 0x8100, 0, 1, 1, 0, 6) + bytes(8) + struct.pack(">HH", 5, 0x800) + p),
    "vxlan in vlan": (1, lambda p: MAC + struct.pack(">HHH", 0x8100, 5, 0x800) + ip4(17, udp(4789, b"\x08\0\0\0\0\0\1\0" + inner(p)))),
    "padding": (1, lambda p: ether(0x800, p + b"padpadpadpad")),
}
for name, (link, wrap) in wrappings.items():
    write("x.pcap", link, [(s, us, wrap(p)) for s, us, p in ip])
    run = Run(kansoku, "x.pcap")
    same(name, (run.status, len(run.links), run.keys, run.counted(), run.capture["read"]),
        (0, 4, 114, len(ip), len(ip)))

# Fragments of the tunnel, last one first; as many packets as there are, each counted.
def fragments(p):
    for i in reversed(range(0, len(p), 400)):
        yield ether(0x86dd, ip6(44, struct.pack(">BBHI", 4, 0, i | (i + 400 < len(p)), ident) + p[i:i + 400]))
out = []
for ident, (s, us, p) in enumerate(ip):
    out += [(s, us, f) for f in fragments(p)]
write("x.pcap", 1, out)
run = Run(kansoku, "x.pcap")
same("fragments of a tunnel", (len(run.links), run.keys, run.capture["read"], run.counted()), (4, 114, len(out), len(out)))
write("x.pcap", 1, [r for i, r in enumerate(out) if i % 7])
run = Run(kansoku, "x.pcap")
same("fragments that are not whole", (run.capture["fragments"] > 0, run.counted()), (True, run.capture["packets"]))

# What is not known is named, and silence is never status 0.
for name, link, wrap, words in (
        ("link type", 147, lambda p: p, "201 packets, none understood: link type 147"),
        ("ethertype", 1, lambda p: ether(0x88cc, p), "none understood: ethertype 0x88cc"),
        ("ppp protocol", 9, lambda p: b"\0\x35" + p, "none understood: PPP protocol 0x0035"),
        ("encrypted", 1, lambda p: ether(0x800, ip4(50, p, dst=b"\xc6\x33\x64\x63")), "none understood: IP protocol 50"),
        ("five tunnels", 1, lambda p: ether(0x800, ip4(4, ip4(4, ip4(4, ip4(4, ip4(4, p)))))), "none understood: too many layers"),
        ("five tags", 1, lambda p: MAC + struct.pack(">" + 11 * "H", *(5 * (0x8100, 1) + (0x800,))) + p, "none understood: too many layers"),
        ("snaplen 30", 1, lambda p: ether(0x800, p)[:30], "none understood: cut inside a header"),
        ("nobody's", 1, lambda p: ether(0x800, ip4(6, p[20:])), "none with an end in the own network")):
    write("x.pcap", link, [(s, us, wrap(p)) for s, us, p in (ip + ip)[:201]])
    if name == "snaplen 30":
        data = bytearray(open("x.pcap", "rb").read())
        for at in range(24, len(data), 46):
            data[at + 12] = 200
        open("x.pcap", "wb").write(data)
    run = Run(kansoku, "x.pcap")
    same(name, (run.status, words in run.err or run.err, run.counted()), (3, True, 201))
write("x.pcap", 1, [(s, us, ether(0x800, p) if i % 5 else ether(0x88b7, p)) for i, (s, us, p) in enumerate(ip)])
run = Run(kansoku, "x.pcap")
same("a fifth", (run.status, "were not understood: ethertype 0x88b7" in run.err), (0, True))
end()
EOF
