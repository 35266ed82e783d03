#!/bin/bash
# An overlay of its own in tests/toy: IPv6, contents of 20 bytes, one field.  It is
# crawled, stored, written out, read in, analysed and drawn, beside another overlay
# in one database, and no other file knows it.
. "$(dirname "$0")/lib.sh"
kansoku=$build/toy/kansoku plot=$build/toy/kansoku-plot

python3 "$here/toy_nodes.py" 12 peers 120 >ready 2>nodes.err &
owned $!
until_so 20 says ready ready || fail "the nodes did not start: $(cat nodes.err)"

# ---- crawled and stored ------------------------------------------------------------
"$kansoku" crawl --db a.db --sensor six --overlay toy --peers peers --scope ::1 --rounds 3 --round-every 1s 2>crawl.err ||
    fail "crawl ended with status $?"
same "rounds" "1 2 3" "$(db 'SELECT number FROM round WHERE complete' | words)"
same "all nodes are met in the third round" "12|12" "$(db 'SELECT tried, reached FROM round WHERE number = 3')"
same "addresses are IPv6's" "x'02'" "$(db "SELECT DISTINCT lower(quote(substr(address, 1, 1))) FROM node")"
same "contents have 20 bytes" 20 "$(db 'SELECT DISTINCT length(hash) FROM file')"
same "its field has a column" "toy|advert|colour|INTEGER" "$(db 'SELECT overlay, table_name, column_name, type FROM field')"
same "colours are the nodes' ports" 0 "$(db "SELECT count(*) FROM advert AS a JOIN node AS n ON n.id = a.source
	WHERE n.address = x'0200000000000000000000000000000001' AND a.colour <> n.port % 8")"
says crawl.err "outside the scope" || fail "an address outside the scope was not told of"
status "verify" 0 "$kansoku" verify --db a.db >out 2>err

# ---- out and in again, byte for byte ----------------------------------------------------
status "export" 0 "$kansoku" export --db a.db --observations a.jsonl 2>err
status "import" 0 "$kansoku" import --db b.db a.jsonl 2>err
status "export again" 0 "$kansoku" export --db b.db --observations b.jsonl 2>err
cmp a.jsonl b.jsonl || fail "what was stored does not come back"
same "a key's members" "colour hash peer round source t type" \
    "$(grep '"type":"key"' a.jsonl | head -n 1 | jq -r 'keys | join(" ")')"
sed 's/"colour":[0-7]/"colour":8/' a.jsonl >wrong.jsonl
status "a colour that there is not" 1 "$kansoku" import --db c.db wrong.jsonl 2>err
says err "wrong.jsonl:[0-9]*: colour: want a whole number from 0 to 7" || fail "the wrong colour is not named"

# ---- beside another overlay in one database --------------------------------------------------
observe 200
status "import of Winny" 0 "$kansoku" import -q --db a.db --sensor s1 --overlay winny seen.jsonl
status "analyze" 0 "$kansoku" analyze -q --db a.db
for verb in status counts incidents; do
	status "$verb" 0 "$kansoku" $verb --db a.db >all 2>err
	status "$verb of one" 0 "$kansoku" $verb --db a.db --overlay toy >one 2>err
	grep -q six all || fail "$verb does not name the sensor six"
	grep -q "s1" all || fail "$verb does not name the sensor s1"
	! grep -q "s1" one || fail "$verb --overlay toy names the sensor s1"
done
same "rounds that are counted" 3 "$("$kansoku" counts --db a.db --sensor six --format csv 2>err | tail -n +2 | wc -l)"
expect 2 "no such sensor" "$kansoku" counts --db a.db --overlay nobody
status "verify of both" 0 "$kansoku" verify --db a.db >out 2>err

# ---- drawn --------------------------------------------------------------------------------------
status "plot" 0 "$plot" --db a.db --sensor six --out www --format svg >out 2>err
grep -qi toy www/index.html || fail "the page does not name the overlay"
whole_set www

# ---- and the sensor without it says what is missing ------------------------------------------------
expect 1 "the overlay toy, which this program does not know" "$build/kansoku" export --db b.db --observations c.jsonl
echo "ok"
