#!/bin/sh
# usage: daily.sh BUILD
#
# kansoku-daily: quiet and repeatable, catches up, keeps what a failing chart cannot
# replace, clears away, and says plainly why it does nothing.
. "$(dirname "$0")/lib.sh"
set -e
programs bin

# ---- wrong words, nothing there --------------------------------------------------
bare() { bin/kansoku-daily "$@"; }
expect 2 'unknown option --what' bare --db db --out out.d --what
expect 2 'no database' env -u KANSOKU_DB bin/kansoku-daily --out out.d
expect 2 '--out DIR is missing' bare --db db
expect 2 '--keep needs a value' bare --db db --out out.d --keep
expect 2 '--keep x: want a number' daily --keep x
expect 2 '--tz Tokyo: want an offset' daily --tz Tokyo
expect 2 '--date 2010-7-1: want a day' daily --date 2010-7-1
expect 2 '--date 2010-02-30: there is no such day' daily --date 2010-02-30
expect 2 '--evidence needs --key' daily --evidence e
expect 1 'db: no such database' daily
[ ! -e out.d ] || fail "a wrong word made a folder"
echo '{"type":"neighbour","round":1,"t":"2010-07-01T00:00:00.000Z","peer":"58.0.0.1:7743","node":"58.0.0.2:7743"}' |
	"$build/kansoku" import -q --db db --sensor s1 -
expect 3 'no finished round yet' daily
rm db
[ -z "$(find out.d -name '*.html')" ] || fail "something was drawn of nothing"

# ---- the newest day; twice the same ------------------------------------------------
observe 100
cut=$(grep -n '"round":68,' seen.jsonl | head -n 1 | cut -d: -f1)	# 3 July begins in Japan
head -n $((cut - 1)) seen.jsonl >before.jsonl
tail -n +"$cut" seen.jsonl >after.jsonl
"$build/kansoku" import -q --db db before.jsonl
quietly daily
[ "$(ls out.d | tr '\n' ' ')" = "2010-07-02 latest " ] || fail "the first run: $(ls out.d)"
whole_set out.d/latest
state out.d >once
quietly daily
state out.d >twice
diff once twice || fail "the second run changed something"

# ---- one day by hand; days that were missed ----------------------------------------
days() { ls out.d | tr '\n' ' '; }
quietly daily --date 2010-07-01
jq -e '.until == "2010-07-01T15:00:00.000Z"' out.d/2010-07-01/summary.json >/dev/null || fail "--date is not the end of that day"
[ "$(readlink out.d/latest)" = 2010-07-02 ] || fail "an earlier day became the latest"
expect 3 '2009-01-01: no round was finished on that day' daily --date 2009-01-01
"$build/kansoku" import -q --db db after.jsonl
rm out.d/2010-07-02				# as if that day had failed
quietly daily
[ "$(days)" = "2010-07-01 2010-07-02 2010-07-03 2010-07-04 latest " ] || fail "not caught up: $(days)"
for d in out.d/2010-07-0?; do
	whole_set "$d"
	[ "$(jq -r .last_round.end "$d/summary.json" | cut -c1-10)" = "${d#out.d/}" ] || fail "$d shows another day"
done
[ "$(readlink out.d/latest)" = 2010-07-04 ] || fail "latest is not the latest"
[ "$(find out.d/.sets -mindepth 1 -maxdepth 1 | wc -l)" = 4 ] || fail "sets that nobody names are left"

# ---- a chart that fails ----------------------------------------------------------------
# No file may grow past 60 KB: the map of the address space is larger, all else is smaller.
programs failing 'ulimit -f 120'
failing() { failing/kansoku-daily --db db --out out.d --stale 0 "$@"; }
state out.d/2010-07-03/ >before
large=$(find out.d/latest/ -name '*.svg' -size +60k -printf '%f\n' | sort)
[ -n "$large" ] || fail "no chart is large enough to fail"
status=0; failing >out 2>err || status=$?
[ $status = 1 ] || fail "a chart failed, and the status is $status"
grep -q '2010-07-04: some charts could not be drawn; the others were' err || fail "nobody says that charts failed"
whole_set out.d/latest
[ "$(find out.d/latest/ -name '*.svg' -size +60k -printf '%f\n' | sort)" = "$large" ] || fail "the last files are gone"
grep -q 'could not be drawn anew: this is an earlier one' out.d/latest/index.html || fail "the page is silent on it"
state out.d/2010-07-03/ >after
diff before after || fail "another day was touched"
cp -R out.d kept && rm -rf out.d
status=0; failing >out 2>err || status=$?
[ $status = 1 ] || fail "a chart failed on the first day, and the status is $status"
whole_set out.d/latest
[ -s out.d/latest/nodes-24h.svg ] || fail "one failing chart cost the others"
[ -z "$(find out.d/latest/ -name '*.svg' -size +60k)" ] || fail "the limit did not work"
rm -rf out.d && mv kept out.d
quietly daily
grep -q 'earlier one' out.d/latest/index.html && fail "the next run does not mend it"

# ---- one at a time -------------------------------------------------------------------------
status=0; flock out.d/.lock bin/kansoku-daily --db db --out out.d >out 2>err || status=$?
[ $status = 75 ] && [ ! -s err ] || fail "beside another: status $status"

# ---- evidence of what has ended ---------------------------------------------------------------
bin/kansoku keygen -q --key key
quietly daily --evidence bundles --key key
[ "$(ls bundles)" = "incident-1.tar
incident-1.tar.minisig" ] || fail "bundles: $(ls bundles)"
bin/kansoku verify -q bundles/incident-1.tar --pub key.pub >out || fail "the bundle does not verify"
sha256sum bundles/* >once
quietly daily --evidence bundles --key key
sha256sum -c --quiet once || fail "a bundle was made again"

# ---- retention -------------------------------------------------------------------------------
quietly daily --keep 2
[ "$(days)" = "2010-07-03 2010-07-04 latest " ] || fail "--keep: $(days)"
[ "$(find out.d/.sets -mindepth 1 -maxdepth 1 | wc -l)" = 2 ] || fail "--keep keeps the sets"
keys() { sqlite3 db 'SELECT count(*) FROM sighting'; }
[ "$(keys)" -gt 0 ] || fail "no single records to begin with"
quietly daily --prune 30d
[ "$(keys)" = 0 ] || fail "--prune: $(keys) records are left"
[ "$(sqlite3 db 'SELECT count(*) FROM series')" -gt 170 ] || fail "--prune took the counts too"
quietly daily --prune 30d
whole_set out.d/latest

echo "ok: the daily run is quiet, repeatable and careful"
