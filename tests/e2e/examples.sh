#!/bin/sh
# usage: examples.sh BUILD
#
# The scripts of examples/ count what the charts show, round by round.
. "$(dirname "$0")/lib.sh"
set -e
observe 100
"$kansoku" import -q --db a.db seen.jsonl
"$kansoku" analyze -q --db a.db
"$build"/kansoku-plot -q --db a.db --out out --format svg --window 7d
python3 "$tree/examples/node_counts.py" a.db >mine.csv
python3 - mine.csv out/nodes-7d.csv <<'EOF' || fail "the script and the chart count otherwise"
import csv, sys
mine, chart = ({r["round"]: r for r in csv.DictReader(open(p))} for p in sys.argv[1:])
assert len(chart) > 10 and set(chart) <= set(mine), "no rounds to compare"
for number, row in chart.items():
    for exact in ("instant", "day_keys"):
        assert mine[number][exact] == row[exact], (number, exact, mine[number][exact], row[exact])
    for near in ("instant_clean", "day_keys_clean"):
        assert abs(float(mine[number][near]) - float(row[near])) < 0.002, (number, near)
assert any(r["instant"] != str(round(float(r["instant_clean"]))) for r in mine.values()), "nothing was cleaned"
EOF
if Rscript -e 'library(RSQLite)' 2>/dev/null; then
	Rscript "$tree/examples/node_counts.R" a.db chart.svg >theirs.csv
	grep -q '<svg' chart.svg || fail "R drew no chart"
	same "R's numbers are the chart's" "$(cut -d, -f1,6,7 out/nodes-7d.csv | sed 1d)" \
	    "$(sed 1d theirs.csv | awk -F, -v OFS=, '{ print $1, $5, $3 }')"
	status "no database for R" 1 Rscript "$tree/examples/node_counts.R" none.db chart.svg
else
	echo "# skipped: R with RSQLite is not here (r-cran-rsqlite)"
fi
status "no database" 1 python3 "$tree/examples/node_counts.py" none.db
status "no argument" 1 python3 "$tree/examples/node_counts.py"
echo "ok - a script with the standard library alone counts what the chart shows"
