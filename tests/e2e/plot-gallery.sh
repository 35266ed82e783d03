#!/bin/sh
# usage: plot-gallery.sh BUILD
#
# The gallery of a database: whole, well-formed, self-contained, the same from the
# same data; hostile words stay words; what cannot be drawn leaves what is there.
. "$(dirname "$0")/lib.sh"
set -e
plot=$build/kansoku-plot tmp=$place
made() { python3 "$here/plot_db.py" "$build" "$@"; }
check_files() {	# DIR: every file is whole and of its kind
	for f in "$1"/*.svg; do xmllint --noout "$f" || fail "$f is no XML"; done
	jq -e .sentence "$1/summary.json" >/dev/null || fail "summary.json"
	ls "$1" | grep -q '\.part$' && fail "something half-made was left in $1"
	if grep -lE '<script|https?://|onload=|\x1b' "$1"/*.html; then fail "a page is not self-contained"; fi
	if grep -lE '<script|href=|\x1b|nan|inf,' "$1"/*.svg; then fail "a picture holds what it must not"; fi
	grep -oE '(src|srcset|href)="[^"#]+' "$1"/*.html | sed 's/.*="//' | sort -u |
	while read -r name; do [ -f "$1/$name" ] || fail "$name is named and not there"; done
}

# ---- a demo's eight rounds, sixty days ---------------------------------------
made "$tmp/demo.db" 8 10
made "$tmp/days.db" 3420 1500
"$plot" -q --db "$tmp/demo.db" --out "$tmp/demo"
"$plot" -q --db "$tmp/days.db" --out "$tmp/days"
check_files "$tmp/demo"
check_files "$tmp/days"
[ -f "$tmp/demo/nodes-24h.png" ] && [ ! -f "$tmp/demo/nodes-7d.svg" ] || fail "windows of the demo"
for w in 24h 7d 60d; do [ -f "$tmp/days/nodes-$w.svg" ] || fail "window $w"; done
[ "$(stat -c %s "$tmp/days/nodes-60d.svg")" -lt 200000 ] || fail "sixty days are more than 200 KB"
[ "$(wc -l <"$tmp/days/nodes-60d.csv")" = 3250 ] || fail "the CSV has not every round"
grep -q '^1,2010-05-04T15:00:00.000Z,' "$tmp/days/nodes-60d.csv" || fail "the CSV's first round"
grep -q 'nodes seen in the 24 hours to' "$tmp/days/summary.txt" || fail "the sentence"
grep -q '^kansoku_nodes{sensor="s1",overlay="winny",series="instant"} ' "$tmp/days/kansoku.prom" || fail "the metrics"
sum=$(sha256sum <"$tmp/days/nodes-60d.csv" | cut -c1-8)
grep -q "csv sha256 $sum" "$tmp/days/nodes-60d.svg" || fail "the foot names another CSV"
if grep -ql '58\.1\.1\.9' "$tmp/days"/*; then fail "a peer's address is in the gallery"; fi

# ---- the same data, the same bytes --------------------------------------------
env -i TZ=America/New_York LC_ALL=de_DE.UTF-8 BITMAPSIZE=33x44 BG_COLOR=black \
    "$plot" -q --db "$tmp/days.db" --out "$tmp/again"
diff -r "$tmp/days" "$tmp/again" || fail "two runs differ"
"$build/kansoku" plot -q --db "$tmp/days.db" --out "$tmp/again" || fail "kansoku plot"
diff -r "$tmp/days" "$tmp/again" || fail "kansoku plot differs"

# ---- the present put back, other windows ---------------------------------------
"$plot" -q --db "$tmp/days.db" --out "$tmp/date" --date 2010-05-20 --format svg
jq -e '.until == "2010-05-20T15:00:00.000Z" and .incidents == [] and .judged_until > "2010-07-01"' "$tmp/date/summary.json" \
    >/dev/null || fail "--date"
grep -q 'judged with all data to 2010-07' "$tmp/date/index.html" || fail "the page does not say with what it was judged"
grep -q 'judged with all data' "$tmp/days/index.html" && fail "the present is judged by the future"
"$plot" -q --db "$tmp/days.db" --out "$tmp/until" --until 2010-05-21T00:00:00+09:00 --format svg
diff -r "$tmp/date" "$tmp/until" || fail "--until of a midnight is not --date"
ls "$tmp/date" | grep -q png && fail "--format svg made a PNG"
"$plot" -q --db "$tmp/days.db" --out "$tmp/range" --tz UTC --format png --window 2010-06-01/2010-06-03 --window 90d
[ -f "$tmp/range/nodes-20100601-20100603.png" ] && [ -f "$tmp/range/nodes-90d.png" ] || fail "windows by hand"
[ "$(sed 1d "$tmp/range/nodes-20100601-20100603.csv" | cut -d, -f3 | cut -c1-10 | sort -u | tr '\n' ' ')" = \
    "2010-06-01 2010-06-02 " ] || fail "the range's CSV"

# ---- hostile words and numbers ----------------------------------------------------
made "$tmp/evil.db" 40 60 hostile
"$plot" -q --db "$tmp/evil.db" --out "$tmp/evil"
check_files "$tmp/evil"
grep -q '<p>Sensor unnamed,' "$tmp/evil/index.html" || fail "a hostile name made it into the page"
cp "$tmp/evil.db" "$tmp/evil2.db"
sqlite3 "$tmp/evil2.db" 'UPDATE sensor SET overlay = name'
"$plot" -q --db "$tmp/evil2.db" --out "$tmp/evil2"	# nobody knows it, and its counts are there
check_files "$tmp/evil2"
grep -q 'Overlay network' "$tmp/evil2/index.html" || fail "a hostile name made it into the title"

# ---- nothing to draw, wrong words -----------------------------------------------------
made "$tmp/empty.db" 0 60
expect 3 'nothing to draw' "$plot" --db "$tmp/empty.db" --out "$tmp/none"
expect 3 'nothing to draw' "$plot" --db "$tmp/demo.db" --out "$tmp/none" --window 2001-01-01/2001-02-01
expect 3 'nothing to draw' "$plot" --db "$tmp/demo.db" --out "$tmp/none" --date 2001-01-01
[ ! -e "$tmp/none" ] || fail "nothing to draw made a directory"
expect 2 'no such database' "$plot" --db "$tmp/absent.db" --out "$tmp/none"
expect 2 'no database' env -u KANSOKU_DB "$plot" --out "$tmp/none"
expect 2 '--out DIR is missing' "$plot" --db "$tmp/demo.db"
expect 2 '--window 5x: want a span' "$plot" --db "$tmp/demo.db" --out "$tmp/none" --window 5x
expect 2 '--window 24h: want each window once' "$plot" --db "$tmp/demo.db" --out "$tmp/none" --window 24h --window 24h
expect 2 '--tz Tokyo: want an offset' "$plot" --db "$tmp/demo.db" --out "$tmp/none" --tz Tokyo
expect 2 '--format gif: want svg' "$plot" --db "$tmp/demo.db" --out "$tmp/none" --format gif
expect 2 '--date 2010-02-30: want a day' "$plot" --db "$tmp/demo.db" --out "$tmp/none" --date 2010-02-30
expect 2 'give one of them' "$plot" --db "$tmp/demo.db" --out "$tmp/none" --date 2010-05-05 --until 2010-05-05
expect 2 'want a folder, or a name for a new one' "$plot" --db "$tmp/demo.db" --out "$tmp/demo.db"
[ ! -e "$tmp/none" ] || fail "a wrong word made a directory"

# ---- killed at any point --------------------------------------------------------------------
cp -r "$tmp/demo" "$tmp/kill"
echo yesterday >"$tmp/kill/index.html"
for delay in 0.02 0.1 0.3 0.6; do
	timeout -s KILL $delay "$plot" -q --db "$tmp/days.db" --out "$tmp/kill" 2>/dev/null || true	# with its children
	for f in "$tmp/kill"/*.svg; do xmllint --noout "$f" || fail "half a file after kill"; done
done
[ "$(cat "$tmp/kill/index.html")" = yesterday ] || grep -q '</html>' "$tmp/kill/index.html" || fail "half an index"

echo "ok: galleries are whole, the same, and safe"
