#!/bin/sh
# usage: gates.sh BUILD
#
# The gates themselves: tests/layers and tests/functions.sh let a small sound tree
# pass, name the file and the rule of each kind of fault that is planted in it, and
# fail where there is nothing to check.  `make -n test` installs nothing.
. "$(dirname "$0")/lib.sh"
set -e
tmp=$place n=0

sound() {	# a tree without a fault, in ./tree
	rm -rf tree
	mkdir -p tree/node/winny tree/data/lib tree/data/store tree/data/registries tree/tests/unit tree/build
	cat >tree/table <<-'T'
		texts data/registries
		room observation
		room node observation
		room node/winny observation node
		room data/lib data/registries
		room data/store observation data/lib
		room kansoku *
		room tests *
		only node stdint.h
		system sqlite3.h data/store tests
	T
	echo 'int observe(void);' >tree/observation.h
	printf '#include <stdint.h>\n#include "observation.h"\n' >tree/node/wire.h
	printf '#include "node/wire.h"\n' >tree/node/winny/key.c
	printf '#include "registries/ports.csv.h"\n#include "data/lib/list.h"\n' >tree/data/lib/text.c
	: >tree/data/lib/text.h; : >tree/data/lib/list.h; echo 80 >tree/data/registries/ports.csv
	printf '#include <sqlite3.h>\n#include "data/lib/text.h"\n' >tree/data/store/rows.c
	: >tree/data/store/rows.h
	printf '#include "node/wire.h"\n#include "data/store/rows.h"\n' >tree/kansoku.c
	printf '#include <sqlite3.h>\n#include "data/store/rows.h"\n' >tree/tests/unit/test_rows.c
	printf 'int\nmain(void)\n{\n\treturn 0;\n}\n' >>tree/kansoku.c
	printf '#include "no/such.h"\n' >tree/build/made.c	# what was built is not looked at
}
gate() { "$@" >out 2>&1; }
passes() {	# WHAT COMMAND...
	what=$1; shift; n=$((n + 1))
	gate "$@" || fail "$what: does not pass"
}
fails() {	# WHAT PATTERN COMMAND...: it does, and a line of it says so
	what=$1 pattern=$2; shift 2; n=$((n + 1))
	if gate "$@"; then fail "$what: passes"; fi
	grep -qE -- "$pattern" out || fail "$what: no line matches $pattern"
}
layers() { "$tests/layers" tree tree/table; }

sound
passes "a sound tree" layers
while IFS='|' read -r what file line pattern; do
	case $what in ''|'#'*) continue;; esac
	sound
	mkdir -p "tree/$(dirname "$file")"
	printf '%b\n' "$line" >>"tree/$file"
	fails "$what" "$pattern" layers
done <"$here/gates.txt"

sound; rm tree/data/store/*
fails "an empty folder" 'tree/table:6: data/store: there is no such folder, or no source' layers
sound; rm -r tree/node/winny
fails "a folder that is not there" 'tree/table:4: node/winny: there is no such folder' layers
sound; rm tree/data/registries/*
fails "no texts" 'tree/table:1: data/registries: there is no such folder, or nothing' layers
sound; find tree -name '*.[ch]' -exec sed -i '/#include/d' {} +
fails "no includes" 'no #include was found' layers
rm -rf tree/*; : >tree/table
fails "nothing at all" 'no #include was found' layers
sound
printf '#include "data/lib/text.h"\n' >tree/data/lib/list.c
echo 'excused data/lib/list data/lib/text' >>tree/table
passes "a circle that is known of" layers
rm tree/data/lib/list.c
fails "what is excused and not there" 'data/lib/list does not include data/lib/text any longer' layers

# ---- functions
long() { echo int; echo "$1(void)${2:-}"; echo '{'; i=0; while [ $i -lt "$3" ]; do echo '	work();'; i=$((i + 1)); done; echo '}'; }
sound; long sixty '' 58 >tree/node/a.c
passes "60 lines" "$tests/functions.sh" tree
grep -q '^2 functions: 3 lines median, 60 p90, 60 longest; 0 static' out || fail "statistics"
long sixty_one '' 60 >tree/node/a.c
fails "61 lines" '^node/a.c:2: 62 lines: sixty_one' "$tests/functions.sh" tree
long sixty_one ' /* flat */' 60 >tree/node/a.c
passes "a flat table" "$tests/functions.sh" tree
mkdir -p tree/tests/lab; long lab '' 70 >tree/tests/lab/a.c
fails "in the lab" '^tests/lab/a.c:2: ' "$tests/functions.sh" tree
sound; printf 'static int\none(void)\n{\n}\nstatic int\ntwo(void)\n{\n\tone(); /* two */\n}\nint\nuse(void)\n{\n\ttwo(); two();\n}\n' >tree/node/a.c
passes "static functions" "$tests/functions.sh" tree
grep -q '2 static, 50 % of them with one caller' out || fail "one caller"
sound; rm tree/kansoku.c
fails "no function" 'none was found' "$tests/functions.sh" tree
rm -rf tree; mkdir tree
fails "no source" 'there is no source' "$tests/functions.sh" tree
fails "no tree" . "$tests/functions.sh" nowhere

# ---- make -n: it installs nothing and asks nobody what is there
mkdir bin
for c in apt-get dpkg-query sudo; do printf '#!/bin/sh\necho "$0 $*" >>%s/called\nexit 1\n' "$tmp" >bin/$c; chmod +x bin/$c; done
for goal in test demo deps "SAN=address test"; do
	rm -f called
	# shellcheck disable=SC2086: a goal with a setting
	passes "make -n $goal" env PATH="$tmp/bin:$PATH" MAKEFLAGS= make -C "$tree" -n DEPS=yes B="$tmp/b" $goal
	[ ! -e called ] || { cat called; fail "make -n $goal installs"; }
	grep -q 'tests/deps.sh' out || fail "make -n $goal does not print how it installs"
	[ ! -e b ] || { find b; fail "make -n $goal builds"; }
done
# On a machine that lacks them, deps comes first and is asked before anything is built.
printf '#!/bin/sh\nexit 1\n' >bin/pkg-config; chmod +x bin/pkg-config
fails "make deps where nothing can be installed" 'installing what' env PATH="$tmp/bin:$PATH" MAKEFLAGS= make -C "$tree" DEPS=yes B="$tmp/b" deps
grep -q 'apt-get install' called || fail "make deps does not install"
fails "make test where nothing can be installed" 'installing what' env PATH="$tmp/bin:$PATH" MAKEFLAGS= make -C "$tree" DEPS=yes B="$tmp/b" test
fails "make without libraries" 'these libraries are missing: libevent_core .*make deps' \
    env PATH="$tmp/bin:$PATH" MAKEFLAGS= make -C "$tree" DEPS=no B="$tmp/b" all
[ ! -e b ] || [ -z "$(find b -name '*.o')" ] || { find b; fail "something was built without libraries"; }
rm -f called
fails "make test DEPS=no without libraries" 'these libraries are missing' \
    env PATH="$tmp/bin:$PATH" MAKEFLAGS= make -C "$tree" DEPS=no B="$tmp/b" test
[ ! -e called ] || { cat called; fail "DEPS=no installs"; }

# ---- nothing to check is a fault
fails "no header" 'headers: none was found' make -s -C "$tree" DEPS=no B="$tmp/b" HEADERS= headers
fails "no coverage data" 'no coverage data' "$tests/coverage.sh" "$tmp/b" node
fails "no test" '^0 passed, 0 failed' env -C "$tree" tests/run.sh "$tmp/b" unit
echo "ok - $n planted cases"
