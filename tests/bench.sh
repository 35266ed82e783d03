#!/bin/sh
# usage: bench.sh BUILD        (BENCH=quick for a run under two minutes)
#
# A bench program prints lines: NAME VALUE UNIT LIMIT-NAME VALUE UNIT RATIO.  The limit
# was measured in the same run.  Each program runs five times (quick: three);
# medians are shown as a table and written to BUILD/bench.json.
set -eu
build=$1
runs=5
[ "${BENCH:-full}" = quick ] && runs=3
export BENCH="${BENCH:-full}" BUILD="$build"
all=$(mktemp)
trap 'rm -f "$all"' EXIT

for b in "$build"/tests/bench/bench_* tests/bench/*.sh; do
	case $b in *.o|*.d) continue;; esac
	[ -x "$b" ] || continue
	i=0
	while [ $i -lt $runs ]; do
		"$b" >>"$all"
		i=$((i + 1))
		[ -t 2 ] && printf '\r\033[K%s %d of %d' "${b##*/}" $i $runs >&2
	done
done
[ -t 2 ] && printf '\r\033[K' >&2

sort -s -k1,1 "$all" | awk -v json="$build/bench.json" -v runs=$runs '
	function median(list, n,	i, j, t) {
		for (i = 2; i <= n; i++)
			for (j = i; j > 1 && list[j - 1] > list[j]; j--) {
				t = list[j]; list[j] = list[j - 1]; list[j - 1] = t
			}
		return n % 2 ? list[(n + 1) / 2] : (list[n / 2] + list[n / 2 + 1]) / 2
	}
	function row() {
		if (n == 0) return
		v = median(value, n); l = median(limit, n); r = median(ratio, n)
		printf "%-28s %14.6g %-14s %-22s %14.6g %-14s %7.3f\n", name, v, unit, lname, l, lunit, r
		printf "%s  {\"name\":\"%s\",\"value\":%.6g,\"unit\":\"%s\",\"limit\":\"%s\",\"limit_value\":%.6g,\"limit_unit\":\"%s\",\"ratio\":%.4f,\"runs\":%d}",
		    rows++ ? ",\n" : "", name, v, unit, lname, l, lunit, r, n >json
		n = 0
	}
	BEGIN {
		printf "%-28s %14s %-14s %-22s %14s %-14s %7s\n", "figure", "median", "unit", "held against", "median", "unit", "ratio"
		print "[" >json
	}
	NF == 7 {
		if ($1 != name) { row(); name = $1; unit = $3; lname = $4; lunit = $6 }
		n++; value[n] = $2 + 0; limit[n] = $5 + 0; ratio[n] = $7 + 0
	}
	END { row(); print "\n]" >json; if (rows == 0) { print "no bench printed a figure"; exit 1 } }'
echo "as JSON: $build/bench.json"
