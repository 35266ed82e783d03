#!/bin/bash
# usage: hostile.sh BUILD     HOSTILE=quick for one small world; SEED=number
#
# The same world twice, clean and with half of its nodes hostile, of every kind
# the lab has.  The hostile round takes at most twice the clean one, the crawl
# stays inside its memory, and each honest node has the outcome and the keys
# that it has in the clean world.  No honest node is called an injector, whoever made
# up what it is named in; of an address that is only claimed at most four ports are
# dialled in a round.  Prints a line for each seed.  The quick form
# judges no time, which is the machine's as much as ours: it only prints it.
set -u
build=$(cd "$1" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
if [ "${HOSTILE:-full}" = quick ]; then nodes=500 scale=3 rounds=2 seeds=1 most=
else nodes=2000 scale=1 rounds=3 seeds=3 most=2; fi	# times the clean round
first=${SEED:-1}
most_mib=160			# resident; 64 of them may be known nodes
place=$(mktemp -d)
lab=
trap 'test -z "$lab" || kill "$lab" 2>/dev/null; wait; rm -rf "$place"' EXIT INT TERM
cd "$place" || exit 1
unset KANSOKU_DB
fail() {
	echo "FAILED, seed $seed: $*"
	tail -n 15 crawl.err lab.err 2>/dev/null
	exit 1
}

# Half of the nodes: few that call, because each calls ten thousand times.
sed "s/^nodes = .*/nodes = $nodes/" "$here/../tests/lab/worlds/clean.ini" >clean.ini
kinds=$(sed -n '/hostile_name\[\]/,/};/p' "$here/../tests/lab/worldfile.c" |
    grep -o '"[a-z-]*"' | tr -d '"')
n=0 all=$(echo "$kinds" | wc -l)
cp clean.ini hostile.ini
for kind in $kinds; do
	n=$((n + 1))
	share=$(awk "BEGIN { print ($all - 1) ? 49.6 / ($all - 1) : 0 }")%
	[ "$kind" = calls ] && share=$(awk "BEGIN { print 800 / $nodes }")%
	printf '\n[hostile.%d]\nkind = %s\nshare = %s\n' $n "$kind" "$share" >>hostile.ini
done

crawl() {	# WORLD: WORLD.db, WORLD.json, WORLD.rss
	port=$(python3 -c "import sys; sys.path.insert(0, '$here/e2e'); import lab_client; print(lab_client.free_ports(9))")
	: >lab.out
	"$build/kansoku-lab" serve --world "$1.ini" --seed $seed --time-scale $scale --for 600s \
	    --port-base "$port" --map-out map --peers-out peers --peers $nodes \
	    --truth "$1.truth" >lab.out 2>lab.err &
	lab=$!
	for ((i = 0; i < 100; i++)); do
		grep -q ^ready: lab.out && break
		kill -0 $lab 2>/dev/null || fail "the lab did not start"
		sleep 0.1
	done
	rm -f "$1".db*
	python3 - "$1.rss" "$build/kansoku" crawl -q --db "$1.db" --peers peers --lab-map map \
	    --time-scale $scale --rounds $rounds --listen $((port + 8)) --max-memory 64 --json \
	    >"$1.json" 2>crawl.err <<'END' || fail "crawl of the $1 world: status $?"
import resource, subprocess, sys
status = subprocess.call(sys.argv[2:], stdin=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024, file=open(sys.argv[1], 'w'))
sys.exit(status)
END
	kill -INT $lab; wait $lab || fail "the lab ended with status $?"
	lab=
	[ "$(jq -s 'map(select(.complete)) | length' "$1.json")" = $rounds ] ||
	    fail "not every round of the $1 world is complete"
}
seconds() {	# WORLD: median length of a round, real seconds
	jq -s "map((.end | sub(\"\\\\.[0-9]+Z\"; \"Z\") | fromdate) + (.end | capture(\"\\\\.(?<f>[0-9]+)Z\") | \"0.\" + .f | tonumber)
	    - (.start | sub(\"\\\\.[0-9]+Z\"; \"Z\") | fromdate) - (.start | capture(\"\\\\.(?<f>[0-9]+)Z\") | \"0.\" + .f | tonumber))
	    | sort | .[length / 2 | floor] / $scale" "$1.json"
}
named="(n.address >> 24) || '.' || (n.address >> 16 & 255) || '.' || (n.address >> 8 & 255) || '.' || (n.address & 255) || ':' || n.port"
facts() {	# WORLD: honest nodes' outcomes and appearances as a source, round by round
	sqlite3 -separator ' ' "$1.db" "SELECT $named, 'round', c.round, 'outcome', c.outcome
	    FROM contact c JOIN node n ON n.id = c.node WHERE NOT c.inbound
	    UNION SELECT $named, 'round', k.round, 'source', ''
	    FROM key_seen k JOIN node n ON n.id = k.source" | sort | join - honest.nodes >"$1.facts"
}

framed() {	# honest nodes that the analysis accuses
	"$build/kansoku" analyze -q --db hostile.db 2>analyze.err || fail "analyze: $(cat analyze.err)"
	"$build/kansoku" incidents --db hostile.db --format json 2>/dev/null |
	    jq -r '.[].delivered_by[] | select(.label == "probable injector") | .peer' | sort -u | comm -12 - honest.nodes
}
knocks() {	# ports of one address that were dialled in a round, though nobody named it to us
	sqlite3 hostile.db "SELECT coalesce(max(n), 0) FROM (SELECT count(*) AS n FROM contact c JOIN node n ON n.id = c.node
	    WHERE NOT c.inbound AND c.outcome <> 6 AND n.address NOT IN (SELECT address FROM node JOIN contact ON contact.node = node.id
	    WHERE contact.round = (SELECT min(id) FROM round)) GROUP BY c.round, n.address)"
}

printf '%4s %6s %8s %6s %9s %9s %6s %8s %8s %6s %8s %9s\n' seed nodes hostile kinds clean-s hostile-s \
    ratio clean-MB host-MB disk honest facts
for ((seed = first; seed < first + seeds; seed++)); do
	crawl clean
	crawl hostile
	jq -r 'select(.type == "hostile") | .node' hostile.truth | sort >hostile.nodes
	sed -n 's/^127[^ ]* //p' map | sort | comm -23 - hostile.nodes >honest.nodes
	facts clean; facts hostile
	diff clean.facts hostile.facts >facts.diff ||
	    fail "honest nodes count otherwise among hostile ones: $(wc -l <facts.diff) lines, $(head -n 4 facts.diff | tr '\n' ' ')"
	honest=$(wc -l <honest.nodes)
	there=$(jq -r 'select(.type == "hostile") | .kind' hostile.truth | sort -u | wc -l)
	a=$(seconds clean) b=$(seconds hostile)
	ratio=$(awk "BEGIN { printf \"%.2f\", $b / $a }")
	disk=$(awk "BEGIN { printf \"%.2f\", $(stat -c %s hostile.db) / $(stat -c %s clean.db) }")
	printf '%4d %6d %8d %6d %9.2f %9.2f %6s %8d %8d %6s %8d %9d\n' $seed $nodes "$(wc -l <hostile.nodes)" \
	    "$there" "$a" "$b" "$ratio" "$(cat clean.rss)" "$(cat hostile.rss)" "$disk" "$honest" \
	    "$(wc -l <clean.facts)"
	[ -z "$(framed)" ] || fail "accused and innocent: $(framed | head -n 4 | tr '\n' ' ')"
	[ "$(knocks)" -le 4 ] || fail "$(knocks) ports of one address were dialled in a round"
	[ "$there" = "$all" ] || fail "$there of $all kinds are there"
	[ -z "$most" ] || awk "BEGIN { exit !($ratio <= $most) }" || fail "the hostile round takes $ratio times the clean one"
	[ "$(cat hostile.rss)" -le $most_mib ] || fail "$(cat hostile.rss) MiB resident, at most $most_mib"
done
echo "ok - same outcome and same sources for the honest half${most:+; at most $most times as long}; at most $most_mib MiB"
