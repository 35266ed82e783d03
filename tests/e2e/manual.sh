#!/bin/sh
# usage: manual.sh BUILD
#
# Every option that --help of a verb or program lists is in its manual page, and every
# option that the page defines is one that its --help lists.
. "$(dirname "$0")/lib.sh"
cd "$tree" || exit 1
n=0

# man's "\-\-x" and mdoc's "Fl -x" are both --x.
plain() { sed -e 's/\\-/-/g' -e 's/Fl -\([a-z]\)/Fl --\1/g' "$1"; }
options() { "$@" --help 2>/dev/null | grep -oE '^ +(-., )?--[a-z][a-z0-9-]*' | grep -oE -- '--.*' | grep -v -- '^--help$'; }
verbs() { "$1" --help | sed -n 's/^  \([a-z]*\) .*/\1/p'; }

agree() {	# PAGE OPTION...: both ways
	page=$1; shift
	for o; do
		n=$((n + 1))
		plain "$page" | grep -qE -- "$o([^a-z0-9-]|\$)" || fail "$page does not explain $o"
	done
	# A definition begins with the option: in bold on the line after .TP, or behind .It.
	for o in $(plain "$page" | sed -n -e '/^\.TP/{n;s/^\.B[IR]* \(--[a-z][a-z0-9-]*\).*/\1/p;}' \
	    -e 's/^\.It Fl \(--[a-z][a-z0-9-]*\).*/\1/p' | sort -u); do
		n=$((n + 1))
		case $o in --help|--version) continue;; esac
		printf '%s\n' "$@" | grep -qx -- "$o" || fail "$page explains $o, which no --help lists"
	done
}

# A verb's page is its own; plot's is that of the program that it runs.
for v in $(verbs "$build/kansoku"); do
	[ "$v" = plot ] || agree "$build/man/kansoku-$v.1" $(options "$build/kansoku" "$v" | sort -u)
	plain "$build/man/kansoku.1" | grep -q "^\.BR kansoku-$v (1)" || fail "kansoku(1) does not name $v"
done
agree tests/lab/kansoku-lab.1 $(for v in $(verbs "$build/kansoku-lab"); do
	for o in $("$build/kansoku-lab" "$v" --overlay '' 2>&1 | sed 's/.*there are //; s/,//g'); do
		options "$build/kansoku-lab" "$v" --overlay "$o"
	done
done | sort -u)
# A settings file holds the options of crawl.
plain "$build/man/kansoku.conf.5" | grep -q 'kansoku-crawl (1)' || fail "kansoku.conf(5) does not say where its names are"
agree plots/kansoku-plot.1 $(options "$build/kansoku-plot" | sort -u)
agree plots/kansoku-daily.1 $(options sh plots/kansoku-daily | sort -u)
[ $n -gt 100 ] || fail "only $n options were compared"
echo "ok: $n options, the manual and --help agree"
