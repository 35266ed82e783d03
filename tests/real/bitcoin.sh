#!/bin/bash
# usage: bitcoin.sh BUILD [install]
#
# The sensor against genuine nodes: litecoind of Debian on regtest, with tables of addresses
# that are known, and one scripted liar; some minutes.  Held against what the nodes say of
# themselves over RPC: who is there, what each has in its table, how old that is by its own
# clock, what it got from us, and whether it bans us.
set -eu
if [ "${2:-}" = install ]; then
	exec apt-get install -y --no-install-recommends litecoind iproute2 jq sqlite3
fi
for p in litecoind litecoin-cli sqlite3 jq ip; do
	command -v $p >/dev/null || { echo "make real: $p is missing; \"make real-deps\" installs it" >&2; exit 1; }
done
here=$(cd "$(dirname "$0")" && pwd) kansoku=$(cd "$1" && pwd)/kansoku n=${NODES:-8}
[ -z "$(ip -o link show up)" ] || { echo "make real: this is no empty network namespace" >&2; exit 1; }
dir=$(mktemp -d)
export HOME=$dir			# the client's default folder, whatever it makes there
own=
trap 'for p in $own; do kill "$p" 2>/dev/null || :; done; wait; rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM
cd "$dir"
ip link set lo up
ip route add local 44.0.0.0/8 dev lo
bad=0
ok() { if [ "$2" = "$3" ]; then echo "ok - $1: $3"; else echo "not ok - $1: want $2, got $3"; bad=1; fi; }
db() { sqlite3 a.db "$@"; }
until_so() {	# SECONDS COMMAND...
	end=$(($(date +%s) + $1)); shift
	until "$@"; do [ "$(date +%s)" -lt $end ] || return 1; read -rt 0.2 <> <(:) || :; done
}

# ---- the overlay: each node in a /16 of its own, with the others and 30 strangers in its table ---
rpc() { i=$1; shift; litecoin-cli -datadir="$dir/n$i" -regtest -rpcport=$((20000 + i)) -rpcuser=u -rpcpassword=p "$@"; }
answers() { rpc "$1" getblockcount >/dev/null 2>&1; }
for i in $(seq "$n"); do
	mkdir "n$i"
	litecoind -regtest -datadir="$dir/n$i" -bind="44.$i.0.1:19444" -externalip="44.$i.0.1" -rpcport=$((20000 + i)) \
	    -rpcuser=u -rpcpassword=p -dnsseed=0 -listenonion=0 -discover=0 -disablewallet -maxtipage=999999999 \
	    -printtoconsole=0 -connect=0 -listen=1 &
	own="$own $!"
done
for i in $(seq "$n"); do
	until_so 60 answers "$i" || { echo "real: node $i did not start" >&2; exit 1; }
	for j in $(seq "$n"); do [ "$j" = "$i" ] || rpc "$i" addpeeraddress "44.$j.0.1" 19444 >>added; done
	for k in $(seq 30); do rpc "$i" addpeeraddress "20.$i.$k.1" 8333 >>added; done
	rpc "$i" getnodeaddresses 1000 | jq -r --arg i "$i" '.[] | [$i, .address, .port, .time, .services] | @tsv' >>truth.tsv
done
# The clocks of every other node are two hours ahead by now, so that its table is old by them.
ahead() { for i in $(seq 1 2 "$n"); do rpc "$i" setmocktime $(($(date +%s) + 7200)) || return; done; }
ahead
(trap 'exit 0' TERM; while ahead; do read -rt 2 <> <(:) || :; done) 2>/dev/null &
own="$own $!"
python3 "$here/bitcoin_liar.py" 44.200.0.1 19444 fabfb5da >liar.log &
own="$own $!"
until_so 20 grep -q ready liar.log
{ for i in $(seq "$n"); do echo "44.$i.0.1:19444"; done; echo 44.200.0.1:19444; } >peers
echo "$n nodes, $(wc -l <truth.tsv) addresses in their tables, one liar"

# ---- watched, and links held ----------------------------------------------------------------------
began=$(date +%s)
"$kansoku" crawl --db a.db --overlay litecoin --network regtest --peers peers --scope 44.0.0.0/8 --hold "$((n + 1))" \
    --rounds 2 --round-every 180s --dial-rate 20 --no-sandbox --json >rounds.json 2>crawl.log &
