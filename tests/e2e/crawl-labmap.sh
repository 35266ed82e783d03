#!/bin/sh
# usage: crawl-labmap.sh BUILD
#
# Through a lab map only loopback is dialled, everything above the socket sees
# public addresses, and an address that the map does not know is a timeout.
. "$(dirname "$0")/lib.sh"
area

peers $n.1:24201=polite,58.20.0.2:11002,58.20.9.9:999,10.0.0.1:4000,127.0.0.1:9,$n.2:24202 \
    $n.2:24202=tester,58.20.0.1:11001
cat >map <<END
$n.1:24201 58.20.0.1:11001	# where it is, and what keys call it
$n.2:24202 58.20.0.2:11002
END
echo 58.20.0.1:11001 >list

status "two rounds" 0 crawl --peers list --lab-map map --rounds 2 --json --listen $port
db "SELECT (address >> 24) || '.' || (address >> 16 & 255) || '.' || (address >> 8 & 255) || '.' || (address & 255) ||
    ':' || port || ' ' || outcome FROM contact JOIN node ON node.id = node WHERE round = 2 AND NOT inbound
    ORDER BY address, port" >got
cat >want <<END
10.0.0.1:4000 6
58.20.0.1:11001 0
58.20.0.2:11002 0
58.20.9.9:999 2
127.0.0.1:9 6
$n.2:24202 6
END
diff want got || fail "contacts of round 2"
same "who delivers is public" "58.20.0.1 58.20.0.2" "$(db "SELECT DISTINCT (address >> 24) || '.' || (address >> 16 & 255)
    || '.' || (address >> 8 & 255) || '.' || (address & 255) FROM delivery JOIN node ON node.id = peer ORDER BY address" |
    tr '\n' ' ' | sed 's/ $//')"
tested() { [ "$(jq -r 'select(.test) | .test' log | wc -l)" -ge 1 ]; }
until_so 20 tested || fail "the port was not tested"
same "a port test from a lab address is taken in" held "$(jq -r 'select(.test) | .test' log | sort -u)"
same "the announced port" $port "$(jq -r 'select(.port != null) | .port' log | sort -u)"

printf '127.0.0.1:1 58.0.0.1:1\n8.8.8.8:53 58.0.0.2:1\n' >bad
DB=b.db
status "a map that leaves loopback" 2 crawl --peers list --lab-map bad
grep -q 'bad:2: a lab endpoint lies in 127.0.0.0/8' err || fail "the line is not named"
