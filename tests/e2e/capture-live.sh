#!/bin/sh
# usage: capture-live.sh BUILD
#
# kansoku capture on an interface of a network namespace of its own: links are found as they pass,
# it is confined before the first packet, and a signal ends it with a summary.
. "$(dirname "$0")/lib.sh"
if ! unshare -n true 2>/dev/null; then
	echo "ok: skipped, no network namespace may be made here"
	exit 0
fi
python3 - "$kansoku" <<'EOF' || fail "see above"
import sys
from captures import *
unpack()
EOF
"$kansoku" capture --own-network 198.51.100.0/24 --consent consent --interface absent >out 2>err && fail "absent"
if says err "without libpcap"; then
	echo "ok: skipped, this program was built without libpcap"
	exit 0
fi
same "one line" 2 "$(wc -l <err)"
cat >replay.py <<'EOF'
# One conversation of a capture, between two addresses of this namespace.
import socket, subprocess, sys, threading
sys.path.insert(0, sys.argv[1])
from captures import packets
CLIENT, SERVER, PORTS = bytes([198, 51, 100, 11]), bytes([203, 0, 113, 11]), (37621, 29102)
for a in ("198.51.100.11", "203.0.113.11"):
    subprocess.run(["ip", "address", "add", a + "/32", "dev", "lo"], check=True)
said = {CLIENT: b"", SERVER: b""}
for _, _, p in packets("small.pcap"):
    ports = int.from_bytes(p[34:36], "big"), int.from_bytes(p[36:38], "big")
    if p[12:14] == b"\x08\0" and p[23] == 6 and sorted(ports) == sorted(PORTS):
        end = 14 + int.from_bytes(p[16:18], "big")
        said[p[26:30]] += p[34 + (p[46] >> 4) * 4:end]
listener = socket.create_server(("203.0.113.11", PORTS[1]))
def talk(s, mine, theirs):
    t = threading.Thread(target=s.sendall, args=(said[mine],))
    t.start()
    n = 0
    while n < len(said[theirs]):
        n += len(s.recv(65536))
    t.join()
client = socket.create_connection(("203.0.113.11", PORTS[1]), source_address=("198.51.100.11", 0))
server, _ = listener.accept()
threading.Thread(target=talk, args=(server, SERVER, CLIENT)).start()
talk(client, CLIENT, SERVER)
client.close()
EOF
unshare -n sh -c '
	ip link set lo up
	"$1" capture -v --own-network 198.51.100.0/24 --consent consent --interface lo --db a.db --json \
	    --links l.jsonl >hosts 2>said & pid=$!
	i=0
	until grep -q "listening on lo" said || [ $i -gt 400 ]; do sleep 0.05; i=$((i + 1)); done
	grep Seccomp: /proc/$pid/status >seccomp
	python3 replay.py "$2"
	i=0
	until [ "$(sqlite3 a.db "SELECT count(*) FROM sighting" 2>/dev/null)" = 42 ] || [ $i -gt 400 ]; do
		sleep 0.05; i=$((i + 1))
	done
	kill $pid
	wait $pid
' sh "$kansoku" "$here" || fail "status $? of a run that was told to stop: $(cat said)"
tail -n 1 hosts >last
same "links" 1 "$(jq .links last)"
same "all counted" true "$(jq '.packets == .read + .foreign + .not_ip + .cut + .fragments + .too_deep + .damaged + ([.unknown[]] | add // 0)' last)"
same "dropped" 0 "$(jq .dropped last)"
same "host" '198.51.100.11 handshake 42' "$(head -n 1 hosts | jq -r '"\(.host) \(.level) \(.keys_received)"')"
same "keys" 42 "$(db 'SELECT count(*) FROM sighting')"
same "vantage" 'tap:lo' "$(db 'SELECT name FROM sensor')"
same "record" '"link"' "$(head -n 1 l.jsonl | jq .type)"
# ---- a quiet interface: it ends when it should, by the right of its service alone ----
chmod 755 .
mkdir -m 777 theirs
want=3
if command -v setpriv >/dev/null; then
	as="setpriv --reuid nobody --regid nogroup --clear-groups --inh-caps +net_raw --ambient-caps +net_raw --no-new-privs"
	chmod 644 consent
	cp "$kansoku" ./kansoku && chmod 755 kansoku
else
	as= && cp "$kansoku" ./kansoku
fi
status "a quiet second" $want timeout 60 unshare -n sh -c 'ip link set lo up; exec '"$as"' ./kansoku capture \
    --own-network 198.51.100.0/24 --consent consent --interface lo --for 1s --db theirs/q.db' >out 2>err
grep -q 'lo: no packets' err || fail "a quiet second: $(cat err)"
grep -q confined: said && same "system calls" 2 "$(awk '{ print $2 }' seccomp)"
exit 0
