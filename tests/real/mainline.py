#!/usr/bin/python3
# usage: mainline.py KANSOKU MODULES
#
# Real clients of the Mainline DHT, each in a /24 of its own, in the network namespace that
# this runs in (tests/real.sh makes it: it has a loopback and nothing else); a node that lies;
# and the sensor, which must find all of them with their ids and who announced what.
# MODULES is the folder that has node_modules/bittorrent-dht.  CLIENTS="16 16 4 4", ROUNDS, STAND (seconds) and KEEP=1 change
# what runs, and whether its folder is kept.
import hashlib, json, os, random, socket, sqlite3, struct, subprocess, sys, tempfile, time
import libtorrent as lt

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from bencode import read, write

kansoku, modules = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
here = os.path.dirname(os.path.abspath(__file__))
LT, JS, ARIA, RT = (int(n) for n in os.environ.get("CLIENTS", "16 16 4 4").split())
HASHES, PORT = 24, 6881
SECONDS = int(os.environ.get("STAND", "75"))	# until the overlay stands
place = tempfile.mkdtemp(prefix="kansoku-real-")
os.chdir(place)
children, sessions = [], []
draw = random.Random(7)
address = lambda i: f"127.77.{i + 1}.1"
hashes = [hashlib.sha1(f"real {k}".encode()).hexdigest() for k in range(HASHES)]
client = {}		# address -> which
began = time.time()


def say(text):
    print(f"{time.time() - began:6.1f}  {text}", flush=True)


def interfaces():
    return sorted(name for _, name in socket.if_nameindex())


# Never outside of a namespace that has a loopback and nothing else.
if interfaces() != ["lo"]:
    sys.exit("mainline.py: want a network namespace of its own; run tests/real.sh")
subprocess.run(["ip", "link", "set", "lo", "up"], check=True)

# ---- the clients -----------------------------------------------------------------------------------------


def bootstrap(i):
    return [address(j) for j in draw.sample(range(min(8, LT)), 3) if j != i]


def start_libtorrent(i):
    s = lt.session({"listen_interfaces": f"{address(i)}:{PORT}", "enable_dht": True, "enable_lsd": False,
                    "enable_upnp": False, "enable_natpmp": False, "dht_bootstrap_nodes": ""})
    for ip in bootstrap(i):
        s.add_dht_node((ip, PORT))
    sessions.append(s)


def announce_libtorrent(s, h):
    t = lt.parse_magnet_uri("magnet:?xt=urn:btih:" + h)
    t.save_path = place
    s.add_torrent(t).force_dht_announce()


def child(command, **more):
    children.append(subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                     stderr=open(f"{place}/err.{len(children)}", "w"), **more))


def start_js(first):
    nodes = [{"ip": address(i), "port": PORT, "bootstrap": [f"{ip}:{PORT}" for ip in bootstrap(i)],
              "announce": [[h, 7000 + k] for k, h in enumerate(draw.sample(hashes, 2))]}
             for i in range(first, first + JS)]
    json.dump(nodes, open("js.json", "w"))
    child(["node", f"{here}/dht_nodes.cjs", "js.json"], env={**os.environ, "NODE_PATH": f"{modules}/node_modules"})


def start_aria2(i):
    os.mkdir(f"aria{i}")
    child(["aria2c", "--no-conf", f"--interface={address(i)}", "--enable-dht", f"--dht-listen-port={PORT}",
           "--listen-port=6890", f"--dht-entry-point={address(0)}:{PORT}", f"--dht-file-path=aria{i}/dht",
           "--bt-enable-lpd=false", "--async-dns=false", f"--dir=aria{i}",
           f"magnet:?xt=urn:btih:{draw.choice(hashes)}"])


def start_rtorrent(i):
    os.makedirs(f"rt{i}/session")
    with open(f"rt{i}/rc", "w") as f:
        f.write(f"""system.daemon.set = true
session.path.set = {place}/rt{i}/session
directory.default.set = {place}/rt{i}
network.bind_address.set = {address(i)}
network.port_range.set = 6890-6890
dht.mode.set = on
dht.port.set = {PORT}
schedule2 = b, 1, 30, "dht.add_node={address(0)}:{PORT}"
schedule2 = m, 6, 0, "load.start=magnet:?xt=urn:btih:{draw.choice(hashes)}"
""")
    child(["rtorrent", "-n", "-o", f"import=rt{i}/rc"], env={**os.environ, "TERM": "xterm"})


