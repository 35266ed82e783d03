#!/bin/sh
# usage: daily-crawl.sh BUILD
#
# kansoku-daily in the middle of a crawl: neither waits for the other, neither complains, and
# no round is lost.
. "$(dirname "$0")/lib.sh"
set -e
programs bin

mkfifo rounds
lab_starts "$worlds/demo.ini" 150 --nodes 150
"$build/kansoku" crawl -q --db db --peers peers.txt --lab-map map.txt --time-scale 150 --rounds 0 --json \
    >rounds 2>crawl.err &
crawler=$!
owned $crawler
exec 8<rounds
next_round() { read -r line <&8 || fail "the crawl has ended"; }

next_round
next_round
today=$(date -u -d "@$(($(date +%s) + 9 * 3600))" +%F)
quietly daily --date "$today"
whole_set out.d/latest
drawn=$(jq .last_round.round out.d/latest/summary.json)
[ "$drawn" -ge 2 ] || fail "the page shows no round of the crawl"
kill -0 $crawler 2>/dev/null || fail "the crawl did not outlast the daily run"
next_round
next_round
quietly daily --date "$today"
[ "$(jq .last_round.round out.d/latest/summary.json)" -gt "$drawn" ] || fail "the second page shows no later round"
# A sanitized build says that it is not confined; nothing else may be said.
! grep -v "not wholly confined" crawl.err || fail "the crawl complains"
kill -TERM $crawler
cat <&8 >/dev/null
wait $crawler || fail "the crawl ended with status $?"
[ "$(sqlite3 db 'SELECT count(*) FROM round WHERE NOT complete AND id < (SELECT max(id) FROM round)')" = 0 ] ||
    fail "a round was lost"
echo "ok: the daily run and the crawl let each other be"
