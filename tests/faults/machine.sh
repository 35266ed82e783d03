#!/bin/bash
# usage: machine.sh BUILD
#
# A database that cannot be used, a clock that jumps a day to and fro, too few
# descriptors, a network that is not there, a reader that goes away.  Single
# troubles of a crawl are in tests/e2e/crawl-local-trouble.sh, a read-only medium
# in tests/e2e/store-faults.sh.
. "$(dirname "$0")/faults.inc" "$1"
day=86400000
jumps="86400 -86400" everies="2 3 10"
[ -n "$quick" ] && jumps=-86400 everies=10
"$build/kansoku-lab" simulate -q --world "$here/../../tests/lab/worlds/v1.ini" --nodes 100 --days 3 \
    --jsonl flood.jsonl && "$kansoku" import -q --db good.db flood.jsonl &&
    "$kansoku" analyze -q --db good.db || fail "no observations"
"$kansoku" keygen -q --key k --pub k.pub || fail "no key"
lab_starts 100 4

# ---- databases: each verb says one line that names the file, and changes nothing ------
verbs() {	# DB: every verb that opens one, a line each
	cat <<-END
	crawl -q --db $1 --peers peers --lab-map map --time-scale 4
	import -q --db $1 flood.jsonl
	status --db $1
	analyze -q --db $1
	counts --db $1
	verdicts --db $1
	incidents --db $1
	export -q --db $1 --observations out.jsonl
	export -q --db $1 --incident 1 --key k --out out.tar
	verify -q --db $1
	notify -q --db $1 --incident 1 --out mails --contact a@example.org --org us
	prune -q --db $1 --raw-bytes 1d
	END
}
refused=0
refuses() {	# WHAT DB: status 1 or 2, one line, the file as it was
	sum=$(sha256sum "$2")
	while read -r line; do
		what="$1: kansoku $line"
		# shellcheck disable=SC2086
		"$kansoku" $line >out 2>err </dev/null
		got=$?
		[ $got = 1 ] || [ $got = 2 ] || fail "status $got: $what"
		grep -q "$2" err || fail "the file is not named: $what"
		[ "$(wc -l <err)" = 1 ] || fail "$(wc -l <err) lines: $what"
		[ "$(sha256sum "$2")" = "$sum" ] || fail "the file was changed: $what"
		[ ! -e out.jsonl ] && [ ! -e out.tar ] || fail "something was left: $what"
		refused=$((refused + 1))
	done < <(verbs "$2")
}
cp good.db newer.db; db newer.db 'PRAGMA user_version = 99' >/dev/null
refuses "a newer schema" newer.db
head -c 20000 /dev/zero | tr '\0' 'x' >text.db
refuses "no database at all" text.db
cp good.db other.db; db other.db 'PRAGMA application_id = 77' >/dev/null
refuses "another program's database" other.db
head -c 12000 good.db >cut.db
while read -r line; do	# what is damaged deep inside is found by whoever comes by
	# shellcheck disable=SC2086
	"$kansoku" $line >out 2>err </dev/null
	got=$?
	[ $got -lt 4 ] || fail "status $got with a file cut off: kansoku $line"
	[ $got = 0 ] || [ $got = 3 ] || grep -q cut.db err || fail "not named: kansoku $line"
	rm -rf out.* mails
done < <(verbs cut.db)
echo "ok - databases of another schema, program or kind: $refused verbs refuse them with one line and touch nothing"

# ---- the clock ----------------------------------------------------------------------
for jump in $jumps; do
	what="the clock jumps $jump s to and fro each second"
	rm -f c.db*
	FAULT_JUMP=$jump LD_PRELOAD=./trouble.so crawl c.db --rounds 3 --json >announced 2>err ||
	    fail "status $?: $what"
	whole c.db announced
	[ "$(db c.db "SELECT count(*) FROM round WHERE complete AND abs(abs(clock_jump_ms) - $day) < 1000")" = 3 ] ||
	    fail "not on the rounds: $(db c.db 'SELECT group_concat(clock_jump_ms) FROM round'): $what"
	[ "$(db c.db 'SELECT count(*) FROM round WHERE (end_ms - start_ms) / 4 NOT BETWEEN 1000 AND 60000')" = 0 ] ||
	    fail "a round has another length: $what"
	[ "$(db c.db 'SELECT count(*) FROM contact c JOIN round r ON r.id = c.round
	    WHERE c.t_ms NOT BETWEEN r.start_ms AND r.end_ms')" = 0 ] || fail "contacts outside their round: $what"
	[ "$(db c.db 'SELECT count(*) FROM round a JOIN round b ON b.id = a.id + 1 WHERE b.start_ms < a.end_ms')" = 0 ] ||
	    fail "rounds overlap: $what"
done
echo "ok - the clock a day off every other second ($jumps s): rounds of their real length, each with the jump on it"

# ---- descriptors, network, readers -----------------------------------------------------
for every in $everies; do
	what="every $every. descriptor is one too many"
	listen=
	[ $every = 10 ] && listen="--listen $((port + 8))"
	rm -f d.db*
	# shellcheck disable=SC2086
	FAULT_FD=$every LD_PRELOAD=./trouble.so crawl d.db $listen --json >announced 2>err ||
	    fail "status $?: $what"
	whole d.db announced
	[ "$(jq .reached announced)" = 100 ] || fail "$(jq .reached announced) of 100 reached: $what"
done
what="24 descriptors of 100 that would be needed"
rm -f d.db*
(ulimit -n 48; crawl d.db --json >announced 2>err) || fail "status $?: $what"
whole d.db announced
[ "$(jq .reached announced)" = 100 ] || fail "$(jq .reached announced) of 100 reached: $what"
echo "ok - too few descriptors: all 100 nodes are reached all the same, nobody is blamed"

if unshare -rn true 2>/dev/null; then
	what="a machine without a network"
	rm -f e.db*
	unshare -rn "$kansoku" crawl -q --db e.db --peers peers --lab-map map --time-scale 60 --json \
	    >announced 2>err
	[ $? = 3 ] || fail "status: $what"
	[ "$(db e.db 'SELECT count(*) FROM contact') $(db e.db 'SELECT count(*) FROM round WHERE complete')" = "0 0" ] ||
	    fail "somebody is blamed: $what"
	jq -e '.given_up != null' announced >/dev/null || fail "not given up: $what"
	echo "ok - without a network the round is given up, and nobody is blamed"
else
	echo "no network namespaces here: the crawl without a network is passed over"
fi

for line in "counts --db good.db" "verdicts --db good.db --format csv" "incidents --db good.db" \
    "export --db good.db --observations -" "status --db good.db"; do
	what="the reader goes away: kansoku $line"
	# shellcheck disable=SC2086
	( trap - PIPE; "$kansoku" $line 2>err; echo $? >status ) | true
	[ "$(cat status 2>/dev/null || echo 141)" -lt 2 ] || [ "$(cat status)" = 141 ] || fail "status $(cat status): $what"
	rm -f status
done
"$kansoku" status --db good.db >/dev/full 2>err
[ $? = 1 ] && [ -s err ] || fail "a full standard output is not noticed"
whole good.db
echo "ok - readers that go away and a full standard output: no crash, the database as it was"
