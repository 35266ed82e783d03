# usage: awk -f needs.awk tests/layers.txt SOURCE...
#
# What a test links: the room that it is named after, those whose headers it
# includes, itself or by way of the headers of tests, and all that these may include.  Prints a word for each
# source: its name without .c, "=", the rooms with commas between them.
function folder(path) { return sub(/\/[^\/]*$/, "", path) ? path : "." }
function add(to, name) { if (!((to, name) in known)) { known[to, name]; needs[to] = needs[to] " " name } }
function walk(name, seen,	n, i, list) {
	if (name in seen) return ""
	seen[name]
	n = split(needs[name], list, " ")
	for (i = 1; i <= n; i++) walk(list[i], seen)
}
NR == FNR {
	sub(/#.*/, "")
	if ($1 != "room") next
	rooms[++n_rooms] = $2
	for (i = 3; i <= NF; i++) add($2, $i)
	next
}
FNR == 1 && FILENAME ~ /\.c$/ {
	tests[++n_tests] = FILENAME
	sub(/\.c$/, "", tests[n_tests])
	where = folder(FILENAME)
	if (sub(/^tests\/unit\//, "", where)) add(FILENAME, where)	# what it is named after
}
/^#include "/ {
	gsub(/"/, "", $2)
	stem = $2; sub(/\..*/, "", stem)
	add(FILENAME, folder($2))				# a room,
	add(FILENAME, stem)					# a file of the root,
	add(FILENAME, $2)					# a header of the tests,
	add(FILENAME, folder(FILENAME) "/" $2)			# one beside this
}
END {
	for (i = 1; i <= n_tests; i++) {
		split("", seen)
		walk(tests[i] ".c", seen)
		list = ""
		for (j = 1; j <= n_rooms; j++)
			if (rooms[j] in seen) list = list (list == "" ? "" : ",") rooms[j]
		print tests[i] "=" list
	}
}
