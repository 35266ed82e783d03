#!/usr/bin/env python3
"""Changes what a bundle says, signs it again with the right key, and asks kansoku verify.

Not bits but meanings: each mutation keeps all sums right.  It must be refused, and the file
that lies named; or it must be of a kind that no record can show, and then the statement that
it changes is named among those taken on trust.
usage: evidence_kit.py KANSOKU KEY BUNDLE.tar OLDER.tar OTHER-CHECKPOINTS
The table of kinds is printed; the exit status is 1 if one gets through.
"""
import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile

KANSOKU, KEY, BUNDLE, OLDER, OTHER = sys.argv[1:6]
NAME = os.path.basename(BUNDLE)
TRUST = object()


# ---- a bundle in memory ----------------------------------------------------------------

def load(path):
    with tarfile.open(path) as t:
        return {m.name: t.extractfile(m).read() for m in t}


def comment_of(path):
    with open(path + ".minisig", encoding="utf-8") as f:
        return f.read().split("\n")[2][len("trusted comment: "):]


def sum_again(b):
    m = json.loads(b["manifest.json"])
    for e in m["files"]:
        if e["path"] in b:
            d = b[e["path"]]
            e.update(bytes=len(d), sha256=hashlib.sha256(d).hexdigest(),
                     blake2b_256=hashlib.blake2b(d, digest_size=32).hexdigest())
    b["manifest.json"] = (json.dumps(m, indent=2, ensure_ascii=False) + "\n").encode()
    b["SHA256SUMS"] = "".join(f"{hashlib.sha256(d).hexdigest()}  {n}\n" for n, d in b.items()
                              if n != "SHA256SUMS").encode()


def pack(b):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as t:
        for name in sorted(b):
            i = tarfile.TarInfo(name)
            i.size, i.mode, i.mtime = len(b[name]), 0o644, 1
            t.addfile(i, io.BytesIO(b[name]))
    return out.getvalue()


