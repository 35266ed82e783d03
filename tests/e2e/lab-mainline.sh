#!/bin/bash
# The lab's DHT, over one socket: all of a small one is found, with every id, in a zone of a large
# one nearly all, and the estimate has the truth in its interval; the same world on paper gives the
# same bytes twice, and a wrong word in a world file is one line.
. "$(dirname "$0")/lib.sh"
ports 1
lab=$build/kansoku-lab
plays() {	# OPTION...: a lab in the background, until it is ready
	: >ready
	"$lab" serve --overlay mainline --port-base "$port" --peers-out peers --nodes-out nodes "$@" >ready 2>lab.err &
	playing=$!
	owned $playing
	until_so 60 says ready ready || fail "the lab did not start: $(cat lab.err)"
}
ends() { kill -INT $playing; wait $playing || fail "the lab ended with $?"; }
dht() { status "crawl $*" 0 "$kansoku" crawl --overlay mainline --scope 127.0.0.0/8 --peers peers --rate 5000 --json "$@" >out 2>err; }

printf '%s\n' '[world]' 'nodes = 400' '[population]' 'loss = 0' '[contents]' 'hashes = 100' >small.ini
plays --world small.ini
dht --db small.db --zone 0 --panel 1/1 --rounds 1
ends
DB=small.db db "SELECT lower(hex(node_id)) FROM contact WHERE outcome = 0 ORDER BY 1" >found
cut -d' ' -f2 nodes | sort >there
cmp there found || fail "of $(grep -c . there) nodes $(comm -12 there found | grep -c .) were found with their ids"
[ "$(DB=small.db db 'SELECT count(DISTINCT source) FROM advert')" -gt 500 ] || fail "holders were not heard of"

printf '%s\n' '[world]' 'nodes = 30000' '[population]' 'loss = 2%' 'stale = 30%' '[contents]' 'hashes = 0' >large.ini
plays --world large.ini
dht --db large.db --zone 6 --no-peers --rounds 1
ends
prefix=$(jq -r .zone.prefix out)
there=$(awk -v p=$((0x$prefix >> 26)) '
	function value(hex,	i, v) { for (i = 1; i <= 2; i++) v = v * 16 + index("0123456789abcdef", substr(hex, i, 1)) - 1; return int(v / 4) }
	value($2) == p { n++ } END { print n }' nodes)
found=$(jq .zone.answered out)
[ $((found * 100)) -ge $((there * 97)) ] || fail "of $there nodes of the zone $found were found"
jq -e --argjson n "$there" '.zone.nodes | .[1] - 3 <= $n and $n <= .[2] + 3' out >said ||
	fail "the zone had $there nodes; $(jq -c .zone out)"

"$lab" simulate -q --overlay mainline --world "$worlds/mainline/n2.ini" --nodes 300 --days 0.05 --jsonl a.jsonl --truth a.truth || fail "simulate: $?"
"$lab" simulate -q --overlay mainline --world "$worlds/mainline/n2.ini" --nodes 300 --days 0.05 --jsonl b.jsonl --truth b.truth || fail "simulate: $?"
cmp a.jsonl b.jsonl && cmp a.truth b.truth || fail "two runs differ"
status "import" 0 "$kansoku" import -q --db s.db a.jsonl
same "rounds" 2 "$(DB=s.db db 'SELECT count(*) FROM round WHERE complete')"
printf '%s\n' '[anomaly.1]' 'start = 1h' >bad.ini
expect 2 "an anomaly needs a kind" "$lab" simulate --overlay mainline --world bad.ini --days 1 --jsonl c.jsonl
expect 2 "plays no such overlay" "$lab" serve --overlay nothing --world bad.ini
echo "ok: $(grep -c . nodes) nodes, $found of $there of a zone"
