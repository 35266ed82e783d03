#!/bin/sh
# usage: run.sh BUILD unit|all [PATTERN]
#
# Runs every test, or those in whose names PATTERN is, JOBS of them side by side
# (as many as there are processors), the slow ones of the last run first.  Ends
# with the slowest five and one line: N passed, N failed.
#
# A unit test program reports through cmocka; its own counts are added up, and
# one that dies without a summary counts as one failure.  A saved corpus and an
# end-to-end script are one test each, which passes if it exits 0.  A script that
# says "# runs alone" in a line of its own runs when the others have ended.
# What a passing test printed is hidden; what a failing one printed is shown,
# and kept in BUILD/failed/.
set -u

count() {	# how many tests cmocka says PASSED or FAILED
	sed -n "s/^\[  $1  \] \([0-9][0-9]*\) test(s).*/\1/p" "$out" | head -n 1
}

if [ "$1" = one ]; then	# BUILD RESULTS TEST: one test, its counts and seconds as a file in RESULTS
	build=$2 results=$3 t=$4
	name=$t limit=900
	case $t in
	"$build"/tests/unit/*) name=${t#"$build"/tests/} limit=300; set -- "$t";;
	"$build"/replay_*) name=corpus/${t##*/replay_}; set -- "$t" tests/corpus/"${t##*/replay_}"/*;;
	*) set -- "$t" "$build";;
	esac
	file=$(echo "$name" | tr '/' '-')
	out=$results/$file.out
	began=$(date +%s%3N)
	timeout -k 10 $limit "$@" >"$out" 2>&1 </dev/null
	status=$?
	ms=$(($(date +%s%3N) - began))
	p=1 f=0 many=
	case $name in
	unit/*)
		p=$(count PASSED) f=$(count FAILED)
		: "${p:=0}" "${f:=0}"
		many=" ($p)"
		[ "$p" -gt 0 ] || [ "$f" -gt 0 ] || f=1;;	# a test that ran nothing
	esac
	[ $status = 0 ] || [ "$f" -gt 0 ] || f=1
	[ $status = 0 ] || [ -n "$many" ] || p=0
	echo "$p $f $ms $t $name" >"$results/$file.result"
	exec 9>"$results/lock"
	flock 9						# one speaks at a time
	if [ "$f" -gt 0 ]; then
		mkdir -p "$build/failed"
		cp "$out" "$build/failed/$file"
		cat "$out"
		echo "not ok - $name (status $status; kept in $build/failed/$file)"
	else
		echo "ok - $name$many"
	fi
	rm -f "$out"
	exit 0
fi

build=$1 which=$2 pattern=${3:-}
times=$build/times
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
rm -rf "$build/failed"
touch "$times"

{
	# Only what has a source: a build may hold programs of tests that are gone.
	find tests/unit -name 'test_*.c' | sed "s|^|$build/|; s|\.c\$||" |
	    while read -r t; do [ ! -x "$t" ] || echo "$t"; done
	ls "$build"/replay_* 2>/dev/null | grep -v '\.'
	[ "$which" != all ] || find tests/e2e -name '*.sh' -perm -100
} | sort | grep -F -e "$pattern" >"$results/all"
grep -lx '# runs alone' $(grep '^tests/e2e/' "$results/all") /dev/null >"$results/alone"
# What took long the last time begins first; then what never ran, scripts first.
grep -vxF -f "$results/alone" "$results/all" | awk 'FILENAME != "-" { ms[$2] = $1; next }
	{ print ($1 in ms ? ms[$1] : /e2e/ ? 5000 : 100), $1 }' "$times" - | sort -rn | cut -d' ' -f2 >"$results/together"

side_by_side() { xargs -r -n 1 -P "$1" "$0" one "$build" "$results"; }
side_by_side "${JOBS:-$(nproc)}" <"$results/together"
side_by_side 1 <"$results/alone"

find "$results" -name '*.result' -exec cat {} + >"$results/sum"
awk 'NR == FNR { new[$4]; print $3, $4; next } !($2 in new)' "$results/sum" "$times" >"$results/times"
mv "$results/times" "$times"
echo "slowest:$(sort -k3,3rn "$results/sum" | head -n 5 | awk '{ printf "%s %s %.1f s", (NR > 1 ? "," : ""), $5, $3 / 1000 }')"
awk '$2 > 0 { print "failed: " $5 }' "$results/sum" | sort
[ "$(wc -l <"$results/sum")" = "$(wc -l <"$results/all")" ] || echo "failed: $(wc -l <"$results/all") tests began, $(wc -l <"$results/sum") ended"
awk -v all="$(wc -l <"$results/all")" '{ p += $1; f += $2 }
	END { f += all > NR ? all - NR : 0; print p + 0 " passed, " f + 0 " failed"; exit !(f == 0 && p > 0) }' "$results/sum"
