#!/usr/bin/env python3
"""Writes a MaxMind DB of a few networks, as https://maxmind.github.io/MaxMind-DB/ says.

usage: tiny_mmdb.py FILE NETWORK=ASN...      IPv4 networks that do not overlap
       tiny_mmdb.py --wrong-edition FILE     says of every address what is neither ASN nor country
       tiny_mmdb.py --corrupt-tree FILE      its records point behind its data
"""
import ipaddress
import sys


def size(kind, n):
    """The control bytes; longer values take another form, which nothing here needs."""
    assert n < 29
    return bytes([kind << 5 | n]) if kind < 8 else bytes([n, kind - 7])


def value(v):
    """Strings, maps, unsigned numbers (kind 5, 6, 9 by width) and arrays."""
    if isinstance(v, str):
        return size(2, len(v)) + v.encode()
    if isinstance(v, dict):
        return size(7, len(v)) + b"".join(value(k) + value(x) for k, x in v.items())
    if isinstance(v, list):
        return size(11, len(v)) + b"".join(map(value, v))
    kind, number = v
    raw = number.to_bytes(8, "big").lstrip(b"\0")
    return size(kind, len(raw)) + raw


def odd(kind, path):
    """One node, whose records both lead to what says nothing of networks, or behind the data."""
    data = value({"connection_type": "Cable/DSL"})
    record = (1 + 16 + (60000 if kind == "corrupt-tree" else 0)).to_bytes(3, "big")
    write(path, 1, record * 2, data)


def write(path, nodes, tree, data):
    about = {"node_count": (6, nodes), "record_size": (5, 24), "ip_version": (5, 4),
             "database_type": "Tiny-ASN", "languages": ["en"],
             "binary_format_major_version": (5, 2), "binary_format_minor_version": (5, 0),
             "build_epoch": (9, 1274400000), "description": {"en": "made by a test"}}
    with open(path, "wb") as f:
        f.write(tree + bytes(16) + data + b"\xab\xcd\xefMaxMind.com" + value(about))


def main():
    if sys.argv[1].startswith("--"):
        return odd(sys.argv[1][2:], sys.argv[2])
    nodes, data, offsets = [[None, None]], b"", {}
    for word in sys.argv[2:]:
        network, asn = word.split("=")
        network = ipaddress.ip_network(network)
        bits = f"{int(network.network_address):032b}"[:network.prefixlen]
        at = 0
        for bit in map(int, bits[:-1]):
            if nodes[at][bit] is None:
                nodes[at][bit] = len(nodes)
                nodes.append([None, None])
            at = nodes[at][bit]
        offsets[at, int(bits[-1])] = len(data)
        data += value({"autonomous_system_number": (6, int(asn))})
    n = len(nodes)
    tree = b""
    for at, node in enumerate(nodes):
        for bit, to in enumerate(node):
            if (at, bit) in offsets:
                to = n + 16 + offsets[at, bit]
            tree += (n if to is None else to).to_bytes(3, "big")
    write(sys.argv[1], n, tree, data)


main()
