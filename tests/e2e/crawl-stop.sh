#!/bin/sh
# usage: crawl-stop.sh BUILD
#
# Signals, a second crawl, kill -9: the round that was cut is never counted, and
# the next crawl goes on from what the database knows.
. "$(dirname "$0")/lib.sh"
area

peers $n.1:24301=polite,$n.2:24302,$n.3:24303 $n.2:24302=polite,$n.1:24301 $n.3:24303=silent
printf "$n.1:24301\n$n.3:24303\n" >list
start() {	# a crawl in the background that waits for the silent node; $crawler is its pid
	asked=$(grep -c "^$n.1:" log.asked)
	"$kansoku" crawl --db a.db --scope $n.0/24 --time-scale 4 "$@" >out 2>err &
	crawler=$!
	owned $crawler
}
begin() {	# and it has asked the polite node
	start "$@"
	until_so 20 visited || fail "the polite node was not visited"
}
visited() { [ "$(grep -c "^$n.1:" log.asked)" -gt "$asked" ]; }

status "round 1" 0 crawl --peers list --scope $n.0/24

begin --peers list
status "a second crawl does not wait" 75 crawl --peers list --scope $n.0/24
grep -q 'another crawl' err || true
kill -TERM $crawler
wait $crawler; same "SIGTERM is a clean end" 0 $?
same "its round is incomplete" "1 0" "$(db 'SELECT group_concat(complete, " ") FROM round')"
same "it says when it ended and what came of it" "1 1" "$(db 'SELECT end_ms > start_ms, reached > 0 AND reached = tried
    FROM round WHERE id = 2' | tr '|' ' ')"
same "so does status" 1 "$("$kansoku" status --db a.db | grep -c '^incomplete *2, .* to .* reached [12] of [12] tried')"
ended() { [ "$(jq -r .called log | grep -c "^$n.1:")" = 2 ]; }
until_so 20 ended || fail "the link was not ended"
same "goodbye was said" 31 "$(jq -c 'select(.called == "'$n.1:24301'") | .codes' log | tail -n 1 | jq '.[-1]')"

begin --peers list
kill -HUP $crawler
wait $crawler; same "a terminal that goes away is a clean end" 0 $?
grep -q 'Hangup: ending the round' err || fail "SIGHUP: $(cat err)"
(trap '' HUP; begin --peers list; kill -HUP $crawler; kill -TERM $crawler
    wait $crawler; grep -q 'Hangup' err && fail "nohup does not help"; grep -q 'Terminated: ending' err) ||
    fail "under nohup: $(cat err)"

begin --peers list
kill -INT $crawler; sleep 0.05; kill -INT $crawler 2>/dev/null
wait $crawler; got=$?
[ $got = 130 ] || [ $got = 0 ] || fail "the second SIGINT ends at once: status $got"

begin --peers list
kill -KILL $crawler
wait $crawler 2>/dev/null
status "status after kill -9" 0 "$kansoku" status --db a.db >/dev/null
same "the database is whole" ok "$(db 'PRAGMA integrity_check')"
same "no half round is counted" 1 "$(db 'SELECT count(*) FROM round WHERE complete')"

# No peers file: the sources of round 1 and who answered are known.
last=$(db 'SELECT max(id) FROM round')
status "on from the database" 0 crawl --scope $n.0/24
same "numbering goes on" "$((last + 1)) 1" "$(db 'SELECT id, complete FROM round ORDER BY id DESC LIMIT 1' | tr '|' ' ')"
same "the list of round 1's sources and of who answered" "1 2 3" "$(db "SELECT group_concat(d, ' ') FROM
    (SELECT address & 255 AS d FROM contact JOIN node ON node.id = node WHERE round = $((last + 1)) ORDER BY d)")"

# Rounds on a period: the next start is waited for, and a stop in between is at once.
complete() { db 'SELECT count(*) FROM round WHERE complete'; }
before=$(complete)
more() { [ "$(complete)" -gt "$before" ]; }
start --round-every 30s --visit-limit 300ms
until_so 20 more || fail "the round did not end"
kill -TERM $crawler
wait $crawler; same "a stop between rounds" 0 $?
same "the round before it is complete" 1 "$(db 'SELECT complete FROM round ORDER BY id DESC LIMIT 1')"
