#!/bin/sh
# usage: demo.sh BUILD [DIR]
#
# The whole path in about two minutes: a simulated overlay of 3,000 nodes on
# loopback, ten rounds of a census over TCP, a flood of bogus keys from the
# fifth round to the eighth, its discovery, the charts.
set -eu
build=$1
dir=${2:-$build/demo}
scale=150					# the lab's hours pass in seconds
rounds=10 every=10s				# 25 minutes of the lab's time

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

step "a simulated overlay of 3,000 nodes on 127.0.0.0/8"
rm -f "$dir/ready"; mkfifo "$dir/ready"
"$build"/kansoku-lab serve --world tests/lab/worlds/demo.ini --time-scale $scale --for 5m \
    --peers-out "$dir/peers.txt" --map-out "$dir/map.txt" --truth "$dir/truth.jsonl" \
    >"$dir/ready" 2>"$dir/lab.txt" &
lab=$!
read -r ready <"$dir/ready" || { cat "$dir/lab.txt" >&2; exit 1; }
echo "$ready"

step "ten rounds over TCP, begun from $(grep -c . "$dir/peers.txt") known nodes"
"$build"/kansoku crawl --db "$db" --peers "$dir/peers.txt" --lab-map "$dir/map.txt" \
    --scope 127.0.0.0/8 --time-scale $scale --rounds $rounds --round-every $every \
    --sensor demo

step "what was found"
"$build"/kansoku analyze --db "$db"

step "nodes per round"
"$build"/kansoku counts --db "$db"

step "incidents"
"$build"/kansoku incidents --db "$db"

step "what was really so: the lab's truth, which the sensor has not seen"
jq -r 'select(.type == "flood") | "flood \(.flood): \(.kind), rounds \(.first_round) to \(.last_round) of the lab, from \(.node // "no node")"' "$dir/truth.jsonl"

step "charts"
"$build"/kansoku-plot --db "$db" --out "$dir/gallery"
echo "database    $db"
for f in "$dir"/gallery/index.html "$dir"/gallery/*nodes*.svg "$dir"/gallery/*nodes*.png; do
	[ -s "$f" ] || { echo "demo: $f was not drawn" >&2; exit 1; }
	echo "chart       $f"
done