# ---- one that lies: eight made-up contacts to whoever asks, next to what was asked for ---------------------

LIAR = "127.77.250.1"
liar = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
liar.bind((LIAR, PORT))
liar.setblocking(False)
liar_id = hashlib.sha1(b"liar").digest()


def lie():
    while True:
        try:
            data, sender = liar.recvfrom(4096)
            q = read(data)[0]
        except (BlockingIOError, ValueError, IndexError):
            return
        if q.get(b"y") != b"q":
            continue
        r = {b"id": liar_id}
        target = q[b"a"].get(b"target") or q[b"a"].get(b"info_hash")
        if target is not None:
            r[b"nodes"] = b"".join(target[:16] + struct.pack(">I", n) + bytes(draw.randrange(1, 224) for _ in range(4)) +
                                   struct.pack(">H", draw.randrange(1024, 65536)) for n in range(8))
        if q[b"q"] == b"get_peers":
            r[b"token"] = b"lies"
        liar.sendto(write({b"t": q[b"t"], b"y": b"r", b"r": r}), sender)


def wait(seconds):
    end = time.time() + seconds
    while time.time() < end:
        lie()
        time.sleep(0.02)


# ---- the truth, asked of each node --------------------------------------------------------------------------


def truth():
    """Ids by address; announces as (hash, address, port) with the ports of rtorrent put right."""
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(("127.77.240.1", PORT))
    s.setblocking(False)
    us, ids, announces = hashlib.sha1(b"truth").digest(), {}, {}
    waiting = {}

    def hear():
        while True:
            try:
                data, sender = s.recvfrom(8192)
            except BlockingIOError:
                return
            m = read(data)[0]
            if m.get(b"y") != b"r" or m.get(b"t") not in waiting:
                continue
            ip, h = waiting.pop(m[b"t"])
            ids[ip] = m[b"r"][b"id"]
            for v in m[b"r"].get(b"values", []) if h else []:
                port = struct.unpack("<H" if m.get(b"v", b"")[:2] == b"lt" else ">H", v[4:6])[0]
                announces.setdefault((h, socket.inet_ntoa(v[:4]), port), set()).add(client[ip])

    questions = [(ip, h) for h in [None] + hashes for ip in client]
    for attempt in range(3):
        for n, (ip, h) in enumerate(questions):
            t = struct.pack(">HH", attempt, n)
            waiting[t] = ip, h
            a = {b"id": us} if h is None else {b"id": us, b"info_hash": bytes.fromhex(h)}
            s.sendto(write({b"t": t, b"y": b"q", b"q": b"ping" if h is None else b"get_peers", b"a": a, b"ro": 1}),
                     (ip, PORT))
            if n % len(client) == len(client) - 1:
                for _ in range(15):	# no client gets more than three a second
                    hear(), lie(), time.sleep(0.02)
        wait(2), hear()
        questions = list(waiting.values())
        waiting.clear()
        if not questions:
            break
    return s, ids, announces, len(questions)


# ---- the run ------------------------------------------------------------------------------------------------

n = 0
for which, count in (("libtorrent", LT), ("bittorrent-dht", JS), ("aria2", ARIA), ("rtorrent", RT)):
    for i in range(n, n + count):
        client[address(i)] = which
    n += count
