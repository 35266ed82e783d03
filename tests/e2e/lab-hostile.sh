#!/bin/sh
# Half of the nodes are hostile, some of each kind: a crawl ends in its time and
# reaches every honest node all the same, and each is the source of some key.  What
# is made up is put down to who handed it over, whomever that one names.
# usage: lab-hostile.sh BUILD
. "$(dirname "$0")/lib.sh"

sed 's/^nodes = .*/nodes = 600/' "$worlds/clean.ini" >world.ini
n=0
kinds=$(sed -n '/hostile_name\[\]/,/};/p' "$tests/lab/worldfile.c" | grep -o '"[a-z-]*"' | tr -d '"')
all_kinds=$(echo "$kinds" | wc -l)
for kind in $kinds; do
	n=$((n + 1))
	printf '\n[hostile.%d]\nkind = %s\nshare = %s%%\n' $n $kind "$(awk "BEGIN { print 49.9 / $all_kinds }")" >>world.ini
done
lab_starts world.ini 12 --truth truth.jsonl --peers 600
crawl_lab --rounds 2 --listen "$free_port"
lab_stops

jq -r 'select(.type == "hostile") | .node' truth.jsonl | sort >hostile
sed -n 's/^127[^ ]* //p' map.txt | sort >all
comm -23 all hostile >honest
kinds=$(jq -r 'select(.type == "hostile") | .kind' truth.jsonl | sort -u | wc -l)
[ "$kinds" = "$all_kinds" ] || fail "$kinds of $all_kinds kinds are there"
named="(n.address >> 24) || '.' || (n.address >> 16 & 255) || '.' || (n.address >> 8 & 255) || '.' || (n.address & 255) || ':' || n.port"
sqlite3 a.db "SELECT DISTINCT $named FROM contact c JOIN node n ON n.id = c.node
    WHERE c.round = 2 AND c.outcome = 0 AND NOT c.inbound" | sort >reached
sqlite3 a.db "SELECT DISTINCT $named FROM key_seen k JOIN node n ON n.id = k.source
    WHERE k.round = 2" | sort >sources
[ "$(comm -23 honest reached | wc -l)" = 0 ] ||
    fail "honest and not reached: $(comm -23 honest reached | head -n 5 | tr '\n' ' ')"
[ "$(comm -23 honest sources | wc -l)" -le "$(($(wc -l <honest) / 100))" ] ||
    fail "honest and in nobody's keys: $(comm -23 honest sources | wc -l)"

# delivering node, source
sqlite3 -separator ' ' a.db "SELECT DISTINCT $(echo "$named" | sed 's/n\./p./g'), $named
    FROM delivery d JOIN sighting s ON s.id BETWEEN d.first AND d.first + d.n - 1
    JOIN advert a ON a.id = s.advert JOIN node n ON n.id = a.source JOIN node p ON p.id = d.peer" >keys
awk 'NR == FNR { known[$1]; next } !($2 in known) { print $1 }' all keys | sort -u >liars
jq -r 'select(.kind == "framing") | .node' truth.jsonl | sort >framers
[ "$(comm -12 framers liars | wc -l)" -ge 3 ] || fail "$(wc -l <framers) frame a neighbour and hardly any was asked"
[ "$(comm -12 honest liars | wc -l)" = 0 ] ||
    fail "honest and blamed for what is made up: $(comm -12 honest liars | head -n 5 | tr '\n' ' ')"
echo "ok - $(wc -l <honest) honest nodes reached among $(wc -l <hostile) hostile ones of $kinds kinds"
