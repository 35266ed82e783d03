#!/bin/bash
# Liars of a simulated DHT, each of its own kind, are found and named first, with the size that the
# truth has; in quiet worlds with dead contacts, shared addresses and exchanged ports nobody is.  A
# run in two parts comes to the same incidents as one.
. "$(dirname "$0")/lib.sh"
lab=$build/kansoku-lab
world() {	# NAME LINE...: 6 rounds of it, stored as NAME.db
	name=$1; shift
	printf '%s\n' '[world]' 'nodes = 240' '[contents]' 'hashes = 250' "$@" >$name.ini
	"$lab" simulate -q --overlay mainline --world $name.ini --days 0.125 --jsonl $name.jsonl --truth $name.truth || fail "simulate $name"
	rm -f $name.db*
	status "import $name" 0 "$kansoku" import -q --db $name.db $name.jsonl
	status "analyze $name" 0 "$kansoku" analyze -q --db $name.db
	"$kansoku" incidents --db $name.db --format json >$name.json 2>/dev/null || :
}
finds() {	# NAME KIND: one incident of that kind alone, whose deliverers are the anomaly's nodes
	same "kinds found in $1" "$2" "$(DB=$1.db db "SELECT DISTINCT kind FROM incident")"
	jq -r 'select(.type == "member") | .node' $1.truth | sort >members
	DB=$1.db db "SELECT (address >> 24) || '.' || (address >> 16 & 255) || '.' || (address >> 8 & 255) || '.' || (address & 255) || ':' || port
	    FROM incident_peer JOIN node ON node.id = peer" | sort -u >named
	[ "$(comm -12 named members | grep -c .)" = "$(grep -c . named)" ] && [ -s named ] || fail "$1: not its nodes: $(comm -23 named members | head -3)"
}
quiet() { same "incidents in $1" 0 "$(DB=$1.db db 'SELECT count(*) FROM incident')"; }

# The numbers are those of enum incident_kind.
world n1 '[anomaly.1]' 'kind = made-up-contacts'; finds n1 6
world n2 '[anomaly.1]' 'kind = random-values'; finds n2 0
world n4 '[anomaly.1]' 'kind = sybil-cluster'; finds n4 7
world n5 '[anomaly.1]' 'kind = sybil-fleet' 'nodes = 60'; finds n5 8
world n6 '[anomaly.1]' 'kind = id-hop'; finds n6 9
world n7 '[anomaly.1]' 'kind = prefix-family' 'nodes = 40'; finds n7 7
world n8 '[anomaly.1]' 'kind = junk-hashes' 'nodes = 2'; finds n8 10
same "a fleet's size" 60 "$(DB=n5.db db 'SELECT cast(bogus AS integer) FROM incident')"
# Every contact of the liar's is one that the truth lists as made up.
jq -r 'select(.type == "bogus") | .node' n1.truth | sort -u >bogus
liar=$(jq -r 'select(.type == "member") | .node' n1.truth)
jq -r --arg liar "$liar" 'select(.type == "neighbour" and .peer == $liar) | "\(.round) \(.node)"' n1.jsonl | sort -u | cut -d' ' -f2 | sort -u >told
n=$(comm -12 bogus told | grep -c .) size=$(DB=n1.db db 'SELECT cast(bogus AS integer) FROM incident')
[ $((size * 100)) -ge $((n * 95)) ] && [ $((size * 100)) -le $((n * 105)) ] || fail "of $n made-up contacts $size were counted"

# Nodes that answer and holders that are named are two populations, with two counts.
same "holders of a round" "$(jq -r 'select(.type == "key" and .round == 3) | .source' n1.jsonl | sort -u | grep -c .)" \
    "$(DB=n1.db db 'SELECT cast(instant AS integer) FROM series WHERE round = 3')"
same "nodes of a round" "$(jq -r 'select(.type == "contact" and .round == 3 and .outcome == "ok") | .node' n1.jsonl | sort -u | grep -c .)" \
    "$(DB=n1.db db 'SELECT cast(reached AS integer) FROM series WHERE round = 3')"

world stale '[population]' 'stale = 80%'; quiet stale
world nat '[population]' 'nat = 60%' 'per_nat = 40' 'fitting = 100%'; quiet nat
world ports '[population]' 'swapped = 30%'; quiet ports

# ---- in two parts ---------------------------------------------------------------------------------
jq -c 'select(.round <= 3)' n1.jsonl >first.jsonl
jq -c 'select(.round > 3)' n1.jsonl >second.jsonl
status "import" 0 "$kansoku" import -q --db two.db first.jsonl
status "analyze" 0 "$kansoku" analyze -q --db two.db
status "import" 0 "$kansoku" import -q --db two.db second.jsonl
status "analyze" 0 "$kansoku" analyze -q --db two.db
same "incidents" "$(DB=n1.db db 'SELECT id, kind, rounds, bogus, summary FROM incident')" "$(DB=two.db db 'SELECT id, kind, rounds, bogus, summary FROM incident')"
echo "ok: seven kinds are found, three quiet worlds are quiet"
