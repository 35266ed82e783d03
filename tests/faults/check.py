# usage: check.py DB NODES ANNOUNCED
#
# Is everything there that the crawl announced?  ANNOUNCED has the lines of
# --json, each printed once its round was committed; NODES is the lab's own list
# of its nodes.  Names the first round that is not as announced.
import json, sqlite3, sys

db = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True, timeout=10)
nodes = {line.strip() for line in open(sys.argv[2])}


def fail(text):
    print(text)
    sys.exit(1)


def one(sql, *args):
    return db.execute(sql, args).fetchone()


def name(ip, port):
    return ".".join(str(ip >> s & 255) for s in (24, 16, 8, 0)) + f":{port}"


if one("PRAGMA integrity_check")[0] != "ok":
    fail("the database is damaged")
announced = {}
for line in open(sys.argv[3]):
    try:
        r = json.loads(line)
    except ValueError:
        continue                # the line that a kill cut short
    if r["complete"]:
        announced[r["round"]] = r
for n, r in announced.items():
    row = one("SELECT complete, tried, reached FROM round WHERE id = ?", n)
    if row != (1, r["tried"], r["reached"]):
        fail(f"round {n} was announced with {r['tried']} tried, {r['reached']} reached and is {row}")
    contacts = db.execute("SELECT n.address, n.port, c.outcome FROM contact c JOIN node n ON n.id = c.node"
                          " WHERE c.round = ? AND NOT c.inbound", (n,)).fetchall()
    if sorted(name(ip, port) for ip, port, _ in contacts) != sorted(nodes):
        fail(f"round {n} has {len(contacts)} contacts, not one for each of the lab's {len(nodes)} nodes")
    if sum(outcome == 0 for _, _, outcome in contacts) != r["reached"]:
        fail(f"round {n}: not as many contacts as announced")
    keys = one("SELECT count(*) FROM key_seen WHERE round = ?", n)[0]
    if keys != r["keys"]:
        fail(f"round {n} was announced with {r['keys']} keys and has {keys}")
# A round that was cut counts nowhere; one that is complete but was not announced
# was killed between its commit and its line.
extra = one("SELECT count(*) FROM round WHERE complete")[0] - len(announced)
print(len(announced), extra, one("SELECT count(*) FROM round WHERE NOT complete")[0],
      one("SELECT count(*) FROM seen WHERE round NOT IN (SELECT id FROM round WHERE complete)")[0])
