#!/bin/bash
# usage: memory.sh BUILD
#
# The n-th request for memory is refused, for n from 1 to 500 and for 50 more evenly
# spread over the rest of the run, under each verb: no crash, no damage; either what
# comes out is what always comes out and nothing is said, or there is status 1 and a
# line that says so.
. "$(dirname "$0")/faults.inc" "$1"
most=500 step=1 later=50
[ -n "$quick" ] && step=61 later=2
"$build/kansoku-lab" simulate -q --world "$here/../../tests/lab/worlds/v1.ini" --nodes 20 --days 1 \
    --jsonl flood.jsonl || fail "no observations"
"$kansoku" import -q --db raw.db flood.jsonl && cp raw.db full.db && "$kansoku" analyze -q --db full.db ||
    fail "without trouble"
lab_starts 20 100
"$kansoku" crawl -q --db base.db --peers peers --lab-map map --time-scale 100 2>err ||
    fail "a crawl without trouble"

work() {	# VERB, on x.db
	case $1 in
	import) "$kansoku" import -q --db x.db flood.jsonl;;
	analyze | again) "$kansoku" analyze -q --db x.db;;
	prune) "$kansoku" prune -q --db x.db --pseudonymous 1d;;
	export) "$kansoku" export -q --db x.db --observations -;;
	verify) "$kansoku" verify -q --db x.db;;
	crawl) "$kansoku" crawl -q --db x.db --lab-map map --time-scale 100 --visit-limit 200ms \
	    --connect-limit 2s;;
	*) "$kansoku" "$1" -q --db x.db;;
	esac
}
fresh() {	# VERB
	case $1 in
	import) rm -f x.db*;;
	crawl) rm -f x.db*; cp base.db x.db;;
	analyze) rm -f x.db*; cp raw.db x.db;;
	again | prune) rm -f x.db*; cp full.db x.db;;
	*) [ -e x.db ] || cp full.db x.db;;
	esac
}
result() {	# VERB: what it came to, wherever it put it
	case $1 in
	import) "$kansoku" export -q --db x.db --observations - 2>&1;;
	analyze | again | prune) "$kansoku" verdicts --db x.db --format csv 2>&1;;
	crawl) db x.db 'SELECT complete, tried, (SELECT count(*) FROM contact) FROM round' 2>&1;;
	*) sed 's/[^,]* free on its disk//' out;;
	esac
}
requests_to_refuse() {	# HOW MANY THERE ARE
	for ((n = 1 + seed % step; n <= most && n <= $1; n += step)); do echo $n; done
	for ((n = 1; n <= later && $1 > most; n++)); do echo $((most + n * ($1 - most) / later)); done
}
for verb in import analyze again prune crawl counts verdicts incidents status export verify; do
	rm -f x.db*
	fresh $verb
	FAULT_COUNT=counted LD_PRELOAD=./trouble.so work $verb >out 2>err || fail "$verb without trouble"
	read -r requests _ <counted
	result $verb >want
	failed=0 well=0
	for n in $(requests_to_refuse "$requests"); do
		what="request $n for memory is refused, in $verb"
		fresh $verb
		FAULT_MALLOC=$n LD_PRELOAD=./trouble.so work $verb >out 2>err
		got=$?
		case $got in
		0) well=$((well + 1))
		   # glibc does not tell its want of memory from want of a character set
		   grep -v 'iconv knows no CP932' err && fail "status 0, and a complaint: $what"
		   result $verb | cmp -s - want || fail "status 0, and another result: $what";;
		1) failed=$((failed + 1)); grep -q memory err || fail "without the reason: $what";;
		*) fail "status $got: $what";;
		esac
		if [ -s x.db ]; then
			[ "$(db x.db 'PRAGMA integrity_check' 2>&1)" = ok ] || fail "damaged: $what"
		fi
	done
	[ $failed -gt 0 ] || fail "no refused request of $requests in $verb is noticed"
	[ -z "$(db x.db "SELECT 1 FROM sqlite_master WHERE name = 'round'")" ] ||
	    "$kansoku" verify -q --db x.db 2>err || [ $? = 3 ] || fail "verify --db after $verb"
	summary="${summary:-} $verb $failed of $((failed + well)) (of $requests requests),"
done
echo "ok - out of memory at requests 1 to $most, every $step, and at $later later ones, seed $seed: status 1 and a line in${summary%,}; the others came to what they always come to"
