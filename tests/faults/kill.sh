#!/bin/bash
# usage: kill.sh BUILD
#
# kill -9 at random instants of crawl, analyze and both exports.  After each one
# the database is sound, its log agrees with its rows, what a reader saw
# committed just before is still there, each round that was announced holds what
# was announced and every node of the lab, and an export is there whole or not
# at all.
. "$(dirname "$0")/faults.inc" "$1"
kills=200
[ -n "$quick" ] && kills=12
lab_starts 40 20

# A flood to export: its incident is independent of the crawl.
"$build/kansoku-lab" simulate -q --world "$here/../../tests/lab/worlds/v1.ini" --nodes 200 --days 4 \
    --jsonl flood.jsonl && "$kansoku" import -q --db flood.db flood.jsonl &&
    "$kansoku" analyze -q --db flood.db || fail "no flood to export"
incident=$("$kansoku" incidents --db flood.db --format json | jq -r '.[0].id')
"$kansoku" keygen -q --key bundle.key --pub bundle.pub || fail "no key"
what="before the first kill"
crawl k.db --rounds 1 --json >announced 2>err || fail "a crawl without trouble"

instant() { printf '%d.%03d' $(($1 / 1000)) $(($1 % 1000)); }
before() {	# what is committed at this moment, as a reader sees it
	db k.db "SELECT count(*), coalesce(max(rowid), 0) FROM contact;
	    SELECT count(*) FROM key_seen; SELECT count(*) FROM round WHERE complete" 2>/dev/null |
	    tr '\n' '|'
}
declare -A n=([crawl]=0 [analyze]=0 [observations]=0 [bundle]=0)
ended=0
for ((k = 0; k < kills; k++)); do
	case $((RANDOM % 10)) in
	[0-5]) which=crawl most=1200;;
	[67]) which=analyze most=60;;
	8) which=observations most=80;;
	*) which=bundle most=300;;
	esac
	ms=$((RANDOM % most)) what="kill $k of $which after $ms ms"
	rm -f out.*
	case $which in
	crawl) "$kansoku" crawl -q --db k.db --lab-map map --time-scale $scale --rounds 3 --json \
	    >>announced 2>err & ;;
	analyze) "$kansoku" analyze -q --db k.db 2>err & ;;
	observations) "$kansoku" export -q --db k.db --observations out.jsonl 2>err & ;;
	bundle) "$kansoku" export -q --db flood.db --incident "$incident" --key bundle.key \
	    --out out.tar --no-charts 2>err & ;;
	esac
	pid=$!
	sleep "$(instant $ms)"
	seen=$(before)
	kill -9 $pid 2>/dev/null || ended=$((ended + 1))
	wait $pid 2>/dev/null
	n[$which]=$((n[$which] + 1))
	whole k.db announced
	now=$(before)
	python3 - "$seen" "$now" <<'END' || fail "committed rows are gone: $seen, then $now: $what"
import sys
seen, now = ([int(x) for x in a.strip('|').split('|')] for a in sys.argv[1:])
sys.exit(any(b < a for a, b in zip(seen, now)))
END
	if [ -e out.jsonl ]; then
		jq -es 'map(select(.type == "round")) | length > 0' out.jsonl >/dev/null ||
		    fail "half an export: $what"
	fi
	if [ -e out.tar ]; then
		"$kansoku" verify -q out.tar --pub bundle.pub 2>err || fail "half a bundle: $what"
	fi
done
what="after the last kill"
crawl k.db --rounds 1 --json >>announced 2>err || fail "the crawl does not go on: $what"
"$kansoku" analyze -q --db k.db 2>err || fail "analyze: $what"
whole k.db announced
read -r announced extra cut half <figures
[ "$half" = 0 ] || fail "$half nodes are counted in rounds that were cut"
echo "ok - kill -9 $kills times, seed $seed: crawl ${n[crawl]}, analyze ${n[analyze]}, export ${n[observations]}," \
    "bundle ${n[bundle]}, $ended had ended before; $announced rounds were announced and are whole," \
    "$extra more are complete, $cut were cut and count nowhere"
