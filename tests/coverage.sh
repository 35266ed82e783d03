#!/bin/sh
# usage: coverage.sh BUILD FOLDER[=PERCENT]...
#
# Line coverage of FOLDER/*.c (not of folders below it) by all unit tests, which
# run here from BUILD, a build with --coverage: each folder's, the files that are
# under 80 % of it, and the sum.  Fails where a folder is under its PERCENT.
set -eu
build=$1
shift
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

find "$build" -name '*.gcda' -exec rm -f {} + 2>/dev/null || :
if [ -d "$build/tests/unit" ]; then
	tests/run.sh "$build" unit >"$out/log" 2>&1 || { cat "$out/log"; exit 1; }
	tail -n 1 "$out/log"
fi

for f; do
	folder=${f%=*}
	for c in "$folder"/*.c; do
		c=${c#./}
		case $c in *'*'*|*/main.c|kansoku.c) continue;; esac
		if [ -f "$build/${c%.c}.gcda" ]; then
			echo "$c" >>"$out/$(echo "$folder" | tr '/.' '-_')"
		elif grep -q '^}$' "$c"; then	# tables alone have no lines to run
			echo "$folder $c 0 $(grep -c . "$c")" >>"$out/lines"	# no test runs any of it
		fi
	done
	list=$out/$(echo "$folder" | tr '/.' '-_')
	[ -s "$list" ] || continue
	# shellcheck disable=SC2046: names of sources have no spaces
	gcov -n -o "$build/$folder" $(cat "$list") 2>/dev/null | awk -v folder="$folder" '
		NR == FNR { ours["\047" $1 "\047"] = $1; next }
		/^File / { file = $2 }
		/^Lines executed:/ && file in ours {
			split($2, part, ":")
			sub("%", "", part[2])
			printf "%s %s %.0f %d\n", folder, ours[file], part[2] * $4 / 100, $4
			delete ours[file]
		}' "$list" - >>"$out/lines"
done
touch "$out/lines"
awk -v floors="$*" '
	function show(name, run, lines) { printf "%-28s %6.2f %%  %6d of %6d lines\n", name, 100 * run / lines, run, lines }
	{
		run[$1] += $3; lines[$1] += $4; all += $4; ran += $3
		if ($3 < 0.8 * $4) low[$1] = low[$1] sprintf("    %-24s %6.2f %%  %6d of %6d lines\n", $2, 100 * $3 / $4, $3, $4)
	}
	END {
		if (all == 0) { print "not ok - no coverage data: make coverage builds it"; exit 1 }
		n = split(floors, f, " ")
		for (i = 1; i <= n; i++) {
			split(f[i], part, "=")
			name = part[1]; least = part[2]
			if (lines[name] == 0) { print name ": nothing was measured"; bad = 1; continue }
			show(name, run[name], lines[name])
			printf "%s", low[name]
			if (least != "" && 100 * run[name] < least * lines[name]) { print "under " least " %"; bad = 1 }
		}
		show("total", ran, all)
		print bad ? "not ok - line coverage" : "ok - line coverage"
		exit bad
	}' "$out/lines"
