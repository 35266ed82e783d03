#!/bin/sh
# usage: daily-kill.sh BUILD
#
# kansoku-daily killed with all its children at 20 random instants: every page that is there is
# whole and one of those that an undisturbed run makes, yesterday's first of all, and the next
# run leaves what an undisturbed one leaves.
. "$(dirname "$0")/lib.sh"
set -e
programs bin

observe 100
cut=$(grep -n '"round":68,' seen.jsonl | head -n 1 | cut -d: -f1)	# 3 July begins in Japan
head -n $((cut - 1)) seen.jsonl | "$build/kansoku" import -q --db db -
quietly daily
cp -a out.d yesterday.d
tail -n +"$cut" seen.jsonl | "$build/kansoku" import -q --db db -
cp db today.db
begun=$(date +%s%N)
quietly daily
long=$((($(date +%s%N) - begun) / 1000000))
mv out.d undisturbed.d
state undisturbed.d >want

check() {	# what is there, is as it should be
	for link in out.d/2010-07-0? out.d/latest; do
		[ -L "$link" ] || continue
		day=$(basename "$(readlink -f "$link")" | cut -d. -f1)
		whole_set "$link"
		diff -r "$link/" "undisturbed.d/$day/" || fail "$link is not what it should be"
	done
	[ -L out.d/2010-07-02 ] && [ -L out.d/latest ] || fail "yesterday's page is gone"
}

seed=${SEED:-$(date +%N)}
echo "seed $seed, an undisturbed run takes $long ms"
awk -v seed="$seed" -v long="$long" 'BEGIN { srand(seed); for (i = 0; i < 20; i++) printf "%.3f\n", rand() * long / 1000 }' >instants
kills=0 n=0
while read -r instant; do
	if [ $((n % 4)) = 0 ]; then	# four kills one upon the other, then a run that mends
		rm -rf out.d db db-*
		cp -a yesterday.d out.d
		cp today.db db
	fi
	n=$((n + 1)) got=0
	timeout -s KILL "$instant" bin/kansoku-daily --db db --out out.d --stale 0 >out 2>err || got=$?
	[ $got = 137 ] || [ $got = 0 ] || fail "status $got, killed after $instant s"
	[ $got = 0 ] || kills=$((kills + 1))
	check
	if [ $((n % 4)) = 0 ]; then
		quietly daily
		state out.d >got
		diff want got || fail "the next run did not mend it"
	fi
done <instants
[ "$kills" -ge 3 ] || fail "only $kills of the runs were killed"
[ "$(sqlite3 db 'PRAGMA integrity_check')" = ok ] || fail "the database is damaged"
echo "ok: killed $kills times, yesterday's page stood and the next run mended it"
