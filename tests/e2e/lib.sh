# SPDX-License-Identifier: GPL-3.0-or-later
# What the end-to-end tests share.  A script sources it with the build folder in
# $1; it leaves in a fresh folder, which goes away at exit together with the
# processes that the script said it started.  For sh and bash, with set -e or not.
set -u
here=$(cd "$(dirname "$0")" && pwd)
tests=$(dirname "$here")
tree=$(dirname "$tests")
build=$(cd "$1" && pwd)
kansoku=$build/kansoku
worlds=$tests/lab/worlds
place=$(mktemp -d -p "$(test -w /dev/shm && echo /dev/shm || echo "${TMPDIR:-/tmp}")")
own_pids= at_exit=:
trap 'set +e; for p in $own_pids; do kill "$p" 2>/dev/null; done; wait 2>/dev/null; eval "$at_exit"; rm -rf "$place"' EXIT
trap 'exit 130' INT TERM
cd "$place" || exit 1
unset KANSOKU_DB
export PYTHONPATH="$here" PYTHONDONTWRITEBYTECODE=1

# ---- what should be so -------------------------------------------------------

fail() {	# WHAT: and what the programs said last
	echo "FAILED: $*"
	for f in log err out crawl.err lab.err; do [ ! -s "$f" ] || { echo "--- $f"; tail -n 15 "$f"; }; done
	exit 1
}
same() { [ "$2" = "$3" ] || fail "$1: want '$2', got '$3'"; }	# WHAT WANT GOT
status() {	# WHAT WANT COMMAND...
	what=$1 want=$2 got=0; shift 2
	"$@" || got=$?
	[ $got = "$want" ] || fail "$what: status $got, want $want"
}
expect() {	# STATUS WORDS COMMAND...: that status, and these words on the one line of err
	want=$1 words=$2 got=0; shift 2
	"$@" >out 2>err || got=$?
	[ $got = "$want" ] || fail "status $got, not $want: $*"
	grep -qe "$words" err || fail "no word of '$words': $*"
	[ "$(wc -l <err)" -le 1 ] || fail "more than a line: $*"
}
quietly() { "$@" >out 2>err || fail "status $?: $*"; [ ! -s out ] && [ ! -s err ] || fail "not quiet: $*"; }
db() { sqlite3 "${DB:-a.db}" "$@"; }
words() { tr '\n' ' ' | sed 's/ $//'; }				# lines as one

# ---- processes, time, ports ------------------------------------------------------

owned() { own_pids="$own_pids $1"; }	# PID: it ends with the script
until_so() {	# SECONDS COMMAND...: asks until it is so; fails when it is not by then
	end=$(($(date +%s%3N) + $1 * 1000)); shift
	until "$@"; do
		[ "$(date +%s%3N)" -lt $end ] || return 1
		sleep 0.05
	done
}
says() { grep -qe "$2" "$1" 2>/dev/null; }		# FILE PATTERN
gone() { ! kill -0 "$1" 2>/dev/null; }			# PID
ports() {	# N: that many neighbouring ports, ours until the end; $port is the first
	python3 "$here/ports.py" "$1" >ports.held 2>ports.err &
	owned $!
	until_so 20 test -s ports.held || fail "no ports: $(cat ports.err)"
	port=$(cat ports.held)
	rm -f ports.held ports.err
}
area() {	# three ports from $port on, and three /24 of loopback made of them, $n $m $o
	ports 3
	x=$((100 + (port >> 8))) y=$((port & 255))
	n=127.$x.$y m=127.$x.$((y + 1)) o=127.$x.$((y + 2))
}

# ---- scripted peers and a crawl of them -------------------------------------------

peers() {	# SPEC...: scripted peers, see peers.py; they write log
	: >peers.ready
	python3 "$here/peers.py" log "$@" >peers.ready 2>peers.err &
	owned $!
	until_so 20 says peers.ready ready || fail "the peers did not start: $(cat peers.err)"
}
crawl() { "$kansoku" crawl --db "${DB:-a.db}" --time-scale 20 --connect-limit 500ms "$@" >out 2>err; }

# ---- a lab and a crawl of it -----------------------------------------------------------

lab=
lab_starts() {	# WORLD SCALE [OPTION...]: map.txt, peers.txt; its pid in $lab
	world=$1 scale=$2
	shift 2
	ports 9		# the lab's, and one behind them to listen on
	: >lab.out
	"$build/kansoku-lab" serve --world "$world" --time-scale "$scale" --for 300s \
	    --port-base "$port" --map-out map.txt --peers-out peers.txt "$@" >lab.out 2>lab.err &
	lab=$!
	owned $lab
	until_so 30 lab_is_up || fail "the lab did not start"
	says lab.out ^ready: || fail "the lab did not start"
	free_port=$((port + 8))
}
lab_is_up() { says lab.out ^ready: || gone "$lab"; }
lab_stops() {
	kill -INT "$lab"
	wait "$lab" || fail "the lab ended with status $?"
	lab=
}
crawl_lab() {	# [OPTION...]: the lab that runs
	"$kansoku" crawl --db a.db --peers peers.txt --lab-map map.txt --time-scale "$scale" "$@" \
	    2>crawl.err || fail "crawl ended with status $?"
}

# ---- the daily run ---------------------------------------------------------------------

# kansoku-daily finds its programs beside itself; PNG is what takes long, and is not at stake.
programs() {	# DIR [COMMAND BEFORE THE PLOT]
	mkdir "$1"
	cp "$tree/plots/kansoku-daily" "$1"
	ln -s "$build/kansoku" "$1/kansoku"
	printf '#!/bin/sh\n%s\nexec %s "$@" --format svg\n' "${2:-}" "$build/kansoku-plot" >"$1/kansoku-plot"
	chmod +x "$1/kansoku-plot"
}
# Their data are of 2010; the stale ones are daily-clock.sh's.
daily() { bin/kansoku-daily --db db --out out.d --stale 0 "$@"; }
state() { (cd "$1" && find . -type l -printf '%p -> %l\n' | sort && find . -type f ! -name .lock -exec sha256sum {} + | sort -k 2); }
whole_set() {	# DIR: its index is whole, and names nothing that is not there
	grep -q '</html>' "$1/index.html" || fail "$1/index.html is cut short"
	grep -oE '(src|srcset|href)="[^"#]+' "$1"/*.html | sed 's/.*="//' | sort -u |
	while read -r name; do [ -f "$1/$name" ] || fail "$1 lacks $name"; done
}
observe() {	# NODES: seen.jsonl, rounds of 25 minutes from 1 July 20:00 to 4 July 19:40 in Japan
	"$build/kansoku-lab" simulate -q --world "$worlds/demo.ini" --days 3 --nodes "$1" --jsonl seen.jsonl
}
