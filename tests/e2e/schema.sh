#!/bin/sh
# usage: schema.sh BUILD
#
# The data dictionary and what is written are the same: no column of a verb, view or chart, no
# member and no series is missing from it, and it names no view's column or series that is not there.
# The views say what the tables say, and a round of keys is found through an index.
. "$(dirname "$0")/lib.sh"
set -e
plot=$build/kansoku-plot
observe 100
"$kansoku" import -q --db a.db seen.jsonl
"$kansoku" analyze -q --db a.db
export KANSOKU_DB=$PWD/a.db
listed() { "$kansoku" schema -q --format jsonl | jq -r --arg what "$1" --arg where "$2" \
    'select(.what == $what and ($where == "" or .where == $where)) | .name' | sort -u; }
within() {	# WHAT FILE OF WHERE: each line of FILE is in the dictionary
	[ -s "$2" ] || fail "$1: nothing to compare"
	listed "$3" "$4" >have
	sort -u "$2" | comm -23 - have >missing
	[ ! -s missing ] || fail "$1: not in the dictionary: $(words <missing)"
}

# ---- verbs ------------------------------------------------------------------------------
node=$(db 'SELECT node FROM v_verdict ORDER BY keys DESC LIMIT 1')
for verb in counts "counts --population" verdicts incidents node schema; do
	operand=; [ "$verb" != node ] || operand=$node
	"$kansoku" $verb -q --format csv $operand 2>/dev/null | head -n 1 | tr ',' '\n' >columns
	within "$verb as CSV" columns column "$verb"
	"$kansoku" $verb -q --format jsonl $operand 2>/dev/null | jq -r 'keys[]' | sort -u >columns
	within "$verb as JSON" columns column "$verb"
done
"$kansoku" status --json | jq -r 'keys[]' >columns
within status columns member "status --format json"

# ---- views, both ways ---------------------------------------------------------------------
for view in $(db "SELECT name FROM sqlite_master WHERE type = 'view' AND name GLOB 'v_*'"); do
	db "SELECT name FROM pragma_table_info('$view')" | sort -u >columns
	listed view "$view" | diff columns - || fail "$view and its entries differ"
done
same "no other view is listed" "$(db "SELECT name FROM sqlite_master WHERE type = 'view' AND name GLOB 'v_*' ORDER BY name" | words)" \
    "$("$kansoku" schema --format jsonl | jq -r 'select(.what == "view") | .where' | sort -u | words)"

# ---- charts, summary, series ------------------------------------------------------------------
"$plot" -q --db a.db --out www --format svg
for f in www/*.csv; do head -n 1 "$f"; done | tr ',' '\n' >columns
grep -v -x -e panel -e key -e column -e value columns >cells	# of a sheet of several kinds
within charts cells chart ""
jq -r 'keys[]' www/summary.json >columns
within summary.json columns member summary.json
series() { sed -n 's/.*prometheus_\(head\|one\)([&]*p, "\([a-z_]*\)", "\([a-z]*\)".*/kansoku_\2 \3/p' "$1" | sort -u; }
for pair in plots/summary_files.c=kansoku.prom "crawler/crawl_metrics.c=crawl --metrics"; do
	series "$tree/${pair%%=*}" >columns
	[ "$(wc -l <columns)" -ge 9 ] || fail "series of ${pair%%=*} are not found"
	"$kansoku" schema --format jsonl "${pair#*=}" | jq -r '.name + " " + .type' | sort -u | diff columns - ||
	    fail "series of ${pair#*=} and their entries differ"
done
sed -n 's/^# TYPE \([a-z_]*\) .*/\1/p' www/kansoku.prom >columns
within kansoku.prom columns metric kansoku.prom

# ---- the page, and what is asked for -------------------------------------------------------------
"$kansoku" schema --format jsonl | jq -r .name | sort -u | while read -r name; do
	grep -qx "\.B \"$name\"" "$build/man/kansoku-data.5" || fail "kansoku-data(5) lacks $name"
done
grep -q INCLUDE "$build/man/kansoku-data.5" && fail "kansoku-data(5) was not filled"
expect 3 'nix: nothing of that name' "$kansoku" schema nix
same "entries that lack something" "" "$("$kansoku" schema --format jsonl |
    jq -r 'select((.type // "") == "" or (.meaning // "") == "" or (.since // "") == "") | .name')"

# ---- the views say what the tables and verbs say -----------------------------------------------------
same "keys" "$(db 'SELECT count(*) FROM sighting')" "$(db 'SELECT count(*) FROM v_key')"
same "contacts" "$(db 'SELECT count(*) FROM contact')" "$(db 'SELECT count(*) FROM v_contact')"
same "keys of a round" "$("$kansoku" counts --format jsonl --round 3 | jq '.instant')" \
    "$(db 'SELECT count(DISTINCT source) FROM v_key WHERE round_key = (SELECT round_key FROM v_round WHERE round = 3)')"
same "verdicts" "$("$kansoku" verdicts -q --format jsonl | jq -r '.node + " " + .verdict' | sort | sha256sum)" \
    "$(db "SELECT node || ' ' || verdict FROM v_verdict" | sort | sha256sum)"
same "rounds" "$("$kansoku" counts -q --format jsonl | jq -r '"\(.round) \(.start) \(.end) \(.reached)"' | sha256sum)" \
    "$(db "SELECT round || ' ' || start || ' ' || end || ' ' || reached FROM v_round ORDER BY round_key" | sha256sum)"
db 'EXPLAIN QUERY PLAN SELECT * FROM v_key WHERE round_key = 4294967299' >plan
grep -q 'USING.*INDEX\|USING INTEGER PRIMARY KEY' plan || fail "a round of keys is not found through an index: $(cat plan)"
! grep -q '^.*SCAN [a-rt-z]' plan || fail "a round of keys reads a whole table: $(cat plan)"
echo "ok: the dictionary says what is written, and the views what is stored"
