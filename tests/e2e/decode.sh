#!/bin/sh
# usage: decode.sh BUILD
#
# kansoku decode and nodestr against tests/unit/node/winny/vectors.json and a second, independent
# RC4: every block, every stream, cut streams, and what a node would refuse.
. "$(dirname "$0")/lib.sh"
cd "$tree" || exit 1
python3 - "$build" <<'EOF'
import json, subprocess, sys

kansoku = sys.argv[1] + "/kansoku"
vectors = json.load(open("tests/unit/node/winny/vectors.json"))["vectors"]
of = lambda kind: [v for v in vectors if v["kind"] == kind]

def rc4(key):
    key = key.split(b"\0")[0] or b"\0"
    s, j = list(range(256)), 0
    for i in range(256):
        j = (j + s[i] + key[i % len(key)]) & 255
        s[i], s[j] = s[j], s[i]
    i = j = 0
    while True:
        i = (i + 1) & 255
        j = (j + s[i]) & 255
        s[i], s[j] = s[j], s[i]
        yield s[(s[i] + s[j]) & 255]

def crypt(key, data):
    return bytes(a ^ b for a, b in zip(data, rc4(key)))

SEED = bytes.fromhex("d246ad10")
HEADER = bytes.fromhex("010000006115000000005f9c51446217f43658711c5eb7332084e7bb9b5d")
START = 6 + len(HEADER)

def stream(plain):
    """One direction: preamble, filler, header, then these framed blocks."""
    again = bytes([SEED[0]]) + bytes(b ^ 0x39 for b in SEED[1:])
    return b"\1\2" + SEED + crypt(SEED, HEADER) + crypt(again, plain)

def decode(data, *options):
    r = subprocess.run([kansoku, "decode", "--json", *options, "-"], input=data, capture_output=True)
    return r.returncode, [json.loads(line) for line in r.stdout.splitlines()], r.stderr.decode()

def blocks(plain, *options):
    status, lines, _ = decode(stream(plain), *options)
    assert [l["code"] for l in lines[:2]] == [97, 0], lines
    return status, lines[2:]

for v in of("handshake"):
    for data in bytes.fromhex(v["ciphertext_hex"]), v["ciphertext_hex"].upper().encode() + b"\n":
        status, lines, _ = decode(data)
        assert status == 0, lines
        assert len(lines) == len(v["blocks"])
        for line, want in zip(lines, v["blocks"]):
            assert line["offset"] == want["stream_offset"]
            assert (line["code"], line["name"]) == (want["code"], want["name"])
            assert line["len"] == len(want["plaintext_hex"]) // 2 - 4
            if want["code"] < 4:
                for field, value in v["decoded"].items():
                    assert line.get(field, value) == value, (field, line)
        told = {k for l in lines if l["code"] < 4 for k in l}
        assert set(v["decoded"]) <= told

for v in of("block"):
    plain = bytes.fromhex(v["plaintext_hex"])
    status, (line,) = blocks(plain)
    assert status == 0 and line["offset"] == START and line["len"] == len(plain) - 4
    for field, value in v["decoded"].items():
        assert line[field] == value, (v["id"], field, line[field], value)

for v in of("block-invalid"):
    status, (line,) = blocks(bytes.fromhex(v["plaintext_hex"]))
    assert status == 1 and line["error"] and line["offset"] == START, line

for v in of("block-key-rejected"):
    status, (line,) = blocks(bytes.fromhex(v["plaintext_hex"]))
    assert status == 0 and line["keys"] == [], line
    assert {k: line[k] for k in v["decoded"]} == v["decoded"]

# The layouts that have no vector.
frame = lambda code, payload: (len(payload) + 1).to_bytes(4, "little") + bytes([code]) + payload
i32 = lambda v: v.to_bytes(4, "little", signed=True)
hash16 = bytes(range(16))
address = bytes([198, 51, 100, 23]) + i32(9338)
for code, payload, fields in (
    (5, i32(-1), {"bbs_port": -1}),
    (11, i32(1) + i32(2) + i32(32) + hash16 + i32(700), {"task": 1, "first_block": 2,
        "block_count": 32, "hash": hash16.hex(), "size": 700}),
    (15, b"a".ljust(256, b"\0") + bytes(16) + i32(3), {"keyword": "a", "trip": "", "id": 3}),
    (17, b"board".ljust(128, b"\0"), {"board": "board"}),
    (21, i32(1) + i32(2) + hash16 + b"data", {"task": 1, "block": 2, "md5": hash16.hex(), "data_len": 4}),
    (22, address, {"ip": "198.51.100.23", "port": 9338}),
    (23, address, {"ip": "198.51.100.23", "port": 9338}),
    (24, hash16 + "日本".encode("cp932"), {"hash": hash16.hex(), "text": "日本"}),
    (25, address + hash16 + b"hi", {"ip": "198.51.100.23", "port": 9338, "hash": hash16.hex(), "text": "hi"}),
    (26, hash16 + i32(1), {"hash": hash16.hex(), "ok": 1}),
    (27, hash16 + i32(0), {"hash": hash16.hex(), "ok": 0}),
    (1, bytes.fromhex("0000c07f"), {"speed": None}),
    (1, bytes.fromhex("cdcccc3d"), {"speed": 0.1}),
    (32, b"", {}), (97, b"x", {"name": "pad-0x61"}),
):
    status, (line,) = blocks(frame(code, payload))
    assert status == 0 and line["code"] == code, line
    for field, value in fields.items():
        assert line[field] == value, (code, field, line)

