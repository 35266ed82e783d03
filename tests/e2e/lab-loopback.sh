#!/bin/sh
# The lab cannot be reached but over loopback, and only one file opens sockets.
# usage: lab-loopback.sh BUILD
. "$(dirname "$0")/lib.sh"

# Who opens sockets?  guard.c, and no other file of node/ or the lab.
if grep -nE '(^|[^_a-z])(socket|bind|listen|accept4?|connect|sendto|sendmsg)\(' \
    $(find "$tree/node" "$tests/lab" -name '*.c') | grep -v '/lab/guard\.c:'; then
	echo "not ok - sockets are opened outside tests/lab/guard.c"
	exit 1
fi
echo "ok - tests/lab/guard.c alone opens sockets"

printf '[world]\nnodes = 100\n[population]\nsilent = 0\nport0 = 0\n[churn]\nsession = 0\n' >world.ini
for how in -n -rn; do
	if unshare $how true 2>/dev/null; then
		unshare $how python3 "$here/lab_loopback.py" "$build/kansoku-lab" \
		    world.ini && exit 0
		exit 1
	fi
done
echo "ok - no network namespace to be had here; the filter's unit test stands alone"
