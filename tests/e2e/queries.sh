#!/bin/sh
# usage: queries.sh BUILD
#
# One set of formats, windows and filters for every verb that lists: what each lets through, that
# the forms agree with each other, that a table fits a narrow terminal, and what a limit says.
. "$(dirname "$0")/lib.sh"
set -e
"$build/kansoku-lab" simulate -q --world "$worlds/demo.ini" --days 3 --nodes 300 --jsonl o.jsonl
"$kansoku" import -q --db a.db o.jsonl
"$kansoku" counts -q --db a.db --format csv >before.csv
grep -q ',1,[0-9]*,[0-9]*,[0-9]*,[0-9]*,[0-9]*,,,,' before.csv || fail "clean counts before analyze"
"$kansoku" analyze -q --db a.db
export KANSOKU_DB=$PWD/a.db

# ---- the forms agree ----
for verb in counts verdicts incidents "counts --population"; do
	"$kansoku" $verb -q --format json >rows.json
	"$kansoku" $verb -q --format jsonl >rows.jsonl
	"$kansoku" $verb -q --format csv >rows.csv
	n=$(jq length rows.json)
	[ "$n" -gt 0 ] || fail "$verb: no rows"
	same "$verb: JSON lines" "$(jq -S -c '.[]' rows.json | sha256sum)" "$(jq -S -c . rows.jsonl | sha256sum)"
	same "$verb: CSV has as many rows" "$n" "$(tail -n +2 rows.csv | wc -l)"
	python3 - "$verb" <<-'END' || fail "$verb: CSV and JSON say different things"
	import csv, json, sys
	rows = json.load(open("rows.json"))
	for cells, row in zip(csv.DictReader(open("rows.csv")), rows):
	    for name, cell in cells.items():
	        value = row.get(name)
	        if isinstance(value, dict):
	            value = value["estimate"]
	        elif name in ("bogus_low", "bogus_high"):
	            value = row["bogus"][name[6:]]
	        elif isinstance(value, list):
	            value = "|".join(value)
	        assert cell == ("" if value is None else cell if isinstance(value, float) and
	            float(cell) == value else str(value)), (name, cell, value)
	END
done
"$kansoku" counts --population >out 2>err
says err "Chapman 1951" && ! says out '#' || fail "what a population supposes goes to standard error"

# ---- windows, rounds, nodes, states ----
csv() { "$kansoku" "$@" -q --format csv | tail -n +2; }
same "all rounds" "$(db 'SELECT count(*) FROM round')" "$(csv counts | wc -l)"
same "one round" 17 "$(csv counts --round 17 | cut -d, -f1)"
same "some rounds" "17 18 19" "$(csv counts --round 17-19 | cut -d, -f1 | words)"
from=$(db "SELECT strftime('%Y-%m-%dT%H:%M:%SZ', start_ms / 1000, 'unixepoch') FROM round WHERE number = 20")
to=$(db "SELECT strftime('%Y-%m-%dT%H:%M:%SZ', start_ms / 1000, 'unixepoch') FROM round WHERE number = 23")
same "a window with two ends" "20 21 22" "$(csv counts --from "$from" --to "$to" | cut -d, -f1 | words)"
last=$(db 'SELECT max(number) FROM round')
same "the last hour of the data" "$((last - 1)) $last" "$(csv counts --last 1h | cut -d, -f1 | words)"
same "the hour before" "20 21 22" "$(csv counts --last 75m --to "$to" | cut -d, -f1 | words)"
db "UPDATE series SET complete = 0 WHERE round = 5"
same "incomplete" 5 "$(csv counts --state incomplete | cut -d, -f1)"
db "UPDATE series SET complete = 1 WHERE round = 5"
for v in genuine bogus undetermined 'probably bogus'; do
	same "$v" "$(db "SELECT count(*) FROM verdict WHERE verdict = $(case $v in genuine) echo 0;; bogus) echo 1;; prob*) echo 3;; *) echo 2;; esac)")" \
	    "$(csv verdicts --state "$v" | wc -l)"
