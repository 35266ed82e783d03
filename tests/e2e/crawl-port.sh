#!/bin/sh
# usage: crawl-port.sh BUILD
#
# One port for the life of a database; a peer that tests it finds it open; what
# an inbound peer pushes is logged as inbound.
. "$(dirname "$0")/lib.sh"
area

peers $n.1:24401=tester,$n.1:24401 $n.2:24402=caller,$n.2:24402
printf "$n.1:24401\n$n.2:24402\n" >list

status "with a listener" 0 crawl --peers list --scope $n.0/24 --listen $port --rounds 2 --json
ended() { [ "$(wc -l <log)" -ge 6 ]; }	# two links a round, and a line for each test
until_so 20 ended || fail "the peers' log is not whole"
same "port tests" "held held" "$(jq -r 'select(.test) | .test' log | words)"
same "announced" "$port 0" "$(jq -r 'select(.port != null) | [.port, .type[1]] | join(" ")' log | sort -u)"
same "tests are no calls, calls are logged" "2 2" \
    "$(jq -s -r '[(map(.port_tests) | add), (map(.inbound) | add)] | join(" ")' out)"
same "the caller by its announced port" "$((127 << 24 | x << 16 | y << 8 | 2)) 24402" \
    "$(db 'SELECT DISTINCT address, port FROM contact JOIN node ON node.id = node WHERE inbound' | tr '|' ' ')"

status "another port" 2 crawl --peers list --scope $n.0/24 --listen $((port + 1))
grep -q -- "--listen $((port + 1)): a.db was begun with $port" err || fail "no reason is given"
status "no port" 2 crawl --peers list --scope $n.0/24
status "the port that it has" 0 crawl --peers list --scope $n.0/24 --listen $port
same "stored" $port "$(db "SELECT listen_port FROM sensor")"
DB=b.db
status "without a listener" 0 crawl --peers list --scope $n.0/24
same "stored as" 0 "$(db "SELECT listen_port FROM sensor")"
status "a listener later" 2 crawl --peers list --scope $n.0/24 --listen $port
grep -q -- "--sensor NAME begins another sensor" err || fail "no way out is given"
status "another sensor with one" 0 crawl --peers list --scope $n.0/24 --listen $port --sensor door
same "each keeps its own" "0 $port" "$(db "SELECT listen_port FROM sensor ORDER BY id" | words)"
