#!/bin/sh
# usage: crawl-metrics.sh BUILD
#
# What a crawl tells monitors: a file in Prometheus' format after each round, which promtool takes
# and whose numbers are those of the rounds, and to the service manager that it is ready, how it
# goes and that it is alive.  Both work confined.
. "$(dirname "$0")/lib.sh"
set -e
lab_starts "$worlds/clean.ini" 30 --nodes 120
mkdir public
cat >manager.py <<'END'
import os, socket, subprocess, sys
with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
    name = sys.argv[1]
    s.bind("\0" + name[1:] if name[0] == "@" else name)
    s.settimeout(0.1)
    env = dict(os.environ, NOTIFY_SOCKET=name, WATCHDOG_USEC="200000")
    crawl = subprocess.Popen(sys.argv[2:], env=env)
    said, over = [], False
    while not over:
        over = crawl.poll() is not None
        try:
            while True:
                said.append(s.recv(4096).decode())
        except TimeoutError:
            pass
    print("\n".join(said))
    sys.exit(crawl.returncode)
END
python3 manager.py "$PWD/notify" "$kansoku" crawl --db a.db --peers peers.txt --lab-map map.txt --time-scale "$scale" \
    --rounds 2 --json --sensor 'ea"st' --metrics public/crawl.prom >said 2>crawl.err || fail "the crawl ended with status $?"
says said '^READY=1$' || fail "the manager was not told that it is ready"
says said '^WATCHDOG=1$' || fail "no sign of life"
says said '^STATUS=round 2: .* nodes reached, .* keys; began 20' || fail "no status line"
says crawl.err 'round 2: .*; began 20[0-9-]*T[0-9:.]*Z$' || fail "the round's line has no time"
same "who may read it" 644 "$(stat -c %a public/crawl.prom)"
same "nothing else is left there" crawl.prom "$(ls public)"

# ---- the numbers ----
grep '^{' said | jq -s . >rounds.json
value() { sed -n "s/^kansoku_$1 //p" public/crawl.prom; }
l='{sensor="ea\\"st",overlay="winny"'
same "rounds" 2 "$(value "crawl_rounds_total$l,result=\"complete\"}")"
same "keys of both rounds" "$(jq 'map(.keys) | add' rounds.json)" "$(value "crawl_records_total$l,channel=\"key\"}")"
same "reached in the last" "$(jq '.[1].reached' rounds.json)" "$(value "crawl_round_nodes$l,state=\"reached\"}")"
same "contacts of both" "$(jq 'map(.outcomes.ok) | add' rounds.json)" "$(value "crawl_contacts_total$l,outcome=\"ok\"}")"
same "lengths add up" 2 "$(value "crawl_round_duration_seconds_bucket$l,le=\"+Inf\"}")"
[ "$(grep -vc '^#' public/crawl.prom)" = "$(grep -c '{sensor="ea\\"st",overlay="winny"[,}]' public/crawl.prom)" ] || fail "a series without labels"
if command -v promtool >/dev/null; then
	promtool check metrics <public/crawl.prom >out 2>err || fail "promtool: $(cat out err)"
	[ ! -s out ] && [ ! -s err ] || fail "promtool: $(cat out err)"
else
	echo "promtool is not installed: not asked"
fi

# ---- an abstract socket, no manager, and a folder that is not there ----
python3 manager.py "@kansoku-$$" "$kansoku" crawl --db a.db --lab-map map.txt --time-scale "$scale" --rounds 1 >said 2>crawl.err || fail "abstract"
says said '^READY=1$' || fail "an abstract socket"
NOTIFY_SOCKET=/absent/socket crawl_lab --rounds 1
expect 2 "metrics absent/x.prom: No such file" "$kansoku" crawl --db a.db --lab-map map.txt --metrics absent/x.prom
lab_stops
echo "ok: metrics and the service manager"
