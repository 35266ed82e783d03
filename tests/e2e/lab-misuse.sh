#!/bin/sh
# What serve refuses, with which status, in one line that names it; and that it
# ends cleanly by signal and by itself.
# usage: lab-misuse.sh BUILD
. "$(dirname "$0")/lib.sh"

printf '[world]\nnodes = 100\n' >w.ini
printf '[world]\nnodes = many\n' >bad.ini
ports 8
base=$port

refuses() {	# STATUS WORD ARGUMENT...
	want=$1 word=$2
	shift 2
	"$build/kansoku-lab" serve "$@" >out 2>err </dev/null && got=0 || got=$?
	[ "$got" = "$want" ] || { cat err; fail "serve $*: status $got, want $want"; }
	[ "$(wc -l <err)" = 1 ] || { cat err; fail "serve $*: more than one line"; }
	grep -q -- "$word" err || { cat err; fail "serve $*: does not name $word"; }
	[ ! -s out ] || fail "serve $*: wrote to standard output"
}
refuses 2 --world
refuses 2 no.ini --world no.ini
refuses 2 bad.ini:2 --world bad.ini
refuses 2 nodes --world w.ini --nodes 5
refuses 2 time-scale --world w.ini --time-scale 0
refuses 2 redial --world w.ini --redial 2
refuses 2 operand --world w.ini operand
refuses 1 nowhere/map --world w.ini --port-base "$base" --map-out nowhere/map
refuses 1 nowhere/peers --world w.ini --port-base "$base" --peers-out nowhere/peers
refuses 1 nowhere/truth --world w.ini --port-base "$base" --truth nowhere/truth
refuses 1 nowhere/got --world w.ini --port-base "$base" --capture nowhere/got
python3 -c "import socket, time
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.bind(('0.0.0.0', $base)); s.listen(); print('bound', flush=True); time.sleep(30)" >bound &
holder=$!
owned $holder
until_so 20 test -s bound || fail "nobody holds the port"
refuses 1 "port $base" --world w.ini --port-base "$base"
kill "$holder"
wait "$holder" 2>/dev/null
echo "ok - serve refuses what is wrong"

"$build/kansoku-lab" serve --world w.ini --port-base "$base" --for 300ms >out 2>err ||
    fail "--for: status $?"
grep -q '^ready: [0-9]* nodes' out || fail "no ready line"
lab_starts w.ini 5 --truth truth.jsonl
lab_stops
jq -es 'map(.type) == ["world", "round"]' truth.jsonl >/dev/null || fail "the truth is not whole"
grep -vq '^#' map.txt || fail "an empty map"
echo "ok - serve ends when told, and by itself"