done
node=$(csv verdicts --state bogus --limit 1 | cut -d, -f1)
same "one node" "$node" "$(csv verdicts --node "$node" | cut -d, -f1)"
"$kansoku" node "$node" >words 2>/dev/null || fail "nothing is known of $node"
grep -Eq "^  because    .+: [0-9.]+ times as likely if (made up|genuine)$" words || fail "no reason for $node: $(cat words)"
same "all of its address" "${node%:*}" "$(csv verdicts --node "${node%:*}" | cut -d: -f1 | sort -u)"
same "closed and open" "$(csv incidents | wc -l)" "$(for s in open closed revised withdrawn; do csv incidents --state $s; done | wc -l)"
peer=$("$kansoku" incidents --format json | jq -r '.[0].delivered_by[0].peer')
same "what a peer delivered" 1 "$(csv incidents --node "$peer" | grep -c '^1,')"
same "what a victim delivered" 0 "$(csv incidents --node "$node" | wc -l)"
starts=$(csv incidents | cut -d, -f3)
same "ordered by time" "$(echo "$starts" | sort)" "$starts"

# ---- limits, and nothing in a window ----
"$kansoku" counts --limit 2 --format csv >out 2>err
same "a limit" 3 "$(wc -l <out)"
says err "^kansoku: --limit 2 is reached: there is more$" || fail "a limit is silent"
"$kansoku" counts --limit 100000 --format csv >out 2>err
[ ! -s err ] || fail "a limit that cuts nothing speaks"
expect 3 "no such rounds" "$kansoku" counts --from 1999-01-01 --to 1999-01-02
expect 3 "no such verdict" "$kansoku" verdicts --node 192.0.2.1
same "no incidents are an empty list" "[]" "$("$kansoku" incidents --to 1999-01-01 --format json | tr -d ' \n')"
expect 3 "no incident 99" "$kansoku" incidents 99

# ---- a narrow terminal ----
for verb in counts "verdicts --format table" incidents "counts --population"; do
	COLUMNS=80 "$kansoku" $verb --limit 50 >out 2>err
	[ "$(awk '{ print length }' out | sort -n | tail -n 1)" -le 80 ] || fail "$verb: lines of $(awk '{ print length }' out | sort -n | tail -n 1) at 80 columns"
done
COLUMNS=80 "$kansoku" counts >out 2>err
says err "no room for: .*day_all_clean" || fail "what has no room is not said"
COLUMNS=80 "$kansoku" counts --wide >out 2>err
says out day_all_clean && [ ! -s err ] || fail "--wide"
"$kansoku" counts >out
says out day_all_clean || fail "not wide where it is no terminal"

# ---- a full disk, said once ----
for verb in counts verdicts incidents "incidents --format json" status "--help"; do
	got=0; "$kansoku" $verb >/dev/full 2>err || got=$?
	[ $got = 1 ] && [ "$(cat err)" = "kansoku: standard output: No space left on device" ] || fail "$verb on a full disk: status $got"
done

# ---- help and version as users ask for them ----
"$kansoku" counts --help >want
for ask in "help counts" "counts -h"; do
	"$kansoku" $ask >got || fail "$ask"
	cmp -s want got || fail "$ask"
done
same "-V" "$("$kansoku" --version)" "$("$kansoku" -V)"
same "-h" "$("$kansoku" --help)" "$("$kansoku" -h)"
expect 2 "unknown verb crwal" "$kansoku" help crwal

# ---- the same cause, the same status ----
echo text >text.db
sqlite3 foreign.db 'CREATE TABLE a (b)'
for f in text.db foreign.db; do
	for verb in status counts verdicts incidents analyze "export --observations x" "prune --compact"; do
		expect 2 "kansoku" "$kansoku" $verb --db $f
	done
done
echo "ok: queries"