# People get the same facts on a line, and a line for each key.
plain = b"".join(bytes.fromhex(v["plaintext_hex"]) for v in of("block") + of("block-key-rejected"))
r = subprocess.run([kansoku, "decode", "-"], input=stream(plain), capture_output=True)
shown = r.stdout.decode()
assert r.returncode == 0, shown
for fact in "nodes 203.0.113.7:7743 198.51.100.23:9338", "file_name \"実験データ_観測001.txt\"", \
        "name checksum does not match", "words \"アニメ\" \"mp418禁\" \"ゲーム\"", "nodes -":
    assert fact in shown, (fact, shown)

def event(line):
    if line["len"] == 0:
        return "ignore-empty-block"
    if line["len"] > 131071:
        return "too-long"
    if "error" not in line:
        return ("ignore" if line["code"] >= 96 else "command") + f' {line["code"]}'
    return ("unknown" if line["error"] == "unknown command" else "bad-length") + f' {line["code"]}'

for v in of("stream-edge"):
    status, lines = blocks(bytes.fromhex(v["plaintext_hex"]))
    assert [event(l) for l in lines] == v["decoded"]["events"], lines
    assert status == ("error" in lines[-1]), lines

# A stream that is cut says so, wherever it is cut.
whole = bytes.fromhex(of("handshake")[0]["ciphertext_hex"])
ends = {b["stream_offset"] for b in of("handshake")[0]["blocks"]} | {len(whole)}
for cut in range(1, len(whole) + 1):
    status, lines, _ = decode(whole[:cut])
    assert status == (cut not in ends), (cut, lines)
    assert ("error" in lines[-1] if lines else False) == (cut not in ends)

# What a node would refuse ends the listing, unless it is told to go on.
two = bytes.fromhex("0100000024" "010000000a")
assert [l.get("error") for l in blocks(two)[1]] == ["unknown command"]
status, lines = blocks(two, "--keep-going")
assert status == 1 and [l["code"] for l in lines] == [36, 10]
assert blocks(HEADER[5:])[1][-1]["error"] == "a second protocol header"

# Terminal escapes and markup in a peer's text stay text.
evil = b"\x1b[2J\x9b<b>\r"
cmd3 = bytes([203, 0, 113, 7]) + (7743).to_bytes(4, "little") + bytes([len(evil), 0, 0, 0]) + evil
r = subprocess.run([kansoku, "decode", "-"], capture_output=True,
    input=stream((len(cmd3) + 1).to_bytes(4, "little") + b"\3" + cmd3))
assert r.returncode == 0 and b"\x1b" not in r.stdout and b"\r" not in r.stdout, r.stdout

digits = whole.hex().encode()
for data, why in (b"", "is empty"), (digits + b"0", "odd number"), \
        (digits + b" " * 70000 + b"zz", "something else"), (b"abc", "odd number"):
    status, lines, err = decode(data)
    assert status == 1 and why in err, (why, err, lines)

def nodestr(*words):
    r = subprocess.run([kansoku, "nodestr", *words], capture_output=True, text=True)
    return r.returncode, r.stdout.split(), r.stderr.splitlines()

for v in of("node-string"):
    assert nodestr(v["encoded"]) == (0, [v["decoded"]["text"]], [])
    assert nodestr(v["decoded"]["text"]) == (0, [v["encoded"]], [])
for v in of("node-string-invalid"):
    status, out, err = nodestr("203.0.113.7:7743", v["encoded"], "127.0.0.1:4504")
    assert status == 2 and len(out) == 2 and len(err) == 1 and v["encoded"] in err[0]
assert nodestr()[0] == 2 and nodestr("--no-such")[0] == 2
status, out, err = nodestr("a\x1bb:1")
assert status == 2 and "\x1b" not in err[0]

for args in (["decode"], ["decode", "a", "b"], ["decode", "--bad", "a"]):
    assert subprocess.run([kansoku, *args], capture_output=True).returncode == 2, args
full = subprocess.run(f"{kansoku} decode - >/dev/full", shell=True, input=whole, capture_output=True)
assert full.returncode == 1 and b"standard output" in full.stderr, full.stderr
EOF
