#!/bin/sh
# Runs every test and closes with one line: N passed, N failed.
# usage: run.sh BUILD unit|all
#
# A unit test program reports through cmocka; its own counts are added up, and
# one that dies without a summary counts as one failure.  An end-to-end script
# is one test: it passes if it exits 0.  What a passing test printed is hidden.
set -u
build=$1 which=$2
passed=0 failed=0
out=$(mktemp)
trap 'rm -f "$out"' EXIT

count() {	# how many tests cmocka says PASSED or FAILED
	sed -n "s/^\[  $1  \] \([0-9][0-9]*\) test(s).*/\1/p" "$out" | head -n 1
}

unit() {
	timeout -k 5 300 "$1" >"$out" 2>&1
	status=$?
	p=$(count PASSED) f=$(count FAILED)
	: "${p:=0}" "${f:=0}"
	[ "$status" = 0 ] || [ "$f" -gt 0 ] || f=1
	[ "$p" -gt 0 ] || [ "$f" -gt 0 ] || f=1		# a test that ran nothing
	passed=$((passed + p)) failed=$((failed + f))
	if [ "$f" -gt 0 ]; then cat "$out"; echo "not ok - $1 (status $status)"
	else echo "ok - ${1#"$build"/tests/} ($p)"; fi
}

whole() {	# NAME COMMAND...: one test
	name=$1; shift
	if timeout -k 10 900 "$@" >"$out" 2>&1 </dev/null; then
		passed=$((passed + 1)); echo "ok - $name"
	else
		status=$?
		failed=$((failed + 1)); cat "$out"; echo "not ok - $name (status $status)"
	fi
}

for t in $(find "$build"/tests/unit -type f -name 'test_*' -perm -100 ! -name '*.*' | sort); do
	unit "$t"
done
for r in "$build"/replay_*; do
	name=${r##*/replay_}
	[ -x "$r" ] && whole "fuzz corpus $name" "$r" tests/corpus/"$name"/*
done
if [ "$which" = all ]; then
	for t in tests/e2e/*.sh; do
		[ -x "$t" ] && whole "$t" "$t" "$build"
	done
fi
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
