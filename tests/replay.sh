#!/bin/sh
# usage: replay.sh BUILD [DIR]
#
# The calendar of 21 May to 3 July 2010, scaled down and without sockets: a weak
# flood for five weeks, then two bursts.  Simulated, imported, analysed, drawn.
set -eu
build=$1
dir=${2:-$build/replay}
mkdir -p "$dir"
rm -rf "$dir"/replay.db* "$dir"/gallery "$dir"/truth.jsonl "$dir/lines"
db=$dir/replay.db

step() { printf '\n== %s\n' "$*"; }

step "47 days from 18 May 2010, simulated and imported side by side"
mkfifo "$dir/lines"
trap 'rm -f "$dir/lines"' EXIT
"$build"/kansoku-lab simulate --world tests/lab/worlds/s7.ini --days 47 --nodes 500 \
    --jsonl "$dir/lines" --truth "$dir/truth.jsonl" &
lab=$!
"$build"/kansoku import --db "$db" "$dir/lines"
wait $lab

step "analysed"
"$build"/kansoku analyze --db "$db"

step "drawn"
"$build"/kansoku-plot --db "$db" --out "$dir/gallery"
for f in "$dir"/gallery/index.html "$dir"/gallery/nodes-60d.svg; do
	[ -s "$f" ] || { echo "replay: $f was not drawn" >&2; exit 1; }
done

step "what was found, beside the truth, which the analysis has not seen"
status=0
python3 tests/replay_check.py "$build" "$db" "$dir/truth.jsonl" || status=$?
echo
echo "gallery     $dir/gallery/index.html"
echo "chart       $dir/gallery/nodes-60d.svg"
[ $status = 0 ] || { echo "replay: the analysis did not find what it should" >&2; exit 1; }
