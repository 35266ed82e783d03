#!/bin/sh
# usage: daily-clock.sh BUILD
#
# The daily run and the clock: it complains when the newest round is old and the page says when
# it was made; days without a round cost nothing; a zone is taken or refused at once; what is not
# over is not drawn, and it says so.
. "$(dirname "$0")/lib.sh"
set -e
programs bin
bare() { bin/kansoku-daily --db db --out out.d "$@"; }
days() { ls out.d | words; }
rounds() {	# NUMBER TIME...: one half hour each, of one peer with one key
	n=$1; shift
	for t; do
		at=$(date -u -d "$t" +%s) a=126.1.2.3:7743
		s=$(date -u -d "@$at" +%FT%T.000Z) e=$(date -u -d "@$((at + 1800))" +%FT%T.000Z)
		echo '{"type":"contact","round":'$n',"t":"'$s'","node":"'$a'","direction":"out","outcome":"ok","version":12710}'
		echo '{"type":"key","round":'$n',"t":"'$s'","peer":"'$a'","source":"'$a'","hash":"00000000000000000000000000000007","size":1,"name":"f","ttl":1200,"blocks":1}'
		echo '{"type":"round","round":'$n',"sensor":"s1","overlay":"winny","start":"'$s'","end":"'$e'","tried":1,"reached":1}'
		n=$((n + 1))
	done
}

# ---- a gap of twenty months -------------------------------------------------------------
rounds 1 '2010-05-22 03:00' '2010-05-23 03:00' '2012-01-10 03:00' '2012-01-11 03:00' '2012-01-12 03:00' |
    "$kansoku" import -q --db db -
# What draws a page at once, as the real one does of a day inside a gap.
rm bin/kansoku-plot
cat >bin/kansoku-plot <<'END'
#!/bin/sh
while [ $# -gt 0 ]; do
	case $1 in --out) out=$2;; --until) until=$2;; esac
	shift
done
echo "$until" >>drawn
echo "$until" >"$out/index.html"
END
chmod +x bin/kansoku-plot
quietly daily --date 2010-05-22
expect 3 '2011-01-01: no round was finished on that day' daily --date 2011-01-01
quietly daily --keep 4
same "the days with rounds" "2010-05-23 2012-01-10 2012-01-11 2012-01-12 latest" "$(days)"
same "each drawn once, the newest first" "2010-05-23 2012-01-13 2012-01-12 2012-01-11 2010-05-24" \
    "$(cut -dT -f1 drawn | words)"
same "the newest is the latest" 2012-01-12 "$(readlink out.d/latest)"

# ---- a limit that is reached ---------------------------------------------------------------
sed -i 's/limit=400/limit=2/' bin/kansoku-daily
rm -rf out.d && mkdir out.d && ln -s .sets/x out.d/2010-05-22
status "a limit" 0 daily >out 2>err
grep -q '400 days at most: 2 earlier ones are left' err || fail "a limit that was reached is not said"
same "the newest first" "2010-05-22 2012-01-11 2012-01-12 latest" "$(days)"
rm -rf out.d

# ---- zones ------------------------------------------------------------------------------------
for z in UTC Z +00:00 -05:30 +14:00 +23:59; do
	status "--tz $z" 0 daily --tz "$z" >out 2>err
	"$build/kansoku-plot" --db db --out page --tz "$z" -q --format svg --window 24h || fail "--tz $z is taken by one alone"
done
for z in +24:00 +9:00 JST 09:00 +09:60; do
	expect 2 "--tz $z: want an offset such as +09:00, or UTC" daily --tz "$z"
	expect 2 "--tz $z: want an offset such as +09:00, or UTC" "$build/kansoku-plot" --db db --out page --tz "$z"
done
rm -rf out.d drawn
rounds 1 '2010-05-22 20:00' | "$kansoku" import -q --db zone.db -
bin/kansoku-daily --db zone.db --out out.d --stale 0 --tz UTC
bin/kansoku-daily --db zone.db --out out.d --stale 0 --tz +09:00
same "days are those of the zone" "2010-05-22 2010-05-23 latest" "$(days)"
same "they end there" "2010-05-23T00:00:00+00:00 2010-05-24T00:00:00+09:00" "$(words <drawn)"

# ---- old data -------------------------------------------------------------------------------------
rm -rf out.d page
programs real
old() { real/kansoku-daily --db db --out out.d "$@"; }
expect 1 'the newest round is old; round 5 ended [0-9]* days ago' old
whole_set out.d/latest
expect 1 'the newest round is old' old --stale 100d
status "not asked" 0 old --stale 0
status "of an age that is borne" 0 old --stale 36500d
expect 2 '--stale soon: want a span' old --stale soon
age=$(( ($(date +%s) / 3600 * 3600 - $(date -u -d '2012-01-12 03:30' +%s) + 43200) / 86400 ))
grep -q "This page was made after $(LC_ALL=C date -u -d '9 hours' '+%-d %B %Y'), [0-9:]* JST, about $age days after the end of that round" \
    out.d/latest/index.html || fail "the page does not say how old its data are: $(grep made out.d/latest/index.html)"
SOURCE_DATE_EPOCH=1326342000 "$build/kansoku-plot" -q --db db --out page --tz UTC --format svg
grep -q "This page was made after 12 January 2012, 04:00 UTC, within two hours of the end of that round" page/index.html ||
    fail "a page made at once: $(grep made page/index.html)"

# ---- new data, the first day ----------------------------------------------------------------------------
rounds 1 '40 minutes ago' | "$kansoku" import -q --db new.db -
hour=$(date -u +%H) today=$(date -u +%F) zone=+00:00
[ "$hour" != 00 ] || zone=+05:00	# neither midnight is near
new() { real/kansoku-daily --db new.db --out new.d --tz $zone "$@"; }
expect 3 'new.db: the first day ([+]0[05]:00) is not over yet' new
quietly new --date "$today"
rounds 2 '3 days ago' | "$kansoku" import -q --db early.db - && rounds 3 '40 minutes ago' | "$kansoku" import -q --db early.db -
quietly real/kansoku-daily --db early.db --out early.d --tz $zone

# ---- a database of one hour -------------------------------------------------------------------------
"$build/kansoku-plot" -q --db new.db --out young --format svg && cd young
grep -q '>30 min so far, sources of keys<' nodes-24h.svg || fail "half an hour is drawn as 24 h"
! grep -q '>24 h' nodes-24h.svg || fail "24 h of half an hour"
grep -q '^  0.5 of 24 h, sources of keys ' summary.txt || fail "half an hour in the mail: $(cat summary.txt)"
grep -qE '^kansoku_day_measured_ratio[{].*[}] 0.0208' kansoku.prom || fail "half an hour among the metrics"
jq -e '.last_round.measured_of_24h | . > 0.02 and . < 0.021' summary.json >/dev/null || fail "half an hour in summary.json"
echo "ok: the daily run looks at the clock"
