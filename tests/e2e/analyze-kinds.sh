#!/bin/bash
# What kind of flood it was, how many sources, who delivered it; and none where there was
# none: on small worlds of tests/score/independent.py, whose truth is known.
. "$(dirname "$0")/lib.sh"
export TMPDIR="$place"
python3 "$tests/score/score.py" "$build" --worlds own/v1,own/v5,own/v8,own/quiet,lab/v2 --first 1 --seeds 1 \
	--nodes 250 --days 5 --json "out.json" >"table" 2>"talk" || fail "$(cat "talk")"
# world CONDITION: holds for its run
world() { jq -e --arg w "$1" ".runs[] | select(.world == \$w) | $2" "out.json" >"said" || { cat table; fail "$1: $2"; }; }
for w in own/v1 own/v5 own/v8 lab/v2; do
	world $w '.found == 1 and .kind == 1 and .false_floods == 0'
	world $w '.f1 > 0.95 and .covered and (.size_error | fabs) < 0.05 and .delay <= 2'
	world $w '.instant_error < 0.01 and .day_error < 0.01 and .fp == 0'
	world $w '(.wrong_label // 0) == 0 and .roving != false and (.rank // 1) == 1'
done
world own/quiet '.false_floods == 0 and .fp == 0 and .genuine > 200'
world own/v1 '.rank == 1 and .roving'	# a fixed injector that was visited
grep -q '^all ' "table" || fail "the table has no sum"

# So few genuine newcomers that one of them with a targeted file is a large share of them.
cat >"calm.ini" <<'END'
[population]
files = 48
[churn]
session = 2d
duty = 69%
brief = 6%
always_on = 39%
new_address = 15%
[flood.1]
variant = V8
start = 30h
end = 33h
rate = 10%
END
"$build/kansoku-lab" simulate -q --world "calm.ini" --nodes 300 --days 1.6 --seed 1 --jsonl - |
	"$build/kansoku" import -q --db "calm.db" - && "$build/kansoku" analyze -q --db "calm.db" ||
	fail "a world with few newcomers"
kinds=$("$build/kansoku" incidents --db "calm.db" --format json | jq -r '.[].kind')
[ "$kinds" = targeted-hash ] || fail "a world with few newcomers: $kinds; want targeted-hash"
