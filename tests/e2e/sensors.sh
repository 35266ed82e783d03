#!/bin/bash
# Two sensors in one database, whose rounds have the same numbers (toy-overlay.sh has two overlays):
# what each verb says of one is what it says of a database that holds that one
# alone, and of both it says whose is what.
set -u
build=$(realpath "$1")
worlds=$(realpath "$(dirname "$0")/../lab/worlds")
kansoku=$build/kansoku
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
unset KANSOKU_DB
bad=0

fail() { echo "FAIL: $*"; bad=1; }
# expect STATUS TEXT COMMAND...: its status, and a line of it that contains TEXT
expect() {
	local status=$1 text=$2 out
	shift 2
	out=$("$@" 2>&1)
	local got=$?
	[ $got = "$status" ] || fail "status $got, want $status: $*: $out"
	case $out in *"$text"*) ;; *) fail "no \"$text\" in: $out ($*)";; esac
}
same() { cmp -s "$2" "$3" || fail "$1: $(diff "$2" "$3" | head -3)"; }

"$build/kansoku-lab" simulate -q --world "$worlds/demo.ini" --nodes 200 --days 2 --sensor east --jsonl east.jsonl &&
    "$build/kansoku-lab" simulate -q --world "$worlds/clean.ini" --nodes 120 --days 2 --seed 7 --sensor west --jsonl west.jsonl || exit 1

# ---- each alone, and both in one file ------------------------------------------
expect 0 "" "$kansoku" import --db east.db east.jsonl
expect 0 "" "$kansoku" import --db west.db --sensor west --overlay winny west.jsonl
expect 0 "" "$kansoku" import --db both.db east.jsonl
# In these files a round's line is behind what belongs to it.
expect 1 "round 1 is complete already" "$kansoku" import --db both.db west.jsonl
expect 1 "lines of round 77777 went before this, which says whose they are" "$kansoku" import --db both.db - \
    < <(sed 's/"round":1,/"round":77777,/' west.jsonl)
expect 0 "" "$kansoku" import --db both.db --sensor west --overlay winny west.jsonl
[ "$(sqlite3 both.db 'SELECT group_concat(name), group_concat(overlay) FROM (SELECT * FROM sensor ORDER BY id)')" = "east,west|winny,winny" ] ||
    fail "sensors: $(sqlite3 both.db 'SELECT * FROM sensor')"
[ "$(sqlite3 both.db 'SELECT count(*) FROM round WHERE origin = 3')" = "$(sqlite3 both.db 'SELECT count(*) FROM round')" ] ||
    fail "rounds were imported, and do not say so"
for db in east west both; do
	expect 0 "" "$kansoku" analyze --db $db.db
done

# ---- what is said of each is what is said of it alone ---------------------------
for s in east west; do
	for verb in "counts" "counts --format csv" "counts --format jsonl" "counts --population"; do
		"$kansoku" $verb --db $s.db >want 2>/dev/null
		"$kansoku" $verb --db both.db --sensor $s >got 2>/dev/null
		same "$verb of $s" want got
	done
	# How many relayed a node is estimated from the numbers that nodes have in the file.
	"$kansoku" verdicts --db $s.db --format jsonl | jq -c 'del(.relays, .evidence.relay)' | sort >want
	"$kansoku" verdicts --db both.db --sensor $s --format jsonl | jq -c 'del(.relays, .evidence.relay)' | sort >got
	same "verdicts of $s" want got
	"$kansoku" incidents --db $s.db --format json | jq -c '.[] | del(.id)' >want
	"$kansoku" incidents --db both.db --sensor $s --format json | jq -c '.[] | del(.id)' >got
	same "incidents of $s" want got
	"$kansoku" export -q --db $s.db --observations want
	"$kansoku" export -q --db both.db --sensor $s --observations got
	same "export of $s" want got
	for key in sensor overlay rounds_complete last_complete; do
		[ "$("$kansoku" status --db $s.db --json | jq -c ".$key" | sed 's/ago.*//')" = \
		    "$("$kansoku" status --db both.db --sensor $s --json | jq -c ".$key")" ] || fail "status of $s: $key"
	done
