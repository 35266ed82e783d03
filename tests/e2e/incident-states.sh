#!/bin/bash
# What is so of an incident over time: not analysed, open, quiet, closed, revised, withdrawn.
. "$(dirname "$0")/lib.sh"
set -e
export KANSOKU_DB=$place/db
"$build/kansoku-lab" simulate -q --world "$worlds/demo.ini" --days 1 --nodes 300 --jsonl seen.jsonl
upto() { jq -c "select(.round > $1 and .round <= $2)" seen.jsonl | "$kansoku" import -q --db db -; }
is() { same "state" "$1" "$("$kansoku" incidents --format json -q | jq -r '.[0].state')"; }

upto 0 7
expect 3 'not analysed: none of 7 complete rounds' "$kansoku" incidents
"$kansoku" analyze -q >/dev/null
is open
upto 7 13
"$kansoku" incidents 2>err >out
grep -q '^kansoku: 6 complete rounds are not analysed yet' err || fail "rounds that were not analysed are not counted"
"$kansoku" analyze -q >/dev/null
is "quiet since"
"$kansoku" incidents -q | grep -q '^1 .*, quiet since 2010-07-01T14:45Z (open until six rounds are quiet)$' || fail "when it fell quiet"
cp db cut.db
upto 13 30
"$kansoku" analyze -q >/dev/null
is closed
# In rounds that were cut as a whole its sources may be among what was left out: they end nothing.
for cut in round-store peer-store; do
	cp cut.db $cut.db
	jq -c "select(.round > 13 and .round <= 30) | if .type == \"round\" then .cut = \"$cut\" else . end" seen.jsonl |
	    "$kansoku" import -q --db $cut.db -
	"$kansoku" analyze -q --db $cut.db >/dev/null
done
same "cut rounds" "quiet since closed" "$(for cut in round-store peer-store; do
	"$kansoku" incidents --db $cut.db --format json -q | jq -r '.[0].state'; done | words)"
expect 0 'incident 1 has no bundle, and no evidence can be made of it' "$kansoku" prune -q --pseudonymous 1d --dry-run
"$kansoku" keygen -q --key key
"$kansoku" export -q --incident 1 --key key --out first.tar --no-charts
"$kansoku" prune -q --pseudonymous 1d --dry-run 2>&1 | grep -q 'has no bundle' && fail "prune warns of an incident that has a bundle"
is closed
sqlite3 db 'UPDATE incident SET rounds = rounds + 1 WHERE id = 1'
is revised
sqlite3 db 'DELETE FROM incident WHERE id = 1'
is withdrawn
"$kansoku" incidents -q | grep -q '^1  random-sources, withdrawn' || fail "a withdrawn incident is not shown"
echo ok
