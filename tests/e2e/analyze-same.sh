#!/bin/bash
# However the rounds came in, analyze comes to the same results: one by one, in lots cut
# anywhere (also inside a round), run twice, killed on the way, or all at once.
. "$(dirname "$0")/lib.sh"
lab=$build/kansoku-lab

analyze() { "$kansoku" analyze -q --db "$1" 2>talk; }
tables="series verdict incident incident_test incident_peer analysis_state analysis_round"
# Everything that is stored as a result, and what the three verbs print of it.
results() {
	for t in $tables; do echo "== $t"; sqlite3 "$1" "SELECT * FROM $t"; done | sha256sum
	"$kansoku" counts -q --db "$1" --format csv
	"$kansoku" incidents -q --db "$1" --format json
	"$kansoku" verdicts -q --db "$1" --format jsonl
}
same() { results "$1" | cmp -s - whole.out || { fail "$2"; diff <(results "$1") whole.out | head -n 4; }; }

# Two floods, an outage and two rounds that were broken off, in three days and a half.
cat >world.ini <<-'WORLD'
	[world]
	start = 2010-05-21T00:00:00+09:00
	nodes = 60
	[flood.1]
	variant = V1
	start = 30h
	end = 44h
	rate = 6%
	injector = fixed
	[flood.2]
	variant = V5
	start = 50h
	end = 64h
	rate = 6%
	injector = fixed
	[event.1]
	kind = outage
	start = 2010-05-24T00:00:00+09:00
	end = 2010-05-24T05:00:00+09:00
WORLD
"$lab" simulate -q --world world.ini --days 3.5 --seed 5 --jsonl all.jsonl --truth truth || exit 1
grep -v -e '"type":"round","round":80,' -e '"type":"round","round":111,' all.jsonl >w.jsonl
lines=$(wc -l <w.jsonl)

"$kansoku" import -q --db whole.db w.jsonl && analyze whole.db || fail "no analysis at all"
results whole.db >whole.out
[ "$(grep -c '"kind":' whole.out)" -ge 3 ] || fail "the world holds fewer incidents than it should"
analyze whole.db
same whole.db "a second run on the same rounds says something else"

# ---- one by one -------------------------------------------------------------
mkdir one && awk '{ print > sprintf("one/%04d", n) } /"type":"round"/ { n++ }' w.jsonl
for f in one/*; do
	"$kansoku" import -q --db one.db "$f" && analyze one.db || fail "$f: $(cat talk)"
done
same one.db "round by round differs from all at once"

# ---- in lots cut anywhere, with runs that are killed --------------------------
RANDOM=20100701
lot() { sed -n "$(($1 + 1)),$2p;$2q" w.jsonl | "$kansoku" import -q --db lots.db -; }
at=0 killed=0
while [ $at -lt "$lines" ]; do
	to=$((at + 1 + RANDOM % (lines / 9)))
	[ $to -le "$lines" ] || to=$lines
	lot $at $to || fail "lines $at to $to were not taken"
	at=$to
	{ timeout -s KILL 0.0$((RANDOM % 4))$((RANDOM % 9 + 1)) "$kansoku" analyze -q --db lots.db; } 2>talk
	[ $? != 137 ] || killed=$((killed + 1))
	# 3: no round was begun yet
	[ $((RANDOM % 3)) = 0 ] || analyze lots.db || [ $? = 3 ] || fail "$(cat talk)"
done
analyze lots.db
[ $killed -gt 0 ] || fail "no run was killed: this machine is too fast for the test"
same lots.db "lots and killed runs differ from all at once"

# ---- what was kept is no longer good: it begins anew --------------------------
sqlite3 one.db "UPDATE analysis_state SET value = zeroblob(40) WHERE name = 'incidents'"
analyze one.db || fail "spoilt state: $(cat talk)"
same one.db "after spoilt state the results differ"
analyze one.db && "$kansoku" analyze -q --db one.db --to 2010-05-22T00:00:00Z || fail "a window: $(cat talk)"
[ "$(sqlite3 one.db 'SELECT count(*) FROM series')" -lt 100 ] || fail "--to left in what is behind it"
analyze one.db
same one.db "after a look at a part the whole differs"
