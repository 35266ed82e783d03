#!/bin/sh
# A flood whose injector frames a neighbour, and the same flood from an injector that
# hides behind nobody: the innocent node stands out and is not called the injector,
# the injector that stands out is.
# usage: lab-framing.sh BUILD
. "$(dirname "$0")/lib.sh"

analyzed() {	# INJECTOR: NAME.json, NAME.truth
	sed -e "s/^start = 72h.*/start = 30h/; s/^end = .*/end = 54h/; s/^rate = .*/rate = 10%/; s/^injector = .*/injector = $1/" \
	    "$worlds/framing.ini" >world.ini
	printf '[sensor]\nkeys = 24\n' >>world.ini
	rm -f a.db*
	"$build/kansoku-lab" simulate -q --world world.ini --seed "$seed" --nodes 150 --days 2.4 \
	    --truth "$1.truth" --jsonl - | "$build/kansoku" import -q --db a.db - &&
	    "$build/kansoku" analyze -q --db a.db || fail "the world with a $1 injector"
	"$build/kansoku" incidents --db a.db --format json |
	    jq '[.[] | select(.kind == "random-sources")] | max_by(.bogus.estimate)' >"$1.json"
}
of_flood() { jq -r "select(.type == \"flood\") | .$2" "$1.truth"; }
holds() { jq -e --arg node "$2" "$3" "$1.json" >/dev/null || { jq . "$1.json" >crawl.err; fail "seed $seed, $1: $3"; }; }

made='[.tests[] | select(.name | startswith("rounds with keys nobody relays")) | .statistic][0]'
labelled=0
for seed in 1 2 3; do
	analyzed framing
	framed=$(of_flood framing framed)
	holds framing "$framed" '.delivered_by[0] | .peer == $node and .share > 0.8 and .ratio > 5 and .full_timer_share > 0.8'
	holds framing "$framed" '[.delivered_by[].label] | unique == ["delivered by"]'
	holds framing "$framed" "$made == 0 and .source == \"not determined\""
	"$build/kansoku" incidents --db a.db >table
	grep -q "^    1\. $framed  .*  delivered by\$" table || fail "seed $seed, what people read: $(cat table)"
	analyzed fixed
	node=$(of_flood fixed node)
	holds fixed "$node" '.delivered_by[0].peer == $node and ([.delivered_by[1:][].label] | unique == ["delivered by"])'
	holds fixed "$node" "(.delivered_by[0].label == \"probable injector\") == ($made >= 3)"
	labelled=$((labelled + $(jq '[.delivered_by[] | select(.label == "probable injector")] | length' fixed.json)))
done
[ $labelled -ge 2 ] || fail "$labelled of 3 injectors are found"
echo "ok - framed nodes stand out and are not accused; $labelled of 3 injectors that stand out are"
