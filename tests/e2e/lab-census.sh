#!/bin/sh
# Over a clean lab of 3,000 nodes a crawl reaches every node that can be reached
# by its third round, and counts the holders of files as they truly are.
# usage: lab-census.sh BUILD
. "$(dirname "$0")/lab.inc"

cat >world.ini <<'W'
[world]
nodes = 3000
seed = 5
[population]
silent = 0
port0 = 0
[churn]
session = 0
decline = 0
W
lab_starts world.ini 20 --truth truth.jsonl
crawl --rounds 3 --listen "$(free_ports 1)"
lab_stops

sqlite3 a.db 'SELECT tried, reached FROM round WHERE id = 3' >last ||
    fail "no rounds in the database"
tried=$(cut -d'|' -f1 last) reached=$(cut -d'|' -f2 last)
[ "$tried" = "$reached" ] || fail "round 3: $reached of $tried nodes reached"
holders=$(jq -r 'select(.type == "round") | .holders' truth.jsonl | head -n 1)
instant=$(sqlite3 a.db 'SELECT count(DISTINCT source) FROM key_seen WHERE round = 3') ||
    fail "no keys in the database"
off=$(( (instant - holders) * 1000 / holders ))
[ "$off" -ge -5 ] && [ "$off" -le 5 ] || fail "instant $instant, holders $holders"
echo "ok - $reached of $tried reached; instant $instant, holders $holders"
