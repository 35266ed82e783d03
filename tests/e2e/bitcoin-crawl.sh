#!/bin/bash
# Nodes of a Bitcoin-family network on loopback, over IPv4 and IPv6: crawled, stored, written
# out, read in, counted; addresses of every network come through; of all that the sensor
# sends nothing is but the five messages of its repertoire, and getaddr once a link.
. "$(dirname "$0")/lib.sh"

python3 "$here/bitcoin_nodes.py" fabfb5da 12 peers log >ready 2>nodes.err &
owned $!
until_so 20 says ready ready || fail "the nodes did not start: $(cat nodes.err)"
btc() { "$kansoku" "$@" --overlay bitcoin --network regtest; }

# ---- a visit, for people --------------------------------------------------------
status "probe" 0 btc probe "$(cat peers)" --scope 127.0.0.0/8 --time-scale 100 >probe.out 2>err
for words in 'handshake done' '^version  *70016' 'services *c09' 'agent *"\?/Scripted:1.0/' '^height  *7' \
    'onion:8333  *net torv3' 'b32.i2p:0  *net i2p' '\[fc00::\]:8333  *net cjdns' '\[200::\]:8333  *net yggdrasil' \
    'own yes' 'fresh yes' 'calls us' 'heard the answer'; do
	grep -q "$words" probe.out || fail "the visit does not say '$words'"
done

# ---- crawled and stored --------------------------------------------------------------
status "crawl" 0 btc crawl --db a.db --sensor here --peers peers --scope 127.0.0.0/8 --scope ::1 \
    --time-scale 100 --rounds 3 --page https://example.org/sensor --json >rounds.json 2>crawl.err
same "all nodes are met, each once" "12|12|12" "$(db 'SELECT sum(tried), sum(reached),
	(SELECT count(DISTINCT node) FROM contact WHERE outcome = 0) FROM round')"
says crawl.err 'round 3: left alone: 12 nodes that were dialled in the last 24 hours' || fail "who was dialled is dialled again"
same "the overlay's name" "bitcoin-regtest" "$(db 'SELECT overlay FROM sensor')"
same "who they say they are" "70016|c09|/Scripted:1.0/|7" \
    "$(db 'SELECT DISTINCT version, services, agent, height FROM contact WHERE outcome = 0')"
same "networks of what they told" "cjdns i2p ipv4 ipv6 torv3 yggdrasil" \
    "$(db 'SELECT DISTINCT net FROM claim ORDER BY net' | words)"
same "what is news" "44.0.0.1 44.0.0.11" "$(db "SELECT DISTINCT (n.address >> 24) || '.0.0.' || (n.address & 255)
	FROM neighbour AS b JOIN claim AS c ON c.id = b.claim JOIN node AS n ON n.id = c.node
	WHERE b.fresh AND NOT b.own AND n.address IN (44 << 24 | 1, 44 << 24 | 11) ORDER BY n.address" | words)"
same "own addresses are the nodes'" 0 "$(db 'SELECT count(*) FROM neighbour AS b JOIN claim AS c ON c.id = b.claim
	WHERE b.own AND c.node <> b.peer')"
same "every node's own address is told" 12 "$(db 'SELECT count(DISTINCT peer) FROM neighbour WHERE own')"

# ---- begun anew, it leaves them alone too -------------------------------------------------
links=$(wc -l <log)
status "crawl again" 3 btc crawl --db a.db --peers peers --scope 127.0.0.0/8 --scope ::1 --time-scale 100 2>err
says err 'left alone: 12 nodes' || fail "a new crawl does not know whom the last one dialled"
same "what the nodes got then" "$links" "$(wc -l <log)"

# ---- what the sensor said ----------------------------------------------------------------
same "its messages" "getaddr pong sendaddrv2 verack version" "$(cut -d ' ' -f 3 log | sort -u | words)"
same "getaddr more than once a link" "" "$(grep getaddr log | cut -d ' ' -f 1 | sort | uniq -d)"
same "links and versions" "$(cut -d ' ' -f 1 log | sort -u | wc -l)" "$(grep -c version log)"

# ---- out and in again, byte for byte ---------------------------------------------------------
status "export" 0 "$kansoku" export --db a.db --observations a.jsonl 2>err
status "import" 0 "$kansoku" import --db b.db a.jsonl 2>err
status "export again" 0 "$kansoku" export --db b.db --observations b.jsonl 2>err
cmp a.jsonl b.jsonl || fail "what was stored does not come back"
same "an entry's members" "entries fresh net node own peer round services t time type" \
    "$(grep '"type":"neighbour"' a.jsonl | head -n 1 | jq -r 'keys | join(" ")')"
for node in '\[::1\]:' 'onion:8333' 'b32.i2p:0' '\[fc00::\]:8333' '\[200::\]:8333'; do
	grep -q "\"node\":\"[^\"]*$node" a.jsonl || fail "no $node is written out"
done
for verb in status counts incidents verdicts; do
	[ $verb = status ] || status "analyze" 0 "$kansoku" analyze -q --db a.db
	status "$verb" 0 "$kansoku" $verb --db a.db >out 2>err
done
status "verify" 0 "$kansoku" verify --db a.db >out 2>err
status "plot" 0 "$build/kansoku-plot" --db a.db --out www --format svg >out 2>err
grep -qi bitcoin-regtest www/index.html || fail "the page does not name the overlay"
whole_set www

# ---- what is misused -----------------------------------------------------------------------------
expect 2 "no such network of bitcoin; there is main, testnet3, testnet4, signet, regtest" \
    "$kansoku" crawl --db c.db --overlay bitcoin --network nowhere --scope ::1 --peers peers
expect 2 "the overlay winny has one network only" \
    "$kansoku" crawl --db c.db --network regtest --scope ::1 --peers peers
expect 2 "want an address of a page" "$kansoku" crawl --db c.db --overlay litecoin --scope ::1 --peers peers --page 'a b'
status "a network in full" 2 "$kansoku" probe --overlay bitcoin --network litecoin-main --scope ::1 10.0.0.1:9333 2>err
says err "is not dialled" || fail "litecoin-main is not known"
status "another network's node" 1 "$kansoku" probe --overlay litecoin --scope 127.0.0.0/8 --time-scale 100 "$(cat peers)" >out 2>err

# ---- a captured direction -------------------------------------------------------------------------
printf 'fabfb5da76657261636b000000000000000000005df6e0e2' >link.hex
same "decode" '{"offset":0,"len":0,"name":"verack"}' "$("$kansoku" decode --overlay bitcoin --json link.hex)"
echo "ok"
