#!/bin/bash
# What an adversary with the key would change in a bundle: each kind is refused, or named
# as taken on trust (tests/evidence_kit.py has the table).
. "$(dirname "$0")/lib.sh"
set -e
"$build/kansoku-lab" simulate -q --world "$worlds/demo.ini" --days 1 --nodes 300 --jsonl seen.jsonl
export KANSOKU_DB=$place/db
"$kansoku" import -q --db db seen.jsonl
"$kansoku" analyze -q >/dev/null
"$kansoku" keygen -q --key key
"$kansoku" case --incident 1 --add reported --party "a desk" --note "They were told."
"$kansoku" case --incident 1 --add grade-speed --grade 3
"$kansoku" export -q --incident 1 --key key --out older.tar --no-charts
"$kansoku" checkpoint -q --key key --out heads.txt
sed 's/"s1"/"other"/' seen.jsonl | "$kansoku" import -q --db db2 -
"$kansoku" checkpoint -q --db db2 --key key --out others.txt
"$kansoku" export -q --incident 1 --key key --out bundle.tar --no-charts --checkpoints heads.txt
"$kansoku" verify -q bundle.tar older.tar --pub key.pub | grep -q '^both can be true' || fail "two bundles of one log"
"$kansoku" verify -q bundle.tar heads.txt --pub key.pub >/dev/null || fail "a bundle and the checkpoints of its log"
"$tests/evidence_kit.py" "$kansoku" key bundle.tar older.tar others.txt || fail "a bundle lies, and nobody says so"
