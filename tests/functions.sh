#!/bin/sh
# No function over 60 lines, but flat switches and tables marked "/* flat */" on
# their opening line.  A function here begins with a line that starts with a
# name and holds its parameters, and ends with a closing brace in column one.
git ls-files '*.c' | grep -vE '^tests/(unit|fuzz|bench|faults)/' | xargs awk '
	FNR == 1 { open = 0 }
	/^[a-zA-Z_][a-zA-Z0-9_]*\(/ { name = $0; start = FNR; open = 1; flat = 0 }
	open && FNR <= start + 6 && /\/\* flat \*\// { flat = 1 }
	/^}/ && open {
		if (FNR - start > 60 && !flat) {
			printf "%s:%d: %d lines: %s\n", FILENAME, start, FNR - start, name
			bad = 1
		}
		open = 0
	}
	END { if (!bad) print "ok - no function over 60 lines"; exit bad }'
