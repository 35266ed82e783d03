#!/bin/sh
# usage: crawl-lab.sh BUILD
#
# A clean simulated overlay of 3,000 nodes: from 200 of them all are reached by
# round 3, and the instant count is the truth within 0.5 %.
. "$(dirname "$0")/lib.sh"

lab_starts "$worlds/clean.ini" 30 --truth truth
crawl_lab --rounds 3 --json >out
same "everybody is reached by round 3" "3000 3000" \
    "$(jq -r 'select(.round == 3) | [.tried, .reached] | join(" ")' out)"
holders=$(jq -r 'select(.type == "round") | .holders' truth | head -n 1)
instant=$(db 'SELECT count(*) FROM seen WHERE round = 3 AND bits & 1')
[ $((instant * 1000)) -ge $((holders * 995)) ] && [ $((instant * 1000)) -le $((holders * 1005)) ] ||
    fail "instant $instant, truth $holders"

# That a list was sampled is said wherever its round is counted.
same "the lists were not sampled" 1 "$(db 'SELECT group_concat(DISTINCT sampling) FROM round')"
same "nothing was sampled" "1" "$("$kansoku" counts --db a.db --format jsonl | jq -r .sampling | sort -u)"
db 'UPDATE round SET sampling = 8 WHERE id = 3'
# By its name; a start is two words.
same "counts says it" "3 8" "$("$kansoku" counts --db a.db | awk '
    NR == 1 { for (i = 1; i <= NF; i++) if ($i == "sampling") at = i + 1 } $at == 8 { print $1, $at }')"
same "and as JSON" "1 8" "$("$kansoku" counts --db a.db --format jsonl | jq -s -r '[.[0].sampling, .[2].sampling] | join(" ")')"
same "status says it" 1 "$("$kansoku" status --db a.db | grep -c '^complete *3, .* of claims one in 8$')"
same "all of them public addresses" 0 "$(db 'SELECT count(*) FROM node WHERE address >> 24 = 127')"
