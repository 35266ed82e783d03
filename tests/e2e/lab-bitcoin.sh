#!/bin/bash
# A flood of made-up addresses in address gossip is found as such, with its times and its size, and
# the counts without it are those of the honest nodes; a network of new hosts is no flood; the same
# world gives the same bytes twice, and a wrong word in a world file is one line.
. "$(dirname "$0")/lib.sh"
lab=$build/kansoku-lab
plays() {	# WORLD DAYS: imported and analysed in WORLD.db
	"$lab" simulate -q --overlay bitcoin --world "$worlds/bitcoin/$1.ini" --nodes 500 --days "$2" --jsonl "$1.jsonl" \
	    --truth "$1.truth" || fail "simulate $1: $?"
	quietly "$kansoku" import -q --db "$1.db" "$1.jsonl"
	quietly "$kansoku" analyze -q --db "$1.db"
}

plays flood-2021 3
"$lab" simulate -q --overlay bitcoin --world "$worlds/bitcoin/flood-2021.ini" --nodes 500 --days 3 --jsonl again --truth again.truth
cmp flood-2021.jsonl again && cmp flood-2021.truth again.truth || fail "a world was another one the second time"

"$kansoku" incidents --db flood-2021.db --format json >found
same "kinds" '["random-sources"]' "$(jq -c '[.[].kind]' found)"
made_up=$(jq -s '[.[] | select(.type == "bogus")] | length' flood-2021.truth)
[ "$made_up" -gt 1000 ] || fail "there was no flood"
jq -e --argjson n "$made_up" '.[0] | (.bogus.estimate / $n - 1 | fabs) < 0.1' found >said ||
	fail "of $made_up made-up addresses $(jq -c '.[0].bogus' found) were found"
jq -e '.[0] | (.start | startswith("2021-07-07T1")) and (.end | startswith("2021-07-08T1"))' found >said ||
	fail "the flood was from 12:00 to 12:00, and is said to be from $(jq -c '.[0] | [.start, .end]' found)"
same "who is accused of what a visited node passed on" 0 "$(jq '[.[0].delivered_by[] | select(.label == "probable injector")] | length' found)"

# Nodes that were online are not called made up: one in a thousand at most; and what is, are names of the flood.
jq -r 'select(.type == "bogus").source' flood-2021.truth | sort >made_up
"$kansoku" verdicts --db flood-2021.db --format csv | awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i }
	NR > 1 && $at["verdict"] == "bogus" { print $at["node"] }' | sort >called
[ "$(comm -13 made_up called | grep -c .)" -le 2 ] || fail "honest nodes are called made up: $(comm -13 made_up called | head -n 3)"
[ $((2 * $(comm -12 made_up called | grep -c .))) -gt "$made_up" ] || fail "$(grep -c . called) of $made_up are called made up"

# What counts says without the flood, of the day after its peak, is what was told of honest nodes.
"$kansoku" counts --db flood-2021.db --round 110 --format json >count
truth=$(jq 'select(.type == "round" and .round == 110).seen_day_keys' flood-2021.truth)
jq -e --argjson n "$truth" '.[0] | (.day_keys_clean / $n - 1 | fabs) < 0.03 and .day_keys > 2 * $n' count >said ||
	fail "of $truth honest nodes in 24 hours: $(jq -c '.[0] | [.day_keys, .day_keys_clean]' count)"

# Before it each network has as many nodes as were told of it, and nobody is reached by a name.
"$kansoku" counts --db flood-2021.db --networks --round 60 --format json >nets
same "networks" '["ipv4","ipv6","torv3","i2p","cjdns"]' "$(jq -c '[.[].network]' nets)"
same "advertised in 24 hours" "$(jq 'select(.type == "round" and .round == 60).seen_day_keys' flood-2021.truth)" "$(jq '[.[].day_advertised] | add' nets)"
same "reached of those that are never dialled" 0 "$(jq '[.[] | select(.network | test("tor|i2p|cjdns")).day_reached] | add' nets)"
same "announced of what was advertised" true "$(jq 'all(.day_announced <= .day_advertised and .announced <= .advertised and .day_reached <= .day_advertised)' nets)"

plays hosting 3
same "incidents of a network of new hosts" 0 "$("$kansoku" incidents --db hosting.db --format json 2>err | jq length)"

printf '%s\n' '[flood.1]' 'kind = bursts' >wrong.ini
expect 2 'wrong.ini:2: ' "$lab" simulate --overlay bitcoin --world wrong.ini --days 1 --jsonl x
expect 2 'use simulate' "$lab" serve --overlay bitcoin --world wrong.ini
