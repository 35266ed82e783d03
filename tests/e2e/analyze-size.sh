#!/bin/bash
# A round may be as large as its peers make it: no value in the database grows with it, and
# an analysis that has less memory than it takes looks at a sample of addresses, says so
# beside each count, and finds about the same.
. "$(dirname "$0")/lib.sh"
lab=$build/kansoku-lab

# The longest value of all columns of all tables.
longest() {
	db "SELECT m.name, p.name FROM sqlite_schema AS m, pragma_table_info(m.name) AS p WHERE m.type = 'table'" |
	    while IFS='|' read -r table column; do
		db "SELECT coalesce(max(length(CAST(\"$column\" AS BLOB))), 0), '$table.$column' FROM \"$table\""
	    done | sort -n | tail -n 1
}

# ---- one host of four ports and what it may hand over at most, beside three honest peers ----
python3 - >inflated.jsonl <<'PYTHON'
import json, random
r = random.Random(7)
def say(**o): print(json.dumps(o))
t = {"round": 1, "t": "2010-06-01T00:10:00.000Z"}
say(type="round", round=1, sensor="s1", overlay="winny", start="2010-06-01T00:00:00.000Z", end="2010-06-01T00:20:00.000Z", tried=7, reached=7)
def key(peer, source):
    say(type="key", peer=peer, source=source, hash="%032x" % r.getrandbits(128), size=1000, name="ab", trip="", ttl=1550,
        blocks=16, mtime=1274400000, ignore=False, version=5, bbs=None, downstream=True, **t)
def made_up(): return "126.%d.%d.%d:%d" % (r.randrange(256), r.randrange(256), r.randrange(1, 255), r.randrange(1024, 32767))
for port in range(20001, 20005):
    peer = "126.9.9.9:%d" % port
    say(type="contact", node=peer, direction="out", outcome="ok", version=12710, speed=120, port0=False, **t)
    for i in range(9000): key(peer, made_up())
    for i in range(250): say(type="query", peer=peer, via=[made_up() for _ in range(255)], words="", trip="", id=i, **t)
for i in range(3):
    peer = "126.1.1.%d:7743" % (i + 1)
    say(type="contact", node=peer, direction="out", outcome="ok", version=12710, speed=120, port0=False, **t)
    for k in range(60): key(peer, "126.2.2.%d:7743" % (k + 1))
PYTHON
quietly "$kansoku" import -q --db a.db inflated.jsonl
quietly "$kansoku" analyze -q --db a.db
same "rounds analysed" 1 "$(db 'SELECT count(*) FROM series WHERE complete')"
[ "$(db 'SELECT instant >= 36000 FROM series')" = 1 ] || fail "not all sources were counted"
most=$(longest)
[ "${most%%|*}" -le 131072 ] || fail "a value grows with the round: $most bytes"
[ "$(db 'SELECT max(part) FROM analysis_round')" -ge 8 ] || fail "the round is too small for the test"

# ---- with little memory --------------------------------------------------------------
cp a.db small.db
"$kansoku" analyze --max-memory 16M --db small.db --to 2010-07-01T00:00:00Z >out 2>err || fail "with little memory"
grep -q 'one address in [0-9]* is looked at' err || fail "it does not say that it samples"
DB=small.db
[ "$(db 'SELECT sampling > 1 FROM series')" = 1 ] || fail "the count does not say what it was made of"
same "sources are counted exactly" "$(DB=a.db db 'SELECT instant FROM series')" "$(db 'SELECT instant FROM series')"
all=$(DB=a.db db 'SELECT day_all FROM series')
[ "$(db "SELECT abs(day_all - $all) < 5 * sqrt($all * (sampling - 1)) FROM series")" = 1 ] ||	# standard errors
    fail "all that was named: $(db 'SELECT day_all, sampling FROM series')"
most=$(longest)
[ "${most%%|*}" -le 131072 ] || fail "a value grows with the round: $most bytes"
expect 2 'want 16M to' "$kansoku" analyze --db small.db --max-memory 15M
expect 2 'such as 512M' "$kansoku" analyze --db small.db --max-memory much

# ---- a flood, at one address in four: the same incident, the truth inside the interval ---------
cat >world.ini <<'WORLD'
[world]
start = 2010-05-21T00:00:00+09:00
nodes = 1200
[flood.1]
variant = V1
start = 50h
end = 62h
rate = 10%
injector = fixed
WORLD
"$lab" simulate -q --world world.ini --days 4 --seed 5 --jsonl w.jsonl --truth truth || fail "no world"
quietly "$kansoku" import -q --db all.db w.jsonl
cp all.db some.db
quietly "$kansoku" analyze -q --db all.db
quietly "$kansoku" analyze -q --db some.db --max-memory 16M
count() { DB=$1 db "SELECT $2"; }
part=$(count some.db 'max(sampling) FROM series')
[ "$(count some.db 'max(sampling) > 1 FROM series')" = 1 ] || fail "all of it fits: the test says nothing"
same "floods" "$(count all.db "count(*) FROM incident WHERE kind < 3")" "$(count some.db "count(*) FROM incident WHERE kind < 3")"
same "what the incident says it was counted on" "${part%.0}" "$(count some.db 'sampling FROM incident')"
count some.db 'summary FROM incident' | grep -q "counted on one address in ${part%.0}" || fail "the summary does not say it"
bogus=$(count all.db 'bogus FROM incident')
# The interval is one of 95 %: four standard errors hold by any key that is drawn.
[ "$(count some.db "abs(bogus - $bogus) <= 2 * (bogus_high - bogus) FROM incident")" = 1 ] ||
    fail "$bogus sources are not near $(count some.db 'bogus_low, bogus, bogus_high FROM incident')"
[ "$(count some.db '(bogus_high - bogus_low) > (SELECT 2 * sqrt(bogus * (sampling - 1)) FROM incident) FROM incident')" = 1 ] ||
    fail "the interval is not as wide as the sample is small"
"$kansoku" counts -q --db some.db --format jsonl | tail -n 1 | grep -q "\"address_sampling\":${part%.0}" || fail "counts do not say it"

# ---- and by the round, from what is kept, the same as at once ----------------------------------
# Verdicts on addresses outside of the sample stay as they were when they were last looked at.
results() { for t in series incident incident_test incident_peer; do DB=$1 db "SELECT * FROM $t"; done | sha256sum; }
key=$(count some.db "value FROM meta WHERE key = 'sampling_key'")
"$kansoku" import -q --db steps.db - <<<"$(head -n 1 w.jsonl)" || fail "no first line"
DB=steps.db db "INSERT INTO meta VALUES ('sampling_key', '$key')"
tail -n +2 w.jsonl | split -l 40000 - lot.
for f in lot.*; do
	quietly "$kansoku" import -q --db steps.db "$f"
	"$kansoku" analyze -q --db steps.db --max-memory 16M 2>err || [ $? = 3 ] || fail "$f: $(cat err)"
done
same "in lots and at once" "$(results some.db)" "$(results steps.db)"
