#!/bin/sh
# usage: crawl-crowd.sh BUILD
#
# Callers without manners get no place; a crowded /24 gets its turn, a few at a
# time; and few descriptors are enough.
. "$(dirname "$0")/lib.sh"
area

all=
: >list
for i in 1 2 3 4 5 6 7 8; do
	all="$all $n.$i:24901=polite,$n.1:24901"
	echo "$n.$i:24901" >>list
done
peers $all

status "two at once in a /24" 0 crawl --peers list --scope $n.0/24 --net-sessions 2 --json
same "all are visited" "8 8" "$(jq -r '[.tried, .reached] | join(" ")' out)"
same "at most two at once" 2 "$(jq -r .peak_links out)"

( ulimit -n 40; status "40 descriptors" 0 crawl --peers list --scope $n.0/24 --json --rounds 2 ) || exit 1
grep -q 'at most 16 links at once' err || fail "sessions do not follow the descriptors"
! grep -q 'short of something' err || fail "what is kept aside is not enough"

cat >crowd.py <<'END'
import socket, sys, time
kept = []
for i in range(300):
    s = socket.socket()
    s.bind((sys.argv[1], 0))
    try:
        s.connect(("127.0.0.1", int(sys.argv[3])))
    except OSError:
        continue
    kept.append(s)
time.sleep(float(sys.argv[2]))
END
DB=b.db
"$kansoku" crawl --db b.db --scope $n.0/24 --scope $m.0/24 --time-scale 20 --peers list --listen $port \
    --rounds 4 --round-every 700ms --json >out 2>err &
crawler=$!
owned $crawler
until_so 20 says err 'known nodes' || fail "the crawl did not begin"
python3 crowd.py $m.1 1.5 $port &
python3 crowd.py $o.1 1.5 $port &
wait $crawler; same "the crawl goes on" 0 $?
same "each round as if nothing were" "8 8 8 8" "$(jq -r .reached out | words)"
[ "$(jq -s 'map(.peak_links) | max' out)" -le 16 ] || fail "a crowd took $(jq -s 'map(.peak_links) | max' out) places"
same "silence leaves no row" 0 "$(db 'SELECT count(*) FROM contact WHERE inbound')"
