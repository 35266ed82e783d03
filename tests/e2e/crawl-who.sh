#!/bin/sh
# usage: crawl-who.sh BUILD
#
# What comes over a link that we dialled is filed under the endpoint that was
# dialled, whatever the peer calls itself; what a caller brings under its address
# alone, for its port is its claim.  What is announced is stored beside it, and
# comes out and in again.  Callers are recorded between rounds as well.
. "$(dirname "$0")/lib.sh"
area

# One address, three ports: an honest node, a liar that announces the honest one's
# port, and one that announces a port where nobody is.
honest=$n.1:24601
peers $honest=polite,$n.1:24601 $n.1:24602=polite@24601,$m.1:4001,$m.2:4002 $n.1:24603=polite@31000,$n.1:24601
printf '%s\n' $honest $n.1:24602 $n.1:24603 >list
status "three behind one address" 0 crawl --peers list --scope $n.0/24 --json
same "all are reached" "3 3" "$(jq -r '[.tried, .reached] | join(" ")' out)"
"$kansoku" export --db a.db --observations seen.jsonl || fail "no export"
of() { jq -r "select(.type == \"key\") | \"\\(.peer) \\(.source)\"" seen.jsonl | sort | words; }
same "each delivery under who was dialled" \
    "$honest $honest $n.1:24602 $m.1:4001 $n.1:24602 $m.2:4002 $n.1:24603 $honest" "$(of)"
same "what they announce is beside it" "$honest $honest $n.1:24602 $n.1:24601 $n.1:24603 $n.1:31000" \
    "$(jq -r 'select(.type == "contact") | "\(.node) \(.announced)"' seen.jsonl | sort | words)"
"$kansoku" import -q --db again.db seen.jsonl || fail "no import"
"$kansoku" export --db again.db --observations again.jsonl || fail "no second export"
cmp seen.jsonl again.jsonl || fail "what is announced does not come out as it went in"

# A caller that borrows the honest node's port, while a round is under way and between rounds.
cat >call.py <<'END'
import socket, sys, time
from winny import Sender, Receiver, key
ip, says, port, source = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4].split(":")
s = socket.socket()
s.bind((ip, 0))
s.connect(("127.0.0.1", port))
out, heard = Sender(b"\x05\x06\x07\x08"), Receiver()
for stage in out.greet(ip, says):
    s.sendall(stage)
s.settimeout(20)
codes = []
def hear():
    data = s.recv(4096)
    if not data:
        sys.exit("the link ended after " + str(codes))
    codes.extend(c for c, _ in heard.feed(data))
while 10 not in codes:
    hear()
s.sendall(out.spread([key(source[0], int(source[1]), i) for i in range(4)]))
while 31 not in codes:
    hear()
END
DB=b.db
crawled() { db "SELECT count(*) FROM round WHERE complete" 2>/dev/null | grep -qx "$1"; }
printf '%s\n' $honest >list
"$kansoku" crawl --db b.db --peers list --scope $n.0/24 --scope $n.9/32 --time-scale 20 --listen $port \
    --rounds 2 --round-every 15s --json >out 2>err &
crawler=$!
owned $crawler
until_so 20 crawled 1 || fail "no round is over"
python3 call.py $n.1 24601 $port $o.1:5001 || fail "the caller was not served"
wait $crawler; same "the crawl" 0 $?
same "the call counts for the round that came next" "0 1" "$(jq -r .inbound out | words)"
same "and so do its keys" "1 5" "$(db 'SELECT count(*) FROM delivery JOIN sighting s ON s.id BETWEEN first AND first + n - 1 GROUP BY round' | words)"
same "they are the address's, not the honest node's" "0 4" \
    "$(db "SELECT port, sum(n) FROM delivery JOIN node ON node.id = peer WHERE round = 2 AND port = 0 GROUP BY port" | tr '|' ' ')"
same "the contact has the port that it claims" "24601 0" \
    "$(db "SELECT port, outcome FROM contact JOIN node ON node.id = node WHERE inbound" | tr '|' ' ')"
"$kansoku" verify --db b.db >/dev/null || fail "the log does not cover what came between rounds"

# Stopped before the next round: what was heard is a round of its own, that nobody saw through.
DB=c.db
"$kansoku" crawl --db c.db --peers list --scope $n.0/24 --time-scale 20 --listen $port --round-every 1h \
    >out 2>err &
crawler=$!
owned $crawler
until_so 20 crawled 1 || fail "no round is over"
python3 call.py $n.1 24601 $port $o.1:5001 || fail "the caller was not served"
kill -TERM $crawler
wait $crawler; same "stopped between rounds" 0 $?
same "rounds" "1|1|1 2|0|0" "$(db 'SELECT number, complete, tried FROM round' | words)"
same "its keys" 4 "$(db 'SELECT sum(n) FROM delivery WHERE round = 2')"
"$kansoku" verify --db c.db >/dev/null || fail "the log does not cover the round that was not begun"
"$kansoku" export --db c.db --observations c1.jsonl && "$kansoku" import -q --db d.db c1.jsonl &&
    "$kansoku" export --db d.db --observations c2.jsonl && cmp c1.jsonl c2.jsonl || fail "export, import, export"
