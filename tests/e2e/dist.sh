#!/bin/sh
# usage: dist.sh BUILD
#
# "make dist" gives the same bytes twice, of what is committed and nothing else; the version is one
# everywhere that it is said.
. "$(dirname "$0")/lib.sh"
set -e
version=$(cat "$tree/VERSION")
same "kansoku --version" "kansoku $version" "$("$kansoku" --version)"
grep -q "^version: $version\$" "$tree/CITATION.cff" || fail "CITATION.cff is of another version"
grep -q "^## $version" "$tree/CHANGELOG.md" || fail "the changelog has no $version"
[ ! -d "$tree/debian" ] || head -n 1 "$tree/debian/changelog" | grep -q "^kansoku ($version-" || fail "debian/changelog is of another version"
missing=$(cd "$tree" && for f in $(find *.c *.h analysis crawler data node plots -name '*.[ch]') debian/rules CITATION.cff; do
	[ ! -e "$f" ] || head -n 3 "$f" | grep -q 'SPDX-License-Identifier: GPL-3.0-or-later' || echo "$f"
done)
same "files without a licence" "" "$missing"
if ! git -C "$tree" rev-parse -q --verify HEAD >/dev/null 2>&1; then
	echo "ok: the version is one; no repository, no dist"
	exit 0
fi
for n in 1 2; do make -s -C "$tree" DEPS=no B="$place/$n" dist >out 2>&1 || fail "make dist"; done
cmp "1/kansoku-$version.tar.gz" "2/kansoku-$version.tar.gz" || fail "two runs differ"
tar -tzf "1/kansoku-$version.tar.gz" | sed -n "s|^kansoku-$version/||p" | grep -v '/$' | sort | grep . >packed
git -C "$tree" ls-tree -r --name-only HEAD | sort | diff - packed >out || fail "not what is committed"
echo "ok: $(wc -l <packed) files, the same bytes twice"