try:
    for i in range(LT):
        start_libtorrent(i)
    wait(3)
    start_js(LT)
    for i in range(LT + JS, LT + JS + ARIA):
        start_aria2(i)
    for i in range(LT + JS + ARIA, n):
        start_rtorrent(i)
    wait(SECONDS / 3)
    for s in sessions:
        for h in draw.sample(hashes, 2):
            announce_libtorrent(s, h)
    liar.sendto(write({b"t": b"ab", b"y": b"q", b"q": b"ping", b"a": {b"id": liar_id}}), (address(0), PORT))
    liar.sendto(write({b"t": b"ab", b"y": b"q", b"q": b"ping", b"a": {b"id": liar_id}}), (address(LT), PORT))
    wait(SECONDS * 2 / 3)
    say(f"{n} clients: {LT} libtorrent, {JS} bittorrent-dht, {ARIA} aria2, {RT} rtorrent; one liar")
    asker, ids, announces, unanswered = truth()
    say(f"truth: {len(ids)} of {n} answer; {len(announces)} announces of {len({h for h, _, _ in announces})} hashes"
        f" are stored; {unanswered} questions without an answer")
    with open("peers", "w") as f:
        f.write("".join(f"{address(i)}:{PORT}\n" for i in range(3)))
    rounds = int(os.environ.get("ROUNDS", "12"))
    before = time.time()
    crawl = subprocess.Popen([kansoku, "crawl", "--db", "a.db", "--overlay", "mainline", "--scope", "127.77.0.0/16", "--peers",
                              "peers", "--zone", "0", "--panel", "1/1", "--rounds", str(rounds), "--json"],
                             stdout=open("rounds.jsonl", "w"))
    while crawl.poll() is None:
        wait(0.1)
    took = time.time() - before
    if crawl.returncode != 0:
        sys.exit(f"crawl ended with status {crawl.returncode}")

    # ---- what the sensor found, against the truth ----
    db = sqlite3.connect("a.db")
    ip = lambda number: socket.inet_ntoa(struct.pack(">I", number))
    found = {ip(a): bytes(i) for a, i in db.execute(
        "SELECT address, node_id FROM contact JOIN node ON node.id = node WHERE outcome = 0 AND typeof(address) = 'integer'")}
    keys = set()
    for h, a, port, version in db.execute(
            "SELECT hash, address, port, peer_version FROM delivery AS d JOIN sighting AS s ON s.id >= d.first AND"
            " s.id < d.first + d.n JOIN advert AS a ON a.id = s.advert JOIN file ON file.id = a.file JOIN node ON node.id = a.source"):
        if version is not None and version >> 16 == 0x6c74:		# rtorrent exchanges the bytes
            port = port >> 8 | (port & 255) << 8
        keys.add((bytes(h).hex(), ip(a), port))
    # In its last visit each node still answered: none of them had had enough of us.
    last = {ip(a): o for a, o in db.execute("SELECT address, outcome FROM contact JOIN node ON node.id = node"
            " WHERE typeof(address) = 'integer' ORDER BY contact.id")}
    right = [a for a in ids if found.get(a) == ids[a]]
    got = set(announces) & keys
    blocked = [a for a in ids if last.get(a) != 0]
    stats = json.loads(open("rounds.jsonl").read().splitlines()[-1])["datagrams"]
    sampled = {bytes(b)[i:i + 20].hex() for (b,) in db.execute("SELECT samples FROM contact WHERE samples IS NOT NULL")
               for i in range(0, len(b), 20)}
    stored = {h for h, _, _ in announces}
    outside = db.execute("SELECT count(*) FROM contact JOIN node ON node.id = node WHERE typeof(address) = 'integer'"
                         " AND address >> 16 <> 127 * 256 + 77").fetchone()[0]
    say(f"sensor: {rounds} rounds in {took:.1f} s, {stats['sent']} datagrams, {stats['sent'] / n / rounds:.1f} a node and round")
    say(f"nodes with their id: {len(right)} of {len(ids)}")
    say(f"announces: {len(got)} of {len(announces)} ({100 * len(got) / max(1, len(announces)):.1f} %)")
    say(f"hashes sampled: {len(stored & sampled)} of {len(stored)}")
    say(f"clients that do not answer any more: {len(blocked)}")
    for a in sorted(set(ids) - set(right)):
        say(f"  missing: {a} {client[a]}")
    for a in sorted(set(announces) - keys):
        say(f"  missing: {a}, stored by {sorted(announces[a])}")
    good = (len(ids) == n and len(right) == n and len(got) >= 0.98 * len(announces) and len(announces) >= n and
            not stored - sampled and not blocked and LIAR in found and outside == 0 and took <= 60)
    say("real clients: " + ("ok" if good else "NOT as it must be"))
    sys.exit(0 if good else 1)
finally:
    for c in children:
        c.terminate()
    for c in children:
        c.wait()
    if os.environ.get("KEEP") is None:
        subprocess.run(["rm", "-rf", place])
    else:
        say(f"kept: {place}")
    os._exit(sys.exc_info()[1].code if isinstance(sys.exc_info()[1], SystemExit) and
             isinstance(sys.exc_info()[1].code, int) else 1)
