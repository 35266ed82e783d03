"""Bencode, as far as nodes of the DHT in tests need it: no check of what is read."""


def write(v):
    if isinstance(v, int):
        return b"i%de" % v
    if isinstance(v, bytes):
        return b"%d:%s" % (len(v), v)
    if isinstance(v, list):
        return b"l" + b"".join(map(write, v)) + b"e"
    return b"d" + b"".join(write(k) + write(v[k]) for k in sorted(v)) + b"e"


def read(b, i=0):
    if b[i:i + 1] == b"i":
        e = b.index(b"e", i)
        return int(b[i + 1:e]), e + 1
    if b[i:i + 1] in (b"l", b"d"):
        items, kind, i = [], b[i:i + 1], i + 1
        while b[i:i + 1] != b"e":
            v, i = read(b, i)
            items.append(v)
        return (items if kind == b"l" else dict(zip(items[::2], items[1::2]))), i + 1
    e = b.index(b":", i)
    n = int(b[i:e])
    return b[e + 1:e + 1 + n], e + 1 + n