def sign(tar, comment, name=NAME):
    os.makedirs("kit", exist_ok=True)
    path = "kit/" + name
    with open(path, "wb") as f:
        f.write(tar)
    if os.path.exists(path + ".minisig"):
        os.remove(path + ".minisig")
    subprocess.run(["minisign", "-S", "-s", KEY, "-m", path, "-t", comment], check=True,
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    return path


def verify(*words):
    p = subprocess.run([KANSOKU, "verify", *words, "--pub", KEY + ".pub", "-q"], capture_output=True, text=True)
    return p.returncode, p.stdout + p.stderr


# ---- hands -----------------------------------------------------------------------------

def jedit(name, fn):
    def hand(b):
        j = json.loads(b[name])
        fn(j)
        b[name] = (json.dumps(j, indent=2, ensure_ascii=False) + "\n").encode()
    return hand


def case(fn):
    return jedit("case.json", fn)


def manifest(fn):
    return jedit("manifest.json", fn)


def both(fc, fm):
    def hand(b):
        case(fc)(b)
        manifest(fm)(b)
    return hand


def table(name, fn):
    """fn gets rows as lists, the heading first."""
    def hand(b):
        rows = [r.split(",") for r in b[name].decode().split("\r\n")[:-1]]
        fn(rows)
        b[name] = "".join(",".join(r) + "\r\n" for r in rows).encode()
    return hand


def cell(name, row, column, value):
    def fn(rows):
        at = rows[0].index(column)
        rows[row][at] = value(rows[row][at]) if callable(value) else value
    return table(name, fn)


def lines(fn):
    def hand(b):
        rows = b["keys.jsonl"].decode().split("\n")[:-1]
        fn(rows)
        b["keys.jsonl"] = "".join(r + "\n" for r in rows).encode()
    return hand


def line(i, fn):
    def hand(rows):
        j = json.loads(rows[i])
        fn(j, [json.loads(r) for r in rows])
        rows[i] = json.dumps(j, separators=(",", ":"), ensure_ascii=False)
    return lines(hand)


def text(name, old, new):
    def hand(b):
        assert old.encode() in b[name], (name, old)
        b[name] = b[name].replace(old.encode(), new.encode(), 1)
    return hand


def swap(rows, i, j):
    rows[i], rows[j] = rows[j], rows[i]


def swap_columns(a, b, first, last):
    def fn(rows):
        for c in range(rows[0].index(first), rows[0].index(last) + 1):
            rows[a][c], rows[b][c] = rows[b][c], rows[a][c]
    return table("rounds.csv", fn)


def put(*path):
    """put("a", "b", value): j["a"]["b"] = value"""
    def fn(j):
        for key in path[:-2]:
            j = j[key]
        j[path[-2]] = path[-1]
    return fn


def add(*path):
    def fn(j):
        for key in path[:-2]:
            j = j[key]
        j[path[-2]] += path[-1]
    return fn


def label(rows):
    at = rows[0].index("label")
    rows[2][at] = "probable injector"


def chain(*hands):
    def hand(b):
        for h in hands:
            h(b)
    return hand


def raise_estimate(j):
    for k in ("bogus_sources", "low", "high"):
        j["estimate"][k] *= 2
    e = j["estimate"]
    import math
    a, rest = j["summary"].split(": about ", 1)
    j["summary"] = (f"{a}: about {e['bogus_sources']:.0f} ({math.floor(e['low'])} to {math.ceil(e['high'])})"
                    + rest[rest.index(" seen by"):])


def less_sure(rows):
    of = json.loads(rows[0])["source"]
    for i, r in enumerate(rows):
        j = json.loads(r)
        if j["source"] == of:
            j["probability"] = 0.75
            rows[i] = json.dumps(j, separators=(",", ":"), ensure_ascii=False)


def drop_file(name, adjust):
    def hand(b):
        del b[name]

        def fn(m):
            m["files"] = [f for f in m["files"] if f["path"] != name]
            adjust(m)
        manifest(fn)(b)
    return hand


def no_witness(m):
    m["log"]["checkpoints"] = 0
    m["log"]["witness"] = "none: nothing in this bundle shows when the log was made"


def other_checkpoints(b):
    with open(OTHER, "rb") as f:
        b["checkpoints.txt"] = f.read()


def extra_file(b):
    b["extra.txt"] = b"more\n"


def new_leaf(j, _):
    r = bytearray.fromhex(j["record"])
    r[12] ^= 1
    j["record"] = r.hex()
    j["leaf"] = hashlib.blake2b(b"\0" + bytes.fromhex(j["salt"]) + r, digest_size=32).hexdigest()


J, C, R, P, K = "manifest.json", "case.json", "rounds.csv", "peers.csv", "keys.jsonl"
KINDS = [
    ("claim another sensor", manifest(put("sensor", "elsewhere")), R),
    ("claim another overlay", manifest(put("overlay", "other")), R),
    ("claim another database", manifest(put("database", "0" * 32)), J),
    ("name another incident in the manifest", manifest(add("incident", 1)), J),
    ("another format", manifest(put("format", "kansoku-evidence/1")), J),
    ("move the window", manifest(put("window", "start", "2010-07-01T12:00:00.000Z")), J),
    ("shorten the log", manifest(put("log", "entries", 1)), J),
    ("another head of the log", manifest(put("log", "head", "xx")), J),
    ("boast of a checkpoint more", manifest(add("log", "checkpoints", 1)), J),
    ("deny the witness", manifest(no_witness), J),
    ("another head before", manifest(put("chain", "before", "0" * 64)), R),
    ("another head at the end", manifest(put("chain", "head", "0" * 64)), R),
    ("another first entry", manifest(add("chain", "first_seq", 1)), R),
    ("call an import a crawl in the manifest", manifest(lambda m: m["origins"][0].update(origin="crawled")), J),
    ("another imported file", manifest(lambda m: m["origins"][0].update(file_sha256="0" * 64)), J),
    ("other parameters of the import", manifest(lambda m: m["origins"][0].update(
        parameters=m["origins"][0]["parameters"].replace("false", "true"))), J),
    ("another version that imported", manifest(lambda m: m["origins"][0].update(version="9")), J),
    ("more rounds from that file", manifest(lambda m: m["origins"][0].update(rounds=10 ** 6)), J),
    ("another threshold", manifest(lambda m: m["thresholds"].update({next(iter(m["thresholds"])): 7})), J),
    ("no thresholds", manifest(put("thresholds", {})), J),
    ("another incident, consistently", both(add("incident", 1), add("incident", 1)), "number of the incident"),
    ("another kind", case(put("kind", "targeted-hash")), C),
    ("an earlier start, consistently", both(put("start", "2010-07-01T12:00:00.000Z"),
                                            put("window", "start", "2010-07-01T12:00:00.000Z")), C),
    ("a later end, consistently", both(put("end", "2010-07-01T23:00:00.000Z"),
                                       put("window", "end", "2010-07-01T23:00:00.000Z")), C),
    ("another peak", case(put("peak", "2010-07-01T11:00:00.000Z")), C),
    ("a round less, consistently", both(add("first_round", 1), add("window", "first_round", 1)), C),
    ("another summary", case(put("summary", "Nothing happened.")), C),
    ("say nothing of the import", case(put("claimed", "The peers in peers.csv delivered the records in keys.jsonl to the"
                                           " sensor over TCP at the times given.")), C),
    ("accuse the peers", case(put("not_claimed", "Nothing.")), C),
    ("call it open", case(put("state", "open")), C),
    ("call it quiet", case(put("quiet_rounds", 3)), C),
    ("more rounds with new sources", case(add("rounds_with_new_sources", 1)), C),
    *[(f"another count of {k}", case(add("counts", k, 1)), C)
      for k in ("rounds", "rounds_complete", "tried", "reached", "records", "sources", "peers")],
    *[(f"state more {k}", case(add("stated", k, 1)), C) for k in ("records", "sources", "peers")],
    ("fewer judged than listed", case(put("stated", "sources_judged_bogus", 1)), C),
    ("an estimate outside its bounds", case(add("estimate", "bogus_sources", 10 ** 6)), C),
    ("twice the estimate, consistently", case(raise_estimate), "the estimate"),
    ("another statistic", case(lambda j: j["tests"][0].update(statistic=99)), "METHOD.txt"),
    ("a test less", case(lambda j: j["tests"].pop()), J),
    ("an accusation in case.json", case(lambda j: j["delivered_by"][0].update(label="probable injector")), C),
    ("a source that no label gives", case(put("source", "probable injector")), C),
    ("a probable injector, consistently", chain(
        cell(P, 2, "label", "probable injector"),
        case(lambda j: j["delivered_by"][1].update(label="probable injector")), case(put("source", "probable injector"))), P),
    ("a rank less", case(lambda j: j["delivered_by"].pop()), C),
    ("another share in case.json", case(lambda j: j["delivered_by"][0].update(share=0.01)), C),
    ("another share, consistently", chain(cell(P, 1, "share", "0.25"),
                                          case(lambda j: j["delivered_by"][0].update(share=0.25))), "shares, ratios"),
    ("an injector that moves", case(put("roving", "roving")), "roving"),
    ("a graver flood", case(put("severity", 1)), "severity"),
    ("origins of rounds in case.json", case(lambda j: j["origins"].update(crawled=j["origins"]["imported"], imported=0)), C),
    ("edit a note", case(lambda j: j["history"][0].update(note="They confessed.")), "notes"),
    ("drop an event", case(lambda j: j["history"].pop(0)), "history of the case"),
    ("a better grade", case(put("grades", "speed", 5)), C),
    ("swap two rounds' labels", swap_columns(1, 3, "instant", "flood_high"), R),
    ("swap the labels of two like rounds", swap_columns(2, 3, "instant", "flood_high"), R),
    *[(f"swap the labels of rounds {a} and {b}", swap_columns(a, b, "instant", "flood_high"), R)
      for a, b in ((1, 2), (3, 4), (4, 5))],
    ("another instant", cell(R, 2, "instant", lambda v: str(int(v) + 1)), R),
    ("a node less was seen", text("seen.txt", "1\n", "\n"), "seen.txt"),
    ("a source that no key named", text("seen.txt", "02", "03"), "seen.txt"),
    ("what was seen in another round", lambda b: b.update({"seen.txt": swap_seen(b["seen.txt"])}), "seen.txt"),
    ("a round's nodes left out", lambda b: b.update({"seen.txt": b["seen.txt"].split(b"\n", 1)[1]}), "seen.txt"),
    ("say nothing of who was seen", drop_file("seen.txt", lambda m: None), "seen.txt"),
    ("swap two rounds", table(R, lambda r: swap(r, 1, 2)), R),
    ("drop a round", table(R, lambda r: r.pop(2)), R),
    ("repeat a round", table(R, lambda r: r.insert(2, r[2])), R),
    ("move a round in time", cell(R, 2, "start_utc", "2010-07-01T13:00:00.000Z"), R),
    ("more nodes tried", cell(R, 2, "tried", "99999"), R),
    ("fewer reached", cell(R, 2, "reached", "1"), R),
    ("an incomplete round", cell(R, 2, "complete", "0"), R),
    ("call an imported round crawled", cell(R, 2, "origin", "crawled"), R),
    ("a better clock", cell(R, 2, "clock_error_us", "10"), R),
    ("more keys in the log", cell(R, 2, "keys", "99999"), R),
    ("more records of the incident", cell(R, 2, "incident_records", "99999"), R),
    ("no flood in a round", chain(cell(R, 2, "instant_clean", lambda v: v), cell(R, 2, "flood", "0"),
                                  cell(R, 2, "flood_low", "0")), R),
    ("a flood outside its bounds", cell(R, 2, "flood_low", "99999"), R),
    ("more clean nodes than nodes", cell(R, 2, "instant_clean", "99999"), R),
    ("the record of another round", table(R, lambda r: r[2].__setitem__(r[0].index("record"), r[3][r[0].index("record")])), R),
    ("another salt", cell(R, 2, "salt", "00" * 16), R),
    ("another head", cell(R, 2, "head", "00" * 32), R),
    ("move a peer", table(P, lambda r: r[1].__setitem__(slice(1, 4), ["9.9.9.9:99", "9.9.9.9", "99"])), P),
    ("another address in its cell", cell(P, 1, "address", "9.9.9.9"), P),
    ("more records of a peer", cell(P, 1, "records", "9999"), P),
    ("a peer seen earlier", cell(P, 1, "first_seen_utc", "2010-07-01T00:00:00Z"), P),
    ("say that we received it", cell(P, 1, "evidence_level", "sent us data"), P),
    ("say that nothing was imported", cell(P, 1, "imported", "0"), P),
    ("more handshakes than dials", cell(P, 1, "answered", "9999"), P),
    ("swap two ranks", table(P, lambda r: [swap_cell(r, 1, 2, 0)]), P),
    ("drop a peer", table(P, lambda r: r.pop(-1)), C),
    ("add a peer", table(P, lambda r: r.append(["", "9.9.9.9:99", "9.9.9.9", "99"] + r[-1][4:])), P),
    ("a peer twice", table(P, lambda r: r.append(r[-1])), C),
    ("hand a record to another peer", line(0, lambda j, a: j.update(peer="9.9.9.9:99")), K),
    ("name another source", line(0, lambda j, a: j.update(source="9.9.9.9:99")), K),
    ("another time of a record", line(0, lambda j, a: j.update(t="2010-07-01T00:00:00.000Z")), K),
    ("another round of a record", line(0, lambda j, a: j.update(round=j["round"] + 1)), K),
    ("call a record's source genuine", line(0, lambda j, a: j.update(verdict="genuine")), K),
    ("an improbable source", line(0, lambda j, a: j.update(probability=0.1)), K),
    ("a source that answered", line(0, lambda j, a: j["flags"].append("verified")), K),
    ("another probability in one line of several", line(0, lambda j, a: j.update(probability=0.75)), K),
    ("another probability of a source", lines(less_sure), "probability"),
    ("the proof of another record", line(0, lambda j, a: j.update(proof=a[1]["proof"])), K),
    ("another place in the tree", line(0, lambda j, a: j.update(index=j["index"] + 1)), K),
    ("a record made up, with a leaf that fits", line(0, new_leaf), K),
    ("a record cut from another", line(0, lambda j, a: j.update(record=a[1]["record"], salt=a[1]["salt"], leaf=a[1]["leaf"])), K),
    ("swap two records", lines(lambda r: swap(r, 0, 1)), K),
    ("a record twice", lines(lambda r: r.insert(1, r[0])), K),
    ("drop a record", lines(lambda r: r.pop(0)), C),
    ("no records at all", lines(lambda r: r.clear()), C),
    ("no checkpoint in the file", lambda b: b.update({"checkpoints.txt": b""}), "checkpoints.txt"),
    ("drop the checkpoints", drop_file("checkpoints.txt", lambda m: None), J),
    ("drop the checkpoints, honestly", drop_file("checkpoints.txt", no_witness), "no checkpoint covers it"),
    ("checkpoints of another sensor", other_checkpoints, "checkpoints.txt"),
    ("another head in a checkpoint", text("checkpoints.txt", "head: ", "head: 0"), "checkpoints.txt"),
    ("another entry in a checkpoint", text("checkpoints.txt", "entry: ", "entry: 1"), "checkpoints.txt"),
    ("another README", text("README.txt", "only listens", "listens"), "README.txt"),
    ("another method", text("METHOD.txt", "innocent", "guilty"), "METHOD.txt"),
    ("a script that verifies nothing", text("verify.sh", "set -u", "exit 0"), "verify.sh"),
    ("a file more", extra_file, "extra.txt"),
    ("no records' file", drop_file(K, lambda m: None), K),
]


def swap_seen(d):
    rows = [r.split(b" ") for r in d.split(b"\n")[:-1]]
    rows[0][1], rows[1][1] = rows[1][1], rows[0][1]
    return b"".join(b" ".join(r) + b"\n" for r in rows)


def swap_cell(rows, a, b, c):
    rows[a][c], rows[b][c] = rows[b][c], rows[a][c]


# ---- around the bundle: names, sequence, keys ------------------------------------------

def outside():
    good, comment = open(BUNDLE, "rb").read(), comment_of(BUNDLE)
    yield "under another name", verify(sign(good, comment, "other.tar")), "name"
    yield "no name in the comment", verify(sign(good, comment.replace("file:", "f:"))), "name"
    yield "signed for another database", verify(sign(good, comment[:comment.index("db:")] + "db:" + "0" * 32)), J
    yield "a second tar behind its end", verify(sign(good + pack({"more.txt": b"more\n"}), comment)), "tar"
    yield "bytes behind its end", verify(sign(good + b"x" * 512, comment)), "tar"
    path = sign(good, comment)
    sig = open(path + ".minisig", encoding="utf-8").read()
    open(path + ".minisig", "w", encoding="utf-8").write(sig.replace("seq:", "seq:7"))
    yield "another number in the sequence, not signed", verify(path), "signature"
    path = sign(good, comment)
    yield "not after the bundle that it should follow", verify(path, "--previous", path), "sequence"
    again = sign(open(OLDER, "rb").read(), comment.replace(NAME, os.path.basename(OLDER)), os.path.basename(OLDER))
    yield "an older bundle under a newer number", verify(BUNDLE, again), "sequence"
    b = load(BUNDLE)
    case(put("not_claimed", "x"))
    jedit("case.json", lambda j: j["history"].clear())(b)
    case(put("grades", {"speed": None, "contact": None, "follow_up": None}))(b)
    sum_again(b)
    yield "two bundles of one number", verify(BUNDLE, sign(pack(b), comment)), "sequence"
    b = load(BUNDLE)
    case(raise_estimate)(b)
    sum_again(b)
    other = comment.replace("seq:2", "seq:3").replace("prev:", "prev:" + hashlib.blake2b(good).hexdigest()[:32] + "\tp:")
    yield "another story of the same incident", verify(BUNDLE, sign(pack(b), other)), "story"
    b = load(BUNDLE)
    manifest(lambda m: (m["log"].update(head="ab" * 32)))(b)
    sum_again(b)
    yield "another log behind the same part", verify(BUNDLE, sign(pack(b), other)), J
    yield "checkpoints that others kept, of another log", verify(BUNDLE, OTHER), OTHER


def main():
    bad = 0
    rows = []
    comment = comment_of(BUNDLE)
    same = load(BUNDLE)
    sum_again(same)
    code, said = verify(sign(pack(same), comment))
    if code != 0:
        print("what was not changed is refused:", said)
        return 1
    for what, hand, want in KINDS:
        b = load(BUNDLE)
        hand(b)
        sum_again(b)
        rows.append((what, verify(sign(pack(b), comment)), want))
    rows.extend(outside())
    for what, (code, said), want in rows:
        refused = code == 1 and f"FAILED {want}" in said
        trusted = code == 0 and any(l.startswith("taken on trust") and want in l for l in said.split("\n"))
        print(f"{'refused' if refused else 'on trust' if trusted else 'PASSED'}  {what}  ({want})")
        if not refused and not trusted:
            bad += 1
            print("    ", code, said[:400].replace("\n", "\n     "))
    print(f"{len(rows)} kinds, {bad} not found")
    return 1 if bad else 0


sys.exit(main())
