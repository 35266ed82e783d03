#!/bin/sh
# usage: bench.sh BUILD        (BENCH=quick for a run under two minutes)
#
# A bench program prints lines: NAME VALUE UNIT LIMIT-NAME VALUE UNIT RATIO [TARGETS].
# The limit was measured in the same run; TARGETS are what the value or the ratio
# should be, as in "ratio>=0.6,value<25"; none in a form too small to be judged.
# Programs run five times, long ones less (quick: three and once); medians are shown
# as a table and written to BUILD/bench.json.  A target that is missed is said to be; it is no failure.
set -eu
build=$1
export BENCH="${BENCH:-full}" BUILD="$build"
all=$(mktemp)
trap 'rm -f "$all"' EXIT

repeats() {	# PROGRAM: how often it runs
	case $BENCH:${1##*/} in
	quick:*.py|quick:*.sh|full:keys.py|full:history.py|full:claims.py) echo 1;;
	quick:*|full:*.py) echo 3;;
	*) echo 5;;
	esac
}

for b in "$build"/tests/bench/bench_* tests/bench/*.sh tests/bench/*.py; do
	case $b in *.o|*.d) continue;; esac
	[ -x "$b" ] || continue
	i=0 n=$(repeats "$b")
	while [ $i -lt "$n" ]; do
		[ -t 2 ] && printf '\r\033[K%s %d of %d' "${b##*/}" $((i + 1)) "$n" >&2
		"$b" >>"$all" || { echo "bench: $b failed" >&2; exit 1; }
		i=$((i + 1))
	done
done
[ -t 2 ] && printf '\r\033[K' >&2

[ "$BENCH" = quick ] && echo "quick: fewer nodes, keys, days and repeats than the targets are meant for"
sort -s -k1,1 "$all" | awk -v json="$build/bench.json" -v mode="$BENCH" '
	function median(list, n,	i, j, t) {
		for (i = 2; i <= n; i++)
			for (j = i; j > 1 && list[j - 1] > list[j]; j--) {
				t = list[j]; list[j] = list[j - 1]; list[j - 1] = t
			}
		return n % 2 ? list[(n + 1) / 2] : (list[n / 2] + list[n / 2 + 1]) / 2
	}
	# "met", or the targets that are missed.
	function verdict(targets, v, r,		i, n, t, x, op, want, missed, ok) {
		n = split(targets, t, ",")
		for (i = 1; i <= n; i++) {
			match(t[i], /[<>]=?/)
			x = substr(t[i], 1, RSTART - 1) == "ratio" ? r : v
			op = substr(t[i], RSTART, RLENGTH); want = substr(t[i], RSTART + RLENGTH) + 0
			ok = op == "<" ? x < want : op == "<=" ? x <= want : op == ">" ? x > want : x >= want
			if (!ok) missed = missed " " t[i]
		}
		return n == 0 ? "-" : missed == "" ? "met" : "MISSED" missed
	}
	function row(	v, l, r, said) {
		if (n == 0) return
		v = median(value, n); l = median(limit, n); r = median(ratio, n)
		said = verdict(target, v, r)
		printf "%-24s %11.5g %-12s %-24s %11.5g %-8s %7.3f %2d  %s\n", name, v, unit, lname, l, lunit, r, n, said
		printf "%s  {\"name\":\"%s\",\"value\":%.6g,\"unit\":\"%s\",\"limit\":\"%s\",\"limit_value\":%.6g,\"limit_unit\":\"%s\",\"ratio\":%.4f,\"runs\":%d,\"mode\":\"%s\",\"target\":\"%s\",\"verdict\":\"%s\"}",
		    rows++ ? ",\n" : "", name, v, unit, lname, l, lunit, r, n, mode, target, said >json
		n = 0
	}
	BEGIN {
		printf "%-24s %11s %-12s %-24s %11s %-8s %7s %2s  %s\n", "figure", "median", "unit", "held against", "median", "unit", "ratio", "n", "target"
		print "[" >json
	}
	NF == 7 || NF == 8 {
		if ($1 != name) { row(); name = $1; unit = $3; lname = $4; lunit = $6; target = $8 }
		n++; value[n] = $2 + 0; limit[n] = $5 + 0; ratio[n] = $7 + 0
	}
	END { row(); print "\n]" >json; if (rows == 0) { print "no bench printed a figure"; exit 1 } }'
echo "as JSON: $build/bench.json"
