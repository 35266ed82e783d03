#!/bin/bash
# usage: soak.sh BUILD       SOAK=rounds (default 500, at least 400); SEED=number
#
# One crawl over a lab that churns: after a warm-up of half of the rounds neither
# memory nor descriptors grow.  Prints a series, and its slopes.  The warm-up is
# over when the store has met every advert: in 250 rounds, two seconds each.
. "$(dirname "$0")/faults/faults.inc" "$1"
rounds=${SOAK:-500}
[ "$rounds" -ge 400 ] 2>/dev/null || fail "SOAK=$rounds: want a number of rounds, at least 400"
${CC:-cc} -shared -fPIC -O1 -o heap.so "$here/heap.c" || fail "no compiler"

# Half an hour of the lab is two seconds; 300 nodes come and go and change their
# addresses, hostile ones among them.  The store remembers the nodes, files and
# adverts that it has met, up to a bound; here these are few enough to be met in
# the warm-up, so that what grows after it is a leak.
cat >world.ini <<'END'
[world]
nodes = 300
[population]
files = 4
files_max = 20
catalogue = 400
[churn]
session = 3h
addresses = 2
[hostile.1]
kind = zeros
share = 1%
[hostile.2]
kind = truncated
share = 1%
[hostile.3]
kind = miscount
share = 1%
[hostile.4]
kind = reset
share = 1%
END
scale=900
port=$(cd "$here/../e2e" && python3 -c "import lab_client; print(lab_client.free_ports(9))")
: >lab.out
"$build/kansoku-lab" serve --world world.ini --seed "$seed" --time-scale $scale --for 7200s \
    --port-base "$port" --map-for $((rounds / 30 + 3))d --map-out map --peers-out peers >lab.out 2>lab.err &
lab=$!
lab_ready 30

HEAP_FILE=heap LD_PRELOAD=./heap.so "$kansoku" crawl -q --db s.db --peers peers --lab-map map \
    --time-scale $scale --connect-limit 300ms --retry none --visit-limit 1500ms --round-every 2s \
    --rounds "$rounds" --listen $((port + 8)) --json >rounds.jsonl 2>err &
crawler=$!
trap 'kill $crawler $lab 2>/dev/null; wait 2>/dev/null; rm -rf "$place"' EXIT INT TERM
python3 "$here/soak.py" $crawler rounds.jsonl heap "$rounds" || fail "$(tail -n 1 err)"
wait $crawler || fail "the crawl ended with status $?"
what="after $rounds rounds"
[ "$(db s.db 'PRAGMA integrity_check')" = ok ] || fail "the database is damaged"
"$kansoku" verify -q --db s.db || fail "verify --db"
