#!/bin/sh
# Installs those of the named Debian packages that are not there: as root, or
# through sudo.  Says what it installs and why; silent when nothing is missing.
set -u
command -v dpkg-query >/dev/null || exit 0	# no Debian: the Makefile checks the libraries
missing=
for p in "$@"; do
	dpkg-query -W -f '${db:Status-Status}\n' "$p" 2>/dev/null | grep -qx installed ||
	    missing="$missing $p"
done
[ -n "$missing" ] || exit 0
if [ "$(id -u)" = 0 ]; then
	as_root=
elif command -v sudo >/dev/null; then
	as_root=sudo
else
	echo "kansoku: to build and test, these packages are needed:$missing"
	echo "kansoku: run as root: apt-get install$missing"
	exit 1
fi
echo "kansoku: installing what the build and its tests need:$missing (DEPS=no to forbid)"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y --no-install-recommends $missing >"$log" 2>&1 ||
    { $as_root apt-get update >"$log" 2>&1 &&
    DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y --no-install-recommends $missing >"$log" 2>&1; }; then
	exit 0
fi
tail -n 5 "$log"
exit 1
