#!/bin/sh
# usage: daily-crawl.sh BUILD
#
# kansoku-daily in the middle of a crawl: neither waits for the other, neither complains, and
# no round is lost.
. "$(dirname "$0")/daily.inc"
PYTHONPATH=$tree/tests/e2e
export PYTHONPATH

mkfifo ready rounds
"$build/kansoku-lab" serve --world "$tree/tests/lab/worlds/demo.ini" --nodes 150 --time-scale 150 --for 300s \
    --port-base "$(python3 -c 'import lab_client; print(lab_client.free_ports(8))')" \
    --peers-out peers.txt --map-out map.txt >ready 2>lab.err &
lab=$!
read -r line <ready || { cat lab.err; fail "the lab did not start"; }
"$build/kansoku" crawl -q --db db --peers peers.txt --lab-map map.txt --time-scale 150 --rounds 0 --json \
    >rounds 2>crawl.err &
crawler=$!
exec 8<rounds
next_round() { read -r line <&8 || { cat crawl.err; fail "the crawl has ended"; }; }

next_round
next_round
today=$(date -u -d "@$(($(date +%s) + 9 * 3600))" +%F)
quietly daily --date "$today"
whole out.d/latest
drawn=$(jq .last_round.round out.d/latest/summary.json)
[ "$drawn" -ge 2 ] || fail "the page shows no round of the crawl"
kill -0 $crawler 2>/dev/null || { cat crawl.err; fail "the crawl did not outlast the daily run"; }
next_round
next_round
quietly daily --date "$today"
[ "$(jq .last_round.round out.d/latest/summary.json)" -gt "$drawn" ] || fail "the second page shows no later round"
# A sanitized build says that it is not confined; nothing else may be said.
! grep -v "not wholly confined" crawl.err || fail "the crawl complains"
kill -TERM $crawler
cat <&8 >/dev/null
wait $crawler || { cat crawl.err; fail "the crawl ended with status $?"; }
crawler=
[ "$(sqlite3 db 'SELECT count(*) FROM round WHERE NOT complete AND id < (SELECT max(id) FROM round)')" = 0 ] ||
    fail "a round was lost"
echo "ok: the daily run and the crawl let each other be"
