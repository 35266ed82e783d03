#!/bin/bash
# Links that are held over rounds: each entry belongs to the round that was open when it came,
# rounds have no gaps, who ends a link is replaced and left alone, exposure is stored, pings
# are answered, getaddr is asked once; killed and begun anew, the key chooses the same nodes.
. "$(dirname "$0")/lib.sh"

: >drop
python3 "$here/bitcoin_nodes.py" fabfb5da 8 peers log 0.2 >ready 2>nodes.err &
owned $!
until_so 20 says ready ready || fail "the nodes did not start: $(cat nodes.err)"
hold=("$kansoku" crawl --db a.db --overlay bitcoin --network regtest --peers peers --scope 127.0.0.0/8
    --scope ::1 --time-scale 100 --hold 4)
links() { python3 - "$1" <<'P'
import sys
node, last = {}, {}
for line in open("log"):
    link, number, command, _ = line.split()
    node[link] = number
    last[link] = last.get(link, 0) + (command == "pong")
print(" ".join(sorted({node[l] for l in node if last[l] >= int(sys.argv[1])})))
P
}

"${hold[@]}" --rounds 0 --round-every 2s --json >rounds.json 2>crawl.err &
crawl=$!
owned $crawl
until_so 60 says crawl.err 'round 2: 4 links held' || fail "four links were not held"
before=$(links 3)

# ---- a node ends its links: another one takes the place -----------------------------
set -- $before
echo "$1" >drop
until_so 60 says crawl.err 'links held, 1 lost' || fail "no link was lost: $(tail -n 3 crawl.err)"
until_so 60 sh -c "tail -n 1 rounds.json | jq -e '.held == 4 and .held_lost == 0' >/dev/null" ||
    fail "the place was not filled again: $(tail -n 1 rounds.json)"
kill -9 $crawl
wait $crawl 2>/dev/null

same "rounds follow each other without a gap" "" "$(db 'SELECT r.number FROM round AS r JOIN round AS s
	ON s.number = r.number + 1 WHERE r.complete AND s.start_ms <> r.end_ms')"
same "entries belong to the round of their arrival" 0 "$(db 'SELECT count(*) FROM neighbour AS n JOIN round AS r
	ON r.id = n.round WHERE n.t_ms < r.start_ms OR n.t_ms > r.end_ms')"
same "what came by itself is news" 1 "$(db 'SELECT count(*) > 20 FROM neighbour AS n JOIN claim AS c ON c.id = n.claim
	JOIN node AS x ON x.id = c.node WHERE n.fresh AND NOT n.own AND x.address >> 24 = 44')"
same "who ended a link is told" "1|1" "$(db "SELECT count(*), count(DISTINCT node) FROM contact WHERE outcome = 5 AND held > 0")"
same "exposure is no more than links times time" 0 "$(db 'SELECT count(*) FROM (SELECT sum(held) AS h, r.end_ms - r.start_ms
	AS len FROM contact AS c JOIN round AS r ON r.id = c.round WHERE r.complete GROUP BY r.id) WHERE h > 4.1 * len')"
same "and in the second round nearly as much" 1 "$(db 'SELECT sum(held) > 3 * (r.end_ms - r.start_ms) FROM contact AS c
	JOIN round AS r ON r.id = c.round WHERE r.number = 2')"
same "getaddr more than once a link" "" "$(grep getaddr log | cut -d ' ' -f 1 | sort | uniq -d)"
same "its messages" "getaddr pong sendaddrv2 verack version" "$(cut -d ' ' -f 3 log | sort -u | words)"

# ---- begun anew: the key chooses the same nodes each time, and not who ended his link ----------
held() { db "SELECT group_concat(node, ' ') FROM (SELECT DISTINCT node FROM contact WHERE held > 0
	AND round = (SELECT max(id) FROM round) ORDER BY node)"; }
status "crawl anew" 0 "${hold[@]}" --rounds 1 --round-every 3s 2>err
first=$(held)
status "crawl anew" 0 "${hold[@]}" --rounds 1 --round-every 3s 2>err
same "how many are held" 4 "$(echo "$first" | wc -w)"
same "the nodes that are held" "$first" "$(held)"
same "who ended his link and is dialled again" 0 "$(db "SELECT count(*) FROM contact WHERE round >= (SELECT max(id) - 1 FROM round)
	AND node IN (SELECT node FROM contact WHERE outcome = 5 AND held > 0)")"
status "verify" 0 "$kansoku" verify --db a.db >out 2>err
status "export" 0 "$kansoku" export --db a.db --observations a.jsonl 2>err
status "import" 0 "$kansoku" import --db b.db a.jsonl 2>err
status "export again" 0 "$kansoku" export --db b.db --observations b.jsonl 2>err
cmp a.jsonl b.jsonl || fail "what was stored does not come back"

expect 2 "peers tell nothing unasked" "$kansoku" crawl --db c.db --hold 3 --scope 127.0.0.0/8 --peers peers
echo "ok"
