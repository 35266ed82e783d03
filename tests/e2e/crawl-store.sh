#!/bin/sh
# usage: crawl-store.sh BUILD
#
# Strangers do not fill the disk: what is stored of a peer, of a /24, of callers, in a round
# and in the database has a limit, which the round and all that reads it say when it cut;
# who keeps within bounds is stored whole all the same.
. "$(dirname "$0")/lib.sh"
area

bytes() { stat -c %s "$1"; }
held() {	# DB BYTES: it is no larger, but for the tables' first pages
	[ "$(bytes "$1")" -le $(($2 + 600000)) ] || fail "$1 has $(bytes "$1") bytes, of $2"
}
from() { db "SELECT count(*) FROM v_key WHERE peer = '$1'"; }

# Four hoarders: two of one address, one beside it, one elsewhere; and an honest node.
sources=$(seq 1 50 | sed "s/.*/,58.1.&.1:7743/" | tr -d '\n')
peers "$n.1:27101=hoarder" "$n.1:27102=hoarder" "$n.2:27103=hoarder" "$m.1:27104=hoarder" "$o.1:27105=polite$sources"
cat >map <<END
$n.1:27101 126.9.9.1:27101
$n.1:27102 126.9.9.1:27102
$n.2:27103 126.9.9.2:27103
$m.1:27104 126.9.8.1:27104
$o.1:27105 126.9.7.1:27105
END
awk '{ print $2 }' map >list
honest=126.9.7.1:27105
store() {	# slower than other crawls: who hands over so much needs a while
	"$kansoku" crawl --db $DB --lab-map map --peers list --rounds 1 --time-scale 4 --json "$@" >out 2>err
}
said() { jq -r '"\(.cut) \(.complete)"' out; }

DB=free.db
status "no limit" 0 store --peer-store 0 --net-store 0
same "names alone are cut" "text true" "$(said)"
same "all is stored" 0 "$(jq .not_stored out)"
all=$(bytes free.db)
[ "$all" -gt 3000000 ] || fail "the hoarders brought $all bytes"
same "whole letters of a name" 510 "$(db "SELECT max(length(CAST(name AS BLOB))) FROM file")"

DB=peer.db
status "a limit of a peer" 0 store --peer-store 300K
same "said" "peer-store,text true" "$(said)"
held peer.db $((4 * 300 * 1024))
same "the honest one's are all there" 50 "$(from $honest)"
same "all is accounted for" "$(jq .keys out)" "$(($(jq .not_stored out) + $(db 'SELECT count(*) FROM sighting')))"

DB=net.db
status "a limit of a /24" 0 store --net-store 400K
same "said" "net-store,text true" "$(said)"
held net.db $((2 * 400 * 1024))
same "the honest one's are all there" 50 "$(from $honest)"
left=$(jq .not_stored out)

# It is said wherever the round is: in the log, in lines, in status, counts and pictures.
same "stored" "264|$left|1" "$(db 'SELECT cut, not_stored, complete FROM round')"
"$kansoku" export --db net.db --observations e1.jsonl && "$kansoku" import -q --db i.db e1.jsonl &&
    "$kansoku" export --db i.db --observations e2.jsonl && cmp e1.jsonl e2.jsonl || fail "export, import, export"
same "as a line" "net-store,text $left" \
    "$(jq -r 'select(.type == "round" and .cut) | "\(.cut) \(.not_stored)"' e2.jsonl)"
"$kansoku" verify --db net.db >/dev/null 2>&1 || fail "the log does not hold what cut the round"
"$kansoku" status --db net.db >s || fail "status"
grep -q "cut by net-store,text ($left records not stored)" s || fail "status does not say it: $(cat s)"
same "status --json" "net-store,text" "$("$kansoku" status --db net.db --json | jq -r .last_complete.cut)"
"$kansoku" analyze -q --db net.db || fail "analyze"
same "counts" "net-store,text" "$("$kansoku" counts --db net.db --format json | jq -r '.[0].cut')"
"$build/kansoku-plot" --db net.db --out g --format svg >/dev/null 2>err || fail "plot"
grep -q 'cut by a budget (net-store)' g/*.svg || fail "no chart says it"
grep -q 'cut by a budget: net-store' g/index.html || fail "the page does not say it"

# The round's own: nobody else is dialled, and what is there is judged.
DB=round.db
status "a limit of the round" 0 store --round-store 700K --dial-rate 5
same "said" "round-store,text true" "$(said)"
held round.db $((700 * 1024))
status "a monitor hears of it" 1 sh -c '"$0" status --db round.db --check >check' "$kansoku"
grep -q "cut by round-store" check || fail "$(cat check)"

# The database's: a warning, a clean end, and no beginning.
DB=full.db
status "it ends" 1 store --max-db 1500K
grep -q "full.db has the 1500K that --max-db allows" err || fail "no word of it"
same "said" "max-db,text false" "$(said)"
[ "$(bytes full.db)" -le $((1500 * 1024)) ] || fail "full.db has $(bytes full.db) bytes"
same "closed" 1 "$(db 'SELECT count(*) FROM run WHERE end_ms > 0')"
"$kansoku" verify --db full.db >/dev/null 2>&1 || fail "it was not closed cleanly"
expect 1 "full.db has the" "$kansoku" crawl -q --db full.db --lab-map map --peers list --time-scale 20 --max-db 500K
DB=peer.db
store --peer-store 1 --max-db $(($(bytes peer.db) * 10 / 9))
grep -q "peer.db has [89]. % of the" err || fail "no warning"

# The disk's.
expect 1 "less than the 1024T of --disk-reserve is free" "$kansoku" crawl -q --db disk.db --lab-map map --peers list \
    --time-scale 20 --disk-reserve 1024T

# Callers have their own, whatever number of calls.
DB=calls.db
ports 1
peers "$n.7:27107=pusher" "$o.7:27108=polite$sources"
printf '%s\n' "$n.7:27107 126.9.9.7:27107" "$o.7:27108 126.9.7.7:27108" >map
awk '{ print $2 }' map >list
status "callers" 0 store --listen "$port" --inbound-store 300K --visit-limit 8s
same "said" "inbound-store,text true" "$(said)"
held calls.db $((300 * 1024))
same "what dialled nodes said is all there" 50 "$(from 126.9.7.7:27108)"
