#!/bin/sh
# usage: real.sh BUILD [OVERLAY...]
#
# Real programs of an overlay, and the sensor among them: tests/real/OVERLAY.sh for each, or for those
# named, in a network namespace of its own that has a loopback and nothing else.  What each needs
# is installed by "make real-deps" and by nothing else; it lies in BUILD/real.
set -u
export PYTHONDONTWRITEBYTECODE=1
build=$(cd "$1" && pwd) here=$(cd "$(dirname "$0")" && pwd)
shift
mkdir -p "$build/real"
[ $# -gt 0 ] || set -- $(cd "$here/real" && ls ./*.sh | sed 's|^./||; s|\.sh$||')
unshare -n true 2>/dev/null || { echo "make real: wants to make a network namespace, so root or user namespaces" >&2; exit 1; }
bad=0
for overlay; do
	echo "--- $overlay"
	unshare -n "$here/real/$overlay.sh" "$build" || bad=1
done
exit $bad
