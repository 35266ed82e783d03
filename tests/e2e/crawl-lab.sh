#!/bin/sh
# usage: crawl-lab.sh BUILD
#
# A clean simulated overlay of 3,000 nodes: from 200 of them all are reached by
# round 3, and the instant count is the truth within 0.5 %.
. "$(dirname "$0")/crawl.inc"
lab=$(dirname "$kansoku")/kansoku-lab

"$lab" serve --world "$here/../../tests/lab/worlds/clean.ini" --port-base $((10000 + $$ % 2000 * 8)) --time-scale 30 \
    --peers-out list --map-out map --truth truth >lab.out 2>lab.err &
own_pids="$own_pids $!"
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	[ -s map ] && [ -s list ] && break
	sleep 0.5
done
sleep 1
"$kansoku" crawl --db a.db --peers list --lab-map map --time-scale 30 --rounds 3 --json >out 2>err ||
    fail "status $?"
same "everybody is reached by round 3" "3000 3000" \
    "$(jq -r 'select(.round == 3) | [.tried, .reached] | join(" ")' out)"
holders=$(jq -r 'select(.type == "round") | .holders' truth | head -n 1)
instant=$(db 'SELECT count(*) FROM seen WHERE round = 3 AND bits & 1')
[ $((instant * 1000)) -ge $((holders * 995)) ] && [ $((instant * 1000)) -le $((holders * 1005)) ] ||
    fail "instant $instant, truth $holders"

# That a list was sampled is said wherever its round is counted.
same "the lists were not sampled" 1 "$(db 'SELECT group_concat(DISTINCT sampling) FROM round')"
same "nothing is said of it" 0 "$("$kansoku" counts --db a.db | grep -c 'one in')"
db 'UPDATE round SET sampling = 8 WHERE id = 3'
same "counts says it" "3" "$("$kansoku" counts --db a.db | sed -n 's/^ *\([0-9]*\) .*tried of claims: one in 8$/\1/p')"
same "and as JSON" "1 8" "$("$kansoku" counts --db a.db --format jsonl | jq -s -r '[.[0].sampling, .[2].sampling] | join(" ")')"
same "status says it" 1 "$("$kansoku" status --db a.db | grep -c '^complete *3, .* of claims one in 8$')"
same "all of them public addresses" 0 "$(db 'SELECT count(*) FROM node WHERE ip >> 24 = 127')"
