#!/bin/sh
# usage: crawl-outcomes.sh BUILD
#
# Every way in which a visit can end gets its one outcome; keys and nothing else
# lead to the next list; the sensor says only what it may and one port.
. "$(dirname "$0")/lib.sh"
area

peers $n.1:24001=polite,$n.2:24002,$n.30:24030,$m.1:24099 $n.2:24002=polite,$n.1:24001 \
    $n.3:24003=silent $n.4:24004=garbage $n.5:24005=endless $n.6:24006=told33 \
    $n.7:24007=refuser $n.8:24008=deaf $n.10:24010=reset $n.11:24011=close0 \
    $n.12:24012=close1 $n.13:24013=close2 $n.14:24014=close3 $n.15:24015=close4 \
    $n.16:24016=close5 $n.17:24017=early33 $n.18:24018=bitwise,$n.1:24001 \
    $n.19:24019=told31 $n.20:24020=told35 $n.21:24021=told37 $n.30:24030=polite
{ echo "# nodes to begin with"
for i in 1 3 4 5 6 7 8 10 11 12 13 14 15 16 17 18 19 20 21; do printf "$n.$i:240%02d\n" $i; done
echo "$n.9:24009"
echo "not a node"; } >list

status "two rounds" 0 crawl --peers list --scope $n.0/24 --rounds 2 --json
grep -q '^kansoku: list:22: not a node: ' err || fail "the bad line is not named"

# round node outcome command, of round 1 and of the nodes that round 1 led to
db "SELECT (address & 255) || ' ' || outcome || ' ' || ifnull(command, '-') FROM contact JOIN node
    ON node.id = node WHERE round = 1 ORDER BY address & 255" >got
cat >want <<END
1 0 -
3 2 -
4 4 -
5 0 -
6 0 33
7 0 31
8 2 -
9 1 -
10 3 -
11 3 -
12 3 -
13 3 -
14 3 -
15 3 -
16 0 -
17 5 33
18 0 -
19 0 31
20 0 35
21 0 37
END
diff want got || fail "outcomes of round 1 (0 ok, 1 refused, 2 timeout, 3 reset, 4 bad handshake, 5 dropped)"
same "round 2 visits the sources of round 1" "0 0" \
    "$(db "SELECT group_concat(outcome, ' ') FROM contact JOIN node ON node.id = node
	WHERE round = 2 AND (address & 255) IN (2, 30) AND outcome = 0")"
same "a source outside the scope is excluded" 6 \
    "$(db "SELECT outcome FROM contact JOIN node ON node.id = node WHERE round = 2 AND port = 24099")"
same "neighbours are logged" 62 "$(db 'SELECT count(*) FROM neighbour')"
same "neighbours never lead anywhere" 0 \
    "$(db "SELECT count(*) FROM contact JOIN node ON node.id = node WHERE address >> 8 = $((127 << 16 | 88 << 8))")"
same "tried and reached" "20 9" "$(db 'SELECT tried, reached FROM round WHERE id = 1' | tr '|' ' ')"
same "JSON agrees" "1 20 9 20" "$(jq -r 'select(.round == 1) |
    [.round, .tried, .reached, .listed] | join(" ")' out)"
same "one outcome a node" "20 20" "$(jq -r 'select(.round == 1) | [.listed, (.outcomes | add)] | join(" ")' out)"

# The peers write their log when a link has ended.
ended() { [ "$(jq -r .called log | grep -c "$n.30:")" = 1 ] && [ "$(jq -r .called log | grep -c "$n.1:")" = 2 ]; }
until_so 20 ended || fail "the peers' log is not whole"
same "only permitted commands" "0 1 2 3 10 31 97" \
    "$(jq -r '.codes[]?' log | sort -nu | words)"
same "one port, and it says that it cannot be dialled" "31907 1" \
    "$(jq -r 'select(.port != null) | [.port, .type[1]] | join(" ")' log | sort -u)"
same "each node once a round" "" "$(jq -r .called log | sort | uniq -c | awk '$1 > 2')"