done
[ -s got ] || fail "nothing was compared"

# ---- of both it is said whose is what ---------------------------------------------
[ "$("$kansoku" status --db both.db --json | jq -r '[.sensors[] | .sensor, .overlay] | join(" ")')" = "east winny west winny" ] ||
    fail "status --json: $("$kansoku" status --db both.db --json)"
[ "$("$kansoku" status --db both.db | grep -c '^sensor .*\(east, overlay winny\|west, overlay winny\)')" = 2 ] || fail "status"
[ "$("$kansoku" counts --db both.db --format csv | sed 's/,.*//' | sort | uniq -c | awk '{ printf "%s %d ", $2, ($1 > 0) }')" = "east 1 sensor 1 west 1 " ] ||
    fail "counts --format csv: $("$kansoku" counts --db both.db --format csv | head -3)"
[ "$("$kansoku" counts --db both.db | grep '^sensor')" = "sensor east (winny)
sensor west (winny)" ] || fail "counts: $("$kansoku" counts --db both.db | grep sensor)"
[ "$("$kansoku" counts --db both.db --format jsonl | jq -r .overlay | sort -u | tr '\n' ' ')" = "winny " ] || fail "counts --format jsonl"
[ "$("$kansoku" verdicts --db both.db | cut -d, -f1,2 | sed 1q)" = sensor,node ] || fail "verdicts"
[ "$("$kansoku" verdicts --db both.db --format jsonl | jq -r .sensor | sort -u | tr '\n' ' ')" = "east west " ] || fail "verdicts --format jsonl"
[ "$("$kansoku" incidents --db both.db --format json | jq 'group_by(.id) | map(length) | max')" = 1 ] || fail "an incident's number is not unique"
expect 0 "sensor east (winny)" "$kansoku" incidents --db both.db
first=$("$kansoku" incidents --db both.db --sensor east --format json | jq '.[0].id')
expect 0 "$first  " "$kansoku" incidents --db both.db "$first"
expect 0 "" "$kansoku" verdicts --db both.db --overlay winny
for verb in status counts verdicts incidents analyze "export --observations out" verify "prune --compact" \
    "checkpoint --key nokey --out points"; do
	: >nokey
	expect 2 "--sensor north: no such sensor in this database; there are: east (winny), west (winny)" \
	    "$kansoku" $verb --db both.db --sensor north
	expect 2 "--overlay dht: no such sensor" "$kansoku" $verb --db both.db --overlay dht
done

# ---- out and in again --------------------------------------------------------------
expect 0 "" "$kansoku" export --db both.db --observations both.jsonl
expect 0 "" "$kansoku" import --db again.db both.jsonl
expect 0 "" "$kansoku" export --db again.db --observations again.jsonl
same "a second round trip" both.jsonl again.jsonl
for db in both again; do
	sqlite3 $db.db 'SELECT id, name, overlay FROM sensor ORDER BY id; SELECT id, start_ms, end_ms, complete, tried, reached
	    FROM round; SELECT round, address, port, bits FROM seen JOIN node ON node.id = node ORDER BY 1, 2, 3;
	    SELECT round, count(*), sum(n) FROM delivery GROUP BY round' >$db.rows
done
same "the rows" both.rows again.rows
expect 0 "every row is as it was logged" "$kansoku" verify --db again.db

# ---- lines that do not say whose they are --------------------------------------------
grep -v '"type":"round"' west.jsonl | sed -n 1p | sed 's/"round":[0-9]*/"round":900000/' >one.jsonl
expect 1 "give --sensor NAME" "$kansoku" import --db again.db one.jsonl
expect 0 "" "$kansoku" import --db again.db --sensor west one.jsonl
[ "$(sqlite3 again.db 'SELECT sensor FROM round WHERE number = 900000')" = 1 ] || fail "a line came to the wrong sensor"
# Lines of two sensors mixed: each goes where the last round line of its number says.  One
# that comes twice in a row counts once; between lines of another round it is met anew.
sed -n '/"type":"round"/{s/"end":"[^"]*"/"end":null/;p;q}' east.jsonl | sed 's/"round":[0-9]*/"round":900001/' >e
sed 's/900001/900002/; s/"sensor":"east"/"sensor":"west"/' e >w
sed 's/900000/900001/' one.jsonl >e1; sed 's/900000/900002/' one.jsonl >w1
cat e w e1 w1 w1 e1 w1 >mixed.jsonl
expect 0 "" "$kansoku" import --db again.db mixed.jsonl
[ "$(sqlite3 again.db 'SELECT group_concat(s || n) FROM (SELECT d.round >> 32 AS s, sum(d.n) AS n FROM delivery AS d WHERE d.round & 4294967295 > 900000 GROUP BY 1 UNION ALL
    SELECT c.round >> 32, count(*) FROM contact AS c WHERE c.round & 4294967295 > 900000 GROUP BY 1)')" = 02,12 ] ||
    fail "mixed lines: $(sqlite3 again.db 'SELECT round >> 32, round & 4294967295, count(*) FROM contact WHERE round & 4294967295 > 900000 GROUP BY round')"
expect 0 "every row is as it was logged" "$kansoku" verify --db again.db

# ---- the log, and heads of it that were published --------------------------------------
expect 0 "" "$kansoku" keygen --key k
expect 0 "west (winny): entry" "$kansoku" checkpoint --db both.db --key k --out points
[ "$(grep -c '^origin: \(east\|west\)$' points)" = 2 ] || fail "checkpoints: $(cat points)"
expect 3 "nothing to publish" "$kansoku" checkpoint --db both.db --key k --out points
expect 0 "and the log is as it was published" "$kansoku" verify --db both.db --checkpoints points --pub k.pub
cp both.db bad.db; sqlite3 bad.db 'UPDATE round SET reached = reached + 1 WHERE sensor = 1 AND number = 2'
expect 1 "sensor west (winny): round 2: the round's own facts" "$kansoku" verify --db bad.db
expect 0 "" "$kansoku" verify --db bad.db --sensor east
cp both.db bad.db; sqlite3 bad.db "DROP TRIGGER log_chain_stays; UPDATE log_chain SET head = zeroblob(32) WHERE seq = (SELECT max(seq) FROM log_chain)"
expect 1 "is damaged: log_chain_stays is missing" "$kansoku" verify --db bad.db

# ---- pictures ------------------------------------------------------------------------------
plot=$build/kansoku-plot
expect 0 "" "$plot" --db both.db --out both --format svg --window 24h
for s in east west; do
	expect 0 "" "$plot" --db $s.db --out alone-$s --format svg --window 24h
	expect 0 "" "$plot" --db both.db --sensor $s --out one-$s --format svg --window 24h
	for f in alone-$s/*.csv; do
		cmp -s "one-$s/${f##*/}" "$f" || fail "$f differs of $s among others"
		cmp -s "one-$s/${f##*/}" "both/$s/${f##*/}" || fail "$f differs of $s among all"
	done
done
expect 2 "no such sensor" "$plot" --db both.db --sensor north --out x

# ---- one is pruned, the other stays ------------------------------------------------------------
expect 0 "pruned" "$kansoku" prune --db both.db --sensor east --pseudonymous 1s
[ "$(sqlite3 both.db 'SELECT count(*) FROM delivery WHERE round >> 32 = 0')" = 0 ] || fail "records of east are there yet"
"$kansoku" export -q --db west.db --observations want; "$kansoku" export -q --db both.db --sensor west --observations got
same "west after east was pruned" want got
expect 0 "" "$kansoku" verify --db both.db
"$kansoku" counts --db west.db >want; "$kansoku" counts --db both.db --sensor west >got
same "counts after east was pruned" want got

[ $bad = 0 ] && echo "ok - sensors"
exit $bad
