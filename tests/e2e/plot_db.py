#!/usr/bin/env python3
"""A database as import and analyze leave it, for the tests of kansoku-plot.

usage: plot_db.py BUILD DB ROUNDS STEP_SECONDS [hostile]

Rounds begin at 2010-05-05T00:00+09:00.  From 40 to 60 % of the rounds a flood, from 70 to
75 % an outage.  Only the last 60 rounds have single records.  "hostile" puts markup,
terminal escapes and SQL wherever a peer or a damaged file could.
"""
import datetime, json, math, sqlite3, subprocess, sys

build, db, n, step = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
hostile = "hostile" in sys.argv
first = 1272985200
NODES = 200
evil = "</title></svg><script>alert(1)</script>\x1b[2J' OR 1=1;-- \u202e =cmd|'/c calc'!A1"

def stamp(t):
    return datetime.datetime.fromtimestamp(t, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.000Z")

def share(r):
    return r / n

def outage(r):
    return .7 <= share(r) < .75

def flood(r):
    return .4 <= share(r) < .6

def records(r, t):
    for i in range(NODES + (40 if flood(r) else 0)):
        genuine = i < NODES
        source = "58.%d.%d.9:%d" % (i % 7, i, 2000 + i) if genuine else \
            "%d.%d.%d.7:%d" % (r * 7 % 256, i * 6 % 256, r % 256, 1000 + r % 5000)
        yield {"type": "key", "round": r + 1, "t": stamp(t), "peer": "58.1.1.9:2001", "source": source,
               "hash": "%032x" % (i * 1000003), "size": 1000, "name": evil if hostile else "name %d" % i,
               "trip": "", "ttl": 300 + i * 6 if genuine else 1550, "blocks": 1, "mtime": 1, "ignore": False,
               "version": 5, "bbs": None, "downstream": True}

def observations():
    if n == 0:		# an import that stores nothing leaves no database
        yield {"type": "neighbour", "round": 1, "t": stamp(first), "peer": "58.1.1.9:2001", "node": "58.1.1.8:2001"}
    for r in range(n):
        t = first + r * step
        if outage(r):
            continue
        yield {"type": "round", "round": r + 1, "sensor": "s1", "overlay": "winny", "start": stamp(t),
               "end": stamp(t + step * 0.9), "tried": 300, "reached": 200}
        if r >= n - 60 or (flood(r) and n < 200):
            yield from records(r, t + 1)

feed = subprocess.Popen([build + "/kansoku", "import", "-q", "--db", db, "--sensor", "s1", "-"], stdin=subprocess.PIPE)
for o in observations():
    feed.stdin.write((json.dumps(o, ensure_ascii=False) + "\n").encode())
feed.stdin.close()
if feed.wait() != 0:
    sys.exit("import failed")

q = sqlite3.connect(db)
series = ("round start_ms end_ms complete tried reached success_low success_high instant day_keys day_all "
          "instant_clean day_keys_clean day_all_clean day_addresses impossible_share new16_share one_shot_share "
          "max_ports max_sources top_share records_keys records_neighbours records_queries flood flood_low "
          "flood_high").split()

def row(r):
    t = (first + r * step) * 1000
    g = 3000 + 400 * math.sin(r / 9)
    b = 300.0 if flood(r) else 0.0
    return (r + 1, t, t + step * 900, 1, 2 * g, g, .48, .52, g + b, 2 * g + 9 * b, 3 * g + 9 * b, g, 2 * g, 3 * g,
            2 * g, .138 * b / (g + b), .01, .1 + b / g, 3.0, 90.0, .1, 60 * g, g, g / 2, b, .9 * b, 1.1 * b)

def incident(id, kind, a, b, summary):
    at = lambda x: None if x is None else (first + int(x * n) * step) * 1000
    q.execute("INSERT INTO incident (id,kind,first_round,last_round,peak_round,start_ms,end_ms,peak_ms,rounds,"
              "severity,bogus,bogus_low,bogus_high,channels,injector,roving,summary) "
              "VALUES (?,?,1,2,1,?,?,?,9,?,?,?,?,1,0,NULL,?)",
              (id, kind, at(a), at(b), at(a), 2 if kind < 3 else 0, 9000.0 if kind < 3 else None,
               8500.0 if kind < 3 else None, 9600.0 if kind < 3 else None, summary))

with q:
    if n > 0:
        q.executemany("INSERT INTO series (%s) VALUES (%s)" % (",".join(series), ",".join("?" * len(series))),
                      (row(r) for r in range(n) if not outage(r)))
    bogus = "CASE WHEN node.address >> 24 = 58 THEN 0 ELSE 1 END"
    q.execute("INSERT INTO verdict (node,first_round,last_round,first_ms,last_ms,rounds,keys,relays,contact,"
              "probability,verdict,flags,incident) SELECT id,1,?,?,?,5,1 + id %% 40,1,NULL,.5,%s,0,0 FROM node" % bogus,
              (n, first * 1000, (first + n * step) * 1000))
    if n > 0:
        incident(1, 0, .4, .6, evil if hostile else "A flood of random addresses.")
        incident(2, 4, .7, .75, "The sensor was down.")
        q.execute("INSERT INTO incident_test VALUES (1, 1, ?, 'address', 9.5, 5)",
                  (evil if hostile else "impossible share",))
        q.execute("INSERT INTO incident_peer (incident,rank,peer,share,ratio,full_timer_share,first_seen_share,"
                  "keys,rounds,label) SELECT 1, 1, id, .3, 12, .1, .1, 500, 9, ? FROM node WHERE address = ? LIMIT 1",
                  (evil if hostile else "delivered by", (58 << 24) + (1 << 16) + (1 << 8) + 9))
    if hostile:
        q.execute("UPDATE sensor SET name = ?1", (evil,))
        q.execute("UPDATE series SET instant = 1e18, day_all = -5 WHERE round % 7 = 0")
        q.execute("UPDATE series SET end_ms = 9223372036854775807 WHERE round = 3")
        q.execute("INSERT INTO incident (id,kind,first_round,last_round,peak_round,start_ms,end_ms,peak_ms,rounds,"
                  "severity,bogus,bogus_low,bogus_high,channels,injector,roving,summary) "
                  "SELECT 9,77,1,1,1,start_ms,-5,9223372036854775807,-1,-9,1e308,-1,1e308,"
                  "99,0,NULL,summary FROM incident WHERE id = 1")
