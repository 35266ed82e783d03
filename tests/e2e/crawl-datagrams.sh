#!/bin/bash
# An overlay by datagrams, against scripted nodes of the DHT on loopback: found, asked, stored
# and told; and from every byte that came to a node: three questions and nothing else, each
# marked read-only, from one port and with one id, at most eight to a node and none sooner than
# 250 ms after the last.
. "$(dirname "$0")/lib.sh"
ports 1
net=127.$((100 + (port >> 8))).$((port & 255))
nodes=60
: >ready
python3 "$here/dht_nodes.py" $net "$port" $nodes asked >ready 2>nodes.err &
owned $!
until_so 20 says ready ready || fail "the nodes did not start: $(cat nodes.err)"
IFS=. read -r a b c <<<"$net"
# A contact out of a routing table is as good as host:port.
printf '%s\n%040d%02x%02x%02x%02x%04x\n' "$net.1:$port" 0 "$a" "$b" "$c" 2 "$port" >peers
dht() { "$kansoku" crawl --db a.db --overlay mainline --scope $net.0/24 --peers peers "$@" >out 2>err; }

# ---- all of it, twice -------------------------------------------------------------------------
status "crawl" 0 dht --zone 0 --panel 1/1 --rounds 2 --round-every 1s --json
same "complete rounds" "1 1" "$(db 'SELECT complete FROM round' | words)"
# The last seven are odd: an error, an id too short, one that answers from elsewhere.
same "nodes that answered" $((nodes - 3)) "$(db 'SELECT count(DISTINCT node) FROM contact WHERE outcome = 0')"
same "ids are whole" "20" "$(db 'SELECT DISTINCT length(node_id) FROM contact WHERE outcome = 0')"
python3 - $nodes >ids <<'P'
import hashlib, sys
for i in range(int(sys.argv[1])):
    if int(sys.argv[1]) - i not in (1, 2, 4):
        print(hashlib.sha1(f"node {i}".encode()).hexdigest())
P
same "their ids" "$(sort ids)" "$(db 'SELECT DISTINCT lower(hex(node_id)) FROM contact WHERE outcome = 0 AND round = 1 ORDER BY 1')"
at() { db "SELECT DISTINCT $2 FROM contact JOIN node ON node.id = node WHERE address = $(((a << 24) + (b << 16) + (c << 8) + nodes - $1 + 1)) AND round = 1"; }
same "one that answers from elsewhere is silent" 2 "$(at 1 outcome)"
same "an id of 19 bytes is none" 4 "$(at 2 outcome)"
same "two ids are told" "$(printf another | sha1sum | cut -c1-40)" "$(at 3 'lower(hex(second_id))')"
same "an error is told" "5|202" "$(at 4 "outcome, command")"
same "samples, and who has none" "0 1" "$(db 'SELECT DISTINCT indexes FROM contact WHERE outcome = 0 AND indexes IS NOT NULL ORDER BY 1' | words)"
same "dead contacts are no nodes" 0 "$(db "SELECT count(*) FROM contact JOIN node ON node.id = node
	WHERE address & 255 > 200 AND outcome = 0")"
same "holders" 60 "$(db 'SELECT count(DISTINCT source) FROM advert')"
same "hashes" 20 "$(db 'SELECT count(*) FROM file WHERE length(hash) = 20')"
same "the evidence of an answer is question and answer" "d1:ad2:id20" \
    "$(db 'SELECT CAST(substr(record, 1, 11) AS TEXT) FROM raw_record LIMIT 1')"
same "nobody outside the scope has a contact" 0 "$(db "SELECT count(*) FROM contact JOIN node ON node.id = node WHERE address >> 24 <> 127")"
same "answers from elsewhere" true "$(tail -n 1 out | jq '.datagrams.elsewhere > 0')"
same "a question to us is counted and not answered" true "$(tail -n 1 out | jq '.datagrams.unasked.ping > 0')"
same "nobody is dialled for being a holder" 0 "$(db "SELECT count(*) FROM contact JOIN advert ON source = node")"

# ---- a part of the id space: its nodes are all found, others only show the way -------------------
dht_zone() { "$kansoku" crawl --db z.db --overlay mainline --scope $net.0/24 --peers peers --zone 1 --no-peers "$@" >out 2>err; }
status "crawl of a zone" 0 dht_zone --json
digit=$((0x$(jq -r .zone.prefix out | cut -c1)))
first=$([ $digit -lt 8 ] && echo 0-7 || echo 89a-f)
same "nodes of the zone" "$(grep -c "^[$first]" ids)" "$(jq .zone.answered out)"
same "an estimate has an interval" true "$(jq '.zone.nodes | .[1] <= .[0] and .[0] <= .[2]' out)"
same "no holders" 0 "$(DB=z.db db 'SELECT count(*) FROM sighting')"

# ---- out and in again ------------------------------------------------------------------------------
status "export" 0 "$kansoku" export --db a.db --observations a.jsonl 2>err
status "import" 0 "$kansoku" import -q --db b.db a.jsonl 2>err
status "export again" 0 "$kansoku" export --db b.db --observations b.jsonl 2>err
cmp a.jsonl b.jsonl || fail "what was stored does not come back"
status "verify" 0 "$kansoku" verify --db a.db >out 2>err
for verb in "analyze -q" counts incidents status; do status "$verb" 0 "$kansoku" $verb --db a.db >out 2>err; done

# ---- a port and an id for the life of a database --------------------------------------------------------
expect 2 "keeps it for good" "$kansoku" crawl --db a.db --overlay mainline --scope $net.0/24 --listen 9
expect 2 "panel" "$kansoku" crawl --db a.db --overlay mainline --scope $net.0/24 --panel 1/0
status "probe" 0 "$kansoku" probe --overlay mainline --scope $net.0/24 $net.5:"$port" >out 2>err
says out "^outcome  *ok" || fail "the probe does not tell its outcome"
says out "^id  *$(printf 'node 4' | sha1sum | cut -c1-40)" || fail "the probe does not tell the id"

# ---- from every byte that was sent ------------------------------------------------------------------------
python3 - asked <<'P' || fail "something was sent that must not be"
import collections, re, sys
said, ports, ids, last, visits = collections.Counter(), collections.Counter(), collections.Counter(), {}, collections.Counter()
form = re.compile(rb"d1:ad2:id20:(.{20})(6:target|9:info_hash)20:.{20}e1:q(\d+):(find_node|sample_infohashes|get_peers)"
                  rb"2:roi1e1:t4:.{4}1:v4:kn..1:y1:qe", re.S)
for line in open(sys.argv[1]):
    stamp, sender, node, data = line.split()
    m = form.fullmatch(bytes.fromhex(data))
    assert m, "not one of ours: " + data
    said[m[4].decode()] += 1
    ports[sender] += 1
    ids[sender, m[1]] += 1
    assert int(stamp) - last.get((sender, node), 0) >= 249000, "too soon: " + line
    last[sender, node] = int(stamp)
print(dict(said), len(ports), "ports")
assert set(said) == {"find_node", "sample_infohashes", "get_peers"}
assert len(ports) == 3, ports			# two databases and a probe
assert len(ids) == 3, ids			# of which each has one id
P
echo "ok"
