#!/bin/sh
# usage: functions.sh [TREE]
#
# No function over 60 lines, but flat switches and tables marked "/* flat */" on
# their opening line; and how long functions are, and how many static ones have
# one caller.  A function here begins with a line that starts with a name and
# holds its parameters, and ends with a closing brace in column one.  Tests are
# not counted, but for the lab.
set -u
cd "${1:-.}" || exit 1
list=$(mktemp)
trap 'rm -f "$list"' EXIT
find . -path ./build -prune -o -name '.?*' -prune -o -path ./tests -prune -o -name '*.c' -print | sed 's|^\./||' |
    sort >"$list"
[ ! -d tests/lab ] || find tests/lab -name '*.c' | sort >>"$list"
[ -s "$list" ] || { echo "not ok - functions: there is no source in ${1:-.}"; exit 1; }
xargs awk '
	# Words of code, without what strings, characters and comments on a line say.
	function count_words(line,	n, w) {
		gsub(/"([^"\\]|\\.)*"/, "", line)
		gsub(/\/\*[^*]*\*\//, "", line)
		while (match(line, /[A-Za-z_][A-Za-z0-9_]*/)) {
			w = substr(line, RSTART, RLENGTH)
			used[FILENAME, w]++
			line = substr(line, RSTART + RLENGTH)
		}
	}
	FNR == 1 { open = 0; before = "" }
	/^[a-zA-Z_][a-zA-Z0-9_]*\(/ && !/;[ \t]*$/ { name = $0; start = FNR; open = 1; flat = 0; hidden = before ~ /^static/ }
	open && FNR <= start + 6 && /\/\* flat \*\// { flat = 1 }
	!/^[ \t]*(\/?\*|#)/ { count_words($0) }
	/^}/ && open {
		length_of[++n] = FNR - start
		if (FNR - start > 60 && !flat) {
			printf "%s:%d: %d lines: %s\n", FILENAME, start, FNR - start, name
			bad++
		}
		if (hidden) { sub(/\(.*/, "", name); statics[FILENAME, name] = 1 }
		open = 0
	}
	{ before = $0 }
	END {
		if (n == 0) { print "not ok - functions: none was found"; exit 1 }
		for (i = 2; i <= n; i++) {	# by insertion: a few thousand
			v = length_of[i]
			for (j = i - 1; j > 0 && length_of[j] > v; j--) length_of[j + 1] = length_of[j]
			length_of[j + 1] = v
		}
		for (s in statics) { total++; once += used[s] == 2 }
		printf "%d functions: %d lines median, %d p90, %d longest; %d static, %d %% of them with one caller\n", n,
		    length_of[int((n + 1) / 2)], length_of[int(0.9 * n + 0.5)], length_of[n], total, total ? 100 * once / total : 0
		print bad ? "not ok - functions: " bad " over 60 lines" : "ok - no function over 60 lines"
		exit bad > 0
	}' <"$list"
