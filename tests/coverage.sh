#!/bin/sh
# usage: coverage.sh BUILD FOLDER [PERCENT]
#
# Line coverage of FOLDER/*.c (not of folders below it) by the unit tests of that
# folder, run here from BUILD, a build with --coverage.  Fails under PERCENT in total.
set -eu
build=$1 folder=$2 least=${3:-95}
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

find "$build" -name '*.gcda' -exec rm -f {} +
for t in "$build/tests/unit/$folder"/test_*; do
	case $t in *.o|*.d|*.gc*) continue;; esac
	"$t" >"$out/log" 2>&1 || { cat "$out/log"; echo "not ok - $t"; exit 1; }
done

for c in "$folder"/*.c; do
	o=$build/${c%.c}
	if [ ! -f "$o.gcda" ]; then
		echo "$c 0 $(grep -c . "$c")"	# no test runs any of it
		continue
	fi
	gcov -n -o "$build/$folder" "$c" 2>/dev/null >"$out/gcov"
	awk -v file="$c" '
		/^File / { ours = index($0, "\047" file "\047") > 0 }
		ours && /^Lines executed:/ {
			split($2, part, ":")
			sub("%", "", part[2])
			printf "%s %.0f %d\n", file, part[2] * $4 / 100, $4
			ours = 0
		}' "$out/gcov"
done | awk -v least="$least" -v folder="$folder" '
	function show(name, run, lines) {
		printf "%-24s %6.2f %%  %5d of %5d lines\n", name, 100 * run / lines, run, lines
	}
	$3 > 0 { show($1, $2, $3); run += $2; lines += $3 }
	END {
		if (lines == 0) { print "no coverage data: make coverage builds it"; exit 1 }
		show("total", run, lines)
		if (100 * run < least * lines) { printf "under %s %%\n", least; exit 1 }
		print "ok - line coverage of " folder "/ is at least " least " %"
	}'
