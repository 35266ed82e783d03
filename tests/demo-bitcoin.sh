#!/bin/sh
# usage: demo-bitcoin.sh BUILD [DIR]
#
# The flood of addresses of July 2021 in small, in less than two minutes: four days of gossip
# among 1,500 simulated nodes of five networks, as a sensor with 128 held links records it; its
# discovery, its size, the counts without it, the charts.  Nothing goes over any socket.
set -eu
build=$1
dir=${2:-$build/demo-bitcoin}
world=tests/lab/worlds/bitcoin/flood-2021.ini
days=4

mkdir -p "$dir"
rm -rf "$dir"/demo.db* "$dir"/gallery "$dir"/*.jsonl
db=$dir/demo.db

step() { printf '\n== %s\n' "$*"; }

step "$days days of address gossip among 1,500 simulated nodes, and a flood from the 36th hour to the 60th"
"$build"/kansoku-lab simulate --overlay bitcoin --world $world --days $days --jsonl "$dir/seen.jsonl" --truth "$dir/truth.jsonl"
"$build"/kansoku import --db "$db" "$dir/seen.jsonl"

step "what was found"
"$build"/kansoku analyze --db "$db"
"$build"/kansoku incidents --db "$db"

step "nodes in 24 hours, as told and without what is judged made up: before, during, after"
for round in 60 100 190; do
	"$build"/kansoku counts --db "$db" --round $round --format csv | cut -d, -f1,2,9,12 | tail -n "$([ $round = 60 ] && echo 2 || echo 1)"
done

step "by network, when the flood is over"
"$build"/kansoku counts --db "$db" --networks --round 120

step "what was really so: the lab's truth, which the sensor has not seen"
jq -rs '([.[] | select(.type == "bogus")] | length) as $n | .[] | select(.type == "flood") |
	"flood \(.flood): \(.kind), rounds \(.first_round) to \(.last_round), \($n) made-up addresses"' "$dir/truth.jsonl"
jq -r 'select(.type == "round" and (.round == 60 or .round == 100 or .round == 190)) | "round \(.round): \(.seen_day_keys) honest nodes were told of in 24 hours"' "$dir/truth.jsonl"

step "charts"
"$build"/kansoku-plot --db "$db" --out "$dir/gallery"
echo "database    $db"
for f in "$dir"/gallery/index.html "$dir"/gallery/*nodes*.svg "$dir"/gallery/*nodes*.png; do
	[ -s "$f" ] || { echo "demo-bitcoin: $f was not drawn" >&2; exit 1; }
	echo "chart       $f"
done
