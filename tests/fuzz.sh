#!/bin/sh
# usage: fuzz.sh SECONDS TARGET...
#
# Builds the targets tests/fuzz/fuzz_TARGET.c with libFuzzer, ASan and UBSan
# into build/fuzz and runs each for SECONDS on FUZZ_JOBS processes (1), from
# tests/corpus/TARGET and what earlier runs kept in build/fuzz/corpus/TARGET.
# One line a target: executions, executions a second, edges, inputs, findings.
# An input that breaks something is kept as build/fuzz/TARGET-crash-...; exit 1.
set -u
cc=${FUZZ_CC:-clang} jobs=${FUZZ_JOBS:-1} build=build/fuzz
[ $# -ge 2 ] || { echo "usage: fuzz.sh SECONDS TARGET..." >&2; exit 2; }
seconds=$1
shift
command -v "$cc" >/dev/null || { echo "make fuzz: $cc is missing; FUZZ_CC names a clang" >&2; exit 1; }

mkdir -p "$build"
programs=
for t in "$@"; do programs="$programs $build/fuzz_$t"; done
make --no-print-directory -s -j2 B=$build CC="$cc" SAN=address,undefined \
    CFLAGS='-O2 -g -fsanitize=fuzzer-no-link -fsanitize-coverage-ignorelist=tests/fuzz/uncovered.txt' $programs >"$build.log" 2>&1 ||
    { mkdir -p build; cat "$build.log"; exit 1; }

bad=0
total() {	# NAME LOG...: the sum of a final statistic
	name=$1; shift
	sed -n "s/^stat::$name: *//p" "$@" | awk '{ n += $1 } END { print n + 0 }'
}
for t in "$@"; do
	kept=$build/corpus/$t len=4096
	[ "$t" = dialog ] && len=1024		# a script this long says everything, five times as fast
	[ "$t" = bundle ] && len=131072		# a whole one
	mkdir -p "$kept"
	logs= pids= i=0
	while [ $i -lt "$jobs" ]; do
		log=$build/$t.$i.log
		ASAN_OPTIONS=malloc_context_size=3:quarantine_size_mb=2 "$build/fuzz_$t" -max_total_time="$seconds" \
		    -max_len=$len -reload=1 -print_final_stats=1 -verbosity=1 \
		    -artifact_prefix="$build/$t-" "$kept" "tests/corpus/$t" >"$log" 2>&1 &
		pids="$pids $!" logs="$logs $log" i=$((i + 1))
	done
	failed=0
	for p in $pids; do wait "$p" || failed=$((failed + 1)); done
	runs=$(total number_of_executed_units $logs)
	edges=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' $logs | sort -n | tail -n 1)
	printf '%-12s %12d executions %8d a second %6s edges %6d inputs %3d findings\n' "$t" \
	    "$runs" $((runs / (seconds > 0 ? seconds : 1))) "${edges:-0}" "$(ls "$kept" | wc -l)" "$failed"
	[ $failed = 0 ] || { grep -hE 'not so:|ERROR:|runtime error|Test unit written' $logs; bad=1; }
done
exit $bad
