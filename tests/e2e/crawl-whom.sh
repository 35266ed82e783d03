#!/bin/sh
# usage: crawl-whom.sh BUILD
#
# Whom a peer can make us dial: of one address few ports however many it claims, and
# no well-known ones; claims do not keep a round open, nor keep the verified waiting;
# what was left out is counted.  Bystanders count the packets that reach them.
. "$(dirname "$0")/lib.sh"
area

packets=48	# the manual's number: what one address can be made to receive in a round

# Three bystanders, each claimed at 400 ports by a peer, two in three well-known.
a=126.1.0.1 r=126.2.0.1 d=126.3.0.1
count=300
python3 "$here/victim.py" 24000 $count $m.1 $m.2 $m.3 >victims 2>victims.err &
victims=$!
owned $victims
until_so 30 says victims ready || fail "no bystanders: $(cat victims.err)"
seq 24000 24299 | awk -v m=$m '{ print m ".1:" $1, "126.1.0.1:" $1; print m ".2:" $1, "126.2.0.1:" $1 }' >map
for p in 24000 24001 24002 24003 24004 24005; do echo "$m.3:$p $d:$p"; done >>map
for p in 22 25 53 80 443 445 1023; do echo "$m.1:$p $a:$p"; done >>map
echo "$n.1:24701 126.9.9.9:24701" >>map
sources=$(awk 'NR > 0 && $2 !~ /^126\.9/ { printf ",%s", $2 }' map)
peers "$n.1:24701=polite$sources"
echo 126.9.9.9:24701 >list
"$kansoku" crawl --db a.db --time-scale 20 --lab-map map --peers list --rounds 3 --json >out 2>err || fail "status $?"
kill -TERM $victims; wait $victims
victim() { sed 1d victims | jq -r "$1"; }
[ "$(victim .links)" = 8 ] || fail "two rounds of claims, four dials each: $(victim .)"
same "the same ports from round to round" 4 "$(victim '.ports | length')"
same "no well-known port" 0 "$(victim '[.ports[] | select(. < 1024)] | length')"
same "what was left out is said" "0 601 601" "$(jq -r .not_dialled out | words)"
same "and stored" "0 601 601" "$(db 'SELECT not_dialled FROM round' | words)"
same "no limit cut these rounds" "null" "$(jq -c .cut out | sort -u)"
most=$(victim '[.packets[]] | max')
[ "$most" = null ] || [ "$most" -le $((2 * packets)) ] || fail "packets in two rounds: $(victim .packets)"
echo "packets in two rounds, accepting, refusing, deaf: $(victim '[.packets[] | tostring] | join(" ")')"
grep -q "may receive $packets packets" "$tree/manual/kansoku-crawl.1" || fail "the manual's number is another"

# --ports sets the policy, --address-ports the number.
DB=b.db
peers "$n.2:24702=polite,$n.2:24702,$n.3:25,$n.3:24801,$n.3:24802,$n.3:24803,$n.3:24804,$n.3:24805"
echo $n.2:24702 >list
status "two ports of an address" 0 crawl --scope $n.0/24 --peers list --rounds 2 --address-ports 2 --json
same "dialled in the second round" 3 "$(jq -r 'select(.round == 2).tried' out)"
DB=c.db
status "a list of ports" 0 crawl --scope $n.0/24 --peers list --rounds 2 --ports 24702,24804-24805 --json
same "by the list" "3 4" "$(jq -r 'select(.round == 2) | "\(.tried) \(.excluded["a port outside --ports"])"' out)"
expect 2 "want ports 1 to 65535" "$kansoku" crawl --db d.db --scope $n.0/24 --peers list --ports 0-80

# Claims at a slow rate: the round ends, the verified had their turn before, and stay known.
DB=e.db
peers "$n.4:24901=polite,$(seq 1 200 | sed "s/.*/$o.&:24900/" | words | tr ' ' ,)" "$n.5:24902=polite"
printf '%s\n' $n.4:24901 $n.5:24902 >list
status "a round with a limit of time" 0 crawl --scope $n.0/24 --scope $o.0/24 --peers list --rounds 2 \
    --dial-rate 20 --round-limit 1500ms --json
same "the second is complete, and says what it is" "true time 2" \
    "$(jq -r 'select(.round == 2) | "\(.complete) \(.cut) \(.reached)"' out)"
left=$(jq 'select(.round == 2).not_dialled' out)
[ "$left" -ge 100 ] && [ "$left" -le 190 ] || fail "left out: $left"
same "all are accounted for" 202 "$(jq "select(.round == 2) | .tried + .not_dialled" out)"
same "stored" "1 $left" "$(db 'SELECT cut, not_dialled FROM round WHERE id = 2' | tr '|' ' ')"
"$kansoku" export --db e.db --observations e1.jsonl && "$kansoku" import -q --db f.db e1.jsonl &&
    "$kansoku" export --db f.db --observations e2.jsonl && cmp e1.jsonl e2.jsonl || fail "export, import, export"
same "as JSON lines" "time $left" "$(jq -r 'select(.type == "round" and .cut) | "\(.cut) \(.not_dialled)"' e2.jsonl)"
"$kansoku" verify --db e.db >/dev/null 2>&1 || fail "the log does not hold what cut the round"
status "a limit of dials" 0 crawl --scope $n.0/24 --scope $o.0/24 --peers list --round-dials 10 --json
same "cut by it" "dials 10" "$(jq -r '"\(.cut) \(.tried)"' out)"
