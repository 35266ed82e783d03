#!/bin/sh
# usage: demo-mainline.sh BUILD [DIR]
#
# The whole path on an overlay by datagrams, in about two minutes: a simulated DHT of 400 nodes on
# loopback, six rounds of all of it, a node that names holders at random addresses from the third
# round on, its discovery, the charts.
set -eu
build=$1
dir=${2:-$build/demo-mainline}
scale=150					# the lab's hours pass in seconds
rounds=6 every=12s				# 30 minutes of the lab's time

mkdir -p "$dir"
rm -rf "$dir"/demo.db* "$dir"/gallery "$dir"/*.txt "$dir"/*.jsonl
db=$dir/demo.db
lab=

end() {						# only the lab that we started
	status=$?
	[ -z "$lab" ] || { kill -INT "$lab" 2>/dev/null && wait "$lab" || true; }
	rm -f "$dir/ready"
	exit $status
}
trap end EXIT
trap 'exit 130' INT TERM

step() { printf '\n== %s\n' "$*"; }

step "a simulated DHT of 400 nodes on 127.0.0.0/8, half of all contacts dead"
rm -f "$dir/ready"; mkfifo "$dir/ready"
"$build"/kansoku-lab serve --overlay mainline --world tests/lab/worlds/mainline/demo.ini --time-scale $scale --for 5m \
    --no-limits --peers-out "$dir/peers.txt" --map-out "$dir/map.txt" --map-for 12h --truth "$dir/truth.jsonl" \
    >"$dir/ready" 2>"$dir/lab.txt" &
lab=$!
read -r ready <"$dir/ready" || { cat "$dir/lab.txt" >&2; exit 1; }
echo "$ready"

step "six rounds over UDP, begun from $(grep -c . "$dir/peers.txt") known nodes"
"$build"/kansoku crawl --db "$db" --overlay mainline --peers "$dir/peers.txt" --lab-map "$dir/map.txt" \
    --scope 127.0.0.0/8 --time-scale $scale --rounds $rounds --round-every $every --zone 0 --panel 1/1 \
    --sensor demo

step "what was found"
"$build"/kansoku analyze --db "$db"

step "nodes and holders per round: two populations, never added"
"$build"/kansoku counts --db "$db"

step "incidents"
"$build"/kansoku incidents --db "$db"

step "what was really so: the lab's truth, which the sensor has not seen"
jq -r 'select(.type == "anomaly") | "\(.variant) \(.kind), rounds \(.first_round) to \(.last_round // "the end") of the lab"' "$dir/truth.jsonl"
jq -r 'select(.type == "member") | "by \(.node)"' "$dir/truth.jsonl"

step "charts"
"$build"/kansoku-plot --db "$db" --out "$dir/gallery"
echo "database    $db"
for f in "$dir"/gallery/index.html "$dir"/gallery/*nodes*.svg "$dir"/gallery/*nodes*.png; do
	[ -s "$f" ] || { echo "demo: $f was not drawn" >&2; exit 1; }
	echo "chart       $f"
done
liar=$(jq -r 'select(.type == "member") | .node' "$dir/truth.jsonl")
"$build"/kansoku incidents --db "$db" | grep -qF " 1. $liar " || { echo "demo: $liar was not found" >&2; exit 1; }
