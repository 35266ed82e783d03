#!/bin/bash
# usage: tour.sh BUILD
#
# The tour of README.md, word for word: in a clean copy of the tree, with an empty home, as a user
# who is not root where we are root.  The programs are those that were built; "make" makes nothing.
. "$(dirname "$0")/lib.sh"
set -e
sed -n '/^```sh tour$/,/^```$/p' "$tree/README.md" | sed '1d;$d' >tour
[ "$(wc -l <tour)" -ge 15 ] || fail "README.md has no tour"
mkdir -p clean/build clean/tests home
cp -R "$tree"/{Makefile,VERSION,README.md,analysis,crawler,data,manual,node,plots} "$tree"/*.[ch] clean
cp -R "$tree/tests/lab" "$tree/tests/deps.sh" clean/tests
cp "$build"/kansoku "$build"/kansoku-plot "$build"/kansoku-lab clean/build
as=()
if [ "$(id -u)" = 0 ]; then
	chmod 755 . && chmod -R go+rX clean && chown -R 65534:65534 clean home
	as=(setpriv --reuid 65534 --regid 65534 --clear-groups)
fi
# What is pasted stops for no fault, so we do.
(cd clean && exec env -i HOME="$place/home" PATH=/usr/local/bin:/usr/bin:/bin TERM=dumb LC_ALL=C.UTF-8 MAKEFLAGS='-o all' \
    "${as[@]}" timeout 300 bash -e ../tour) >out 2>err || fail "the tour ends with status $?"
cd home/kansoku-tour
[ -s gallery/index.html ] && [ -s incident-1.tar.minisig ] || fail "the tour leaves no pages or no evidence"
cd ../..
for words in 'random-sources' 'good' 'rounds  *1[0-9]* complete' 'genuine' 'day_keys'; do
	grep -q -e "$words" out err || fail "the tour does not show $words"
done
echo "ok: the tour can be walked"
