#!/bin/bash
# usage: disk.sh BUILD
#
# The disk fills at the n-th write, for every n (of more than 400 writes for some,
# evenly spread), under each verb that writes.
# One clear line, status 1, a sound database; once there is space it goes on.
. "$(dirname "$0")/faults.inc" "$1"
tries_max=400				# of the writes of a verb, evenly spread
[ -n "$quick" ] && tries_max=8
lab_starts 20 40
"$build/kansoku-lab" simulate -q --world "$here/../../tests/lab/worlds/v1.ini" --nodes 20 --days 1 \
    --jsonl flood.jsonl || fail "no observations"
"$kansoku" import -q --db full.db flood.jsonl || fail "import without trouble"
version=$(db full.db 'PRAGMA user_version')
crawl base.db --rounds 1 2>err || fail "a crawl without trouble"

work() {	# VERB, on x.db
	case $1 in
	crawl) crawl x.db --rounds 1;;
	import) "$kansoku" import -q --db x.db flood.jsonl;;
	analyze) "$kansoku" analyze -q --db x.db;;
	export) "$kansoku" export -q --db x.db --observations out.jsonl;;
	prune) "$kansoku" prune -q --db x.db --pseudonymous 1d;;
	esac
}
fresh() {	# VERB
	rm -f x.db* out.*
	case $1 in crawl) cp base.db x.db;; import) ;; *) cp full.db x.db;; esac
}
export -f work crawl
export kansoku scale
total=0
for verb in crawl import analyze export prune; do
	fresh $verb
	FAULT_COUNT=counted LD_PRELOAD=./trouble.so work $verb >out 2>err || fail "$verb without trouble"
	read -r _ writes <counted
	failed=0 tries=0 step=$(((writes + tries_max - 1) / tries_max))
	for ((n = 1 + seed % step; n <= writes; n += step)); do
		what="the disk is full from write $n of $writes on, in $verb"
		fresh $verb
		FAULT_WRITE=$n LD_PRELOAD=./trouble.so work $verb >out 2>err
		got=$?
		tries=$((tries + 1))
		case $got in
		0) ;;		# the write was not needed: a checkpoint that can wait, a log that shrinks
		1) failed=$((failed + 1))
		   grep -qi 'full\|no space' err || fail "not said to be full: $what"
		   [ ! -e out.jsonl ] || fail "half an export: $what";;
		*) fail "status $got: $what";;
		esac
		if [ -s x.db ]; then
			[ "$(db x.db 'PRAGMA integrity_check' 2>&1)" = ok ] || fail "damaged: $what"
			# Not yet, or not quite, made: there is nothing in it to verify.
			[ "$(db x.db 'PRAGMA user_version')" != "$version" ] ||
			    "$kansoku" verify -q --db x.db 2>err || [ $? = 3 ] || fail "verify --db: $what"
		fi
		[ $verb != crawl ] || [ "$(db x.db 'SELECT count(*) FROM round WHERE complete AND reached IS NULL')" = 0 ] ||
		    fail "half a round is counted: $what"
		if [ $got = 1 ] && [ $((n % (step * 3))) -lt $step ]; then
			# 3: all was done and committed, only the file was not tidied yet
			work $verb >out 2>err || [ $verb$? = prune3 ] || fail "does not go on with space: $what"
		fi
	done
	[ $failed -gt 0 ] || fail "no failing write in $verb is noticed"
	total=$((total + tries))
	summary="${summary:-} $verb $failed of $tries (of $writes writes),"
done
echo "ok - the disk full at $total of the writes (seed $seed), refused by status 1:${summary%,}"
