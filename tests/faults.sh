#!/bin/bash
# usage: faults.sh BUILD      FAULTS=quick for a minute's worth; SEED=number
#
# The machine fails in every way that we know of, and no fact is lost: each part
# says what it did, and the seed with which it can be done again.
set -u
here=$(cd "$(dirname "$0")" && pwd)
bad=0
for part in kill disk memory machine; do
	began=$SECONDS
	"$here/faults/$part.sh" "$1" </dev/null || { echo "not ok - tests/faults/$part.sh"; bad=1; }
	echo "   ($part: $((SECONDS - began)) s)"
done
exit $bad