crawl=$!
own="$own $crawl"
contacted() { [ "$(rpc "$1" getpeerinfo | jq '[.[] | select(.inbound)] | length')" -ge 1 ]; }
for i in $(seq "$n"); do until_so 90 contacted "$i" || :; done
echo "every node has a link $(($(date +%s) - began)) s after the start"
until_so 200 grep -q '"round":1,' rounds.json || :
# Long enough into the second round for every held link to have had its answer and a ping.
until_so 120 test "$(date +%s)" -ge $((began + 270)) || :
for i in $(seq "$n"); do
	rpc "$i" getpeerinfo >"info.$i"
	rpc "$i" listbanned >"banned.$i"
done
wait $crawl || { cat crawl.log; echo "not ok - the crawl failed"; exit 1; }

# ---- held against the truth ----------------------------------------------------------------------------
python3 - <<'P' >truth.sql
import ipaddress
print("CREATE TEMP TABLE truth (node INTEGER, address INTEGER, port INTEGER, time INTEGER, services TEXT);")
for line in open("truth.tsv"):
    node, address, port, time, services = line.split()
    print(f"INSERT INTO truth VALUES ({node}, {int(ipaddress.ip_address(address))}, {port}, {time}, '{int(services):x}');")
P
truth() { { cat truth.sql; echo "$1;"; } | db; }		# SQL: with what the tables hold
told="FROM neighbour AS b JOIN claim AS c ON c.id = b.claim JOIN node AS x ON x.id = c.node JOIN node AS p ON p.id = b.peer"
honest="p.address >> 16 <> (44 << 8 | 200)"
ok "nodes met, with agent, services and protocol" "$n" "$(db "SELECT count(DISTINCT c.node) FROM contact AS c
    WHERE outcome = 0 AND agent = '/LitecoinCore:0.21.2.1/' AND services = '1000409' AND version = 70016")"
ok "each tells its own address" "$n" "$(db "SELECT count(DISTINCT p.id) $told WHERE b.own AND x.id = p.id AND $honest")"
ok "an answer of each" "$n" "$(db "SELECT count(DISTINCT p.id) $told WHERE $honest AND NOT b.own")"
ok "told and in no table" 0 "$(truth "SELECT count(*) $told WHERE $honest AND NOT b.own AND NOT EXISTS (SELECT 1 FROM truth AS t WHERE t.address = x.address
	AND t.port = x.port AND t.node = (p.address >> 16 & 255))")"
ok "told with another time or services than in the table" 0 "$(truth "SELECT count(*) $told JOIN truth AS t ON t.address = x.address AND t.port = x.port AND t.node = (p.address >> 16 & 255)
	WHERE NOT b.own AND (t.time <> b.time OR t.services <> c.services)")"
ok "told by nodes that are two hours ahead, and taken for news" 0 \
    "$(db "SELECT count(*) $told WHERE $honest AND NOT b.own AND b.fresh AND (p.address >> 16 & 1)")"
ok "of what the others told, not taken for news in its first minutes" 0 "$(db "SELECT count(*) $told WHERE $honest
    AND NOT b.own AND NOT b.fresh AND NOT (p.address >> 16 & 1) AND b.t_ms / 1000 - b.time < 780")"
ok "clocks that are two hours ahead" $(((n + 1) / 2)) "$(db "SELECT count(DISTINCT node) FROM contact WHERE clock_offset > 7000000")"
ok "what the liar told of 10.1.1.71" 1 "$(db "SELECT count(DISTINCT p.id) $told WHERE x.address = 167838023")"
ok "and that is the liar" 0 "$(db "SELECT count(*) $told WHERE x.address >> 24 = 10 AND $honest")"
ok "its times ahead are no news" 0 "$(db "SELECT count(*) $told WHERE NOT ($honest) AND b.time > b.t_ms / 1000 + 600 AND b.fresh")"
ok "links held in the second round" "$((n + 1))" "$(db "SELECT count(*) FROM contact AS c JOIN round AS r ON r.id = c.round
    WHERE r.number = 2 AND held > 0 AND outcome = 0")"
ok "links that a node ended" 0 "$(db "SELECT count(*) FROM contact WHERE outcome = 5")"
ok "nodes that ban somebody" 0 "$(cat banned.* | jq length | awk '{ n += $1 } END { print n }')"
ok "messages that the nodes got from us" "getaddr pong sendaddrv2 verack version" \
    "$(jq -r '.[] | select(.inbound) | .bytesrecv_per_msg | keys[]' info.* | sort -u | tr '\n' ' ' | sed 's/ $//')"
ok "links of ours to a node, at most" 1 "$(jq '[.[] | select(.inbound)] | length' info.* | sort -n | tail -n 1)"
db "SELECT 'entries stored', count(*) $told"
exit $bad
