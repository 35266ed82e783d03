#!/bin/sh
# usage: simulate.sh BUILD
#
# kansoku-lab simulate: the lines fit the shared format, the truth agrees with
# them, the same seed gives the same bytes, and misuse is one line and status 2.
. "$(dirname "$0")/lib.sh"
lab=$build/kansoku-lab

cat >world.ini <<'W'
[world]
nodes = 400
seed = 9
[flood.1]
start = 2h
end = 6h
rate = 10%
[flood.2]
variant = V5
start = 3h
rate = 10%
[flood.3]
variant = V6
start = 4h
rate = 10%
[event.1]
kind = outage
start = 8h
end = 9h
W

# ---- the same bytes, another seed, standard output
"$lab" simulate -q --world world.ini --days 0.5 --jsonl a.jsonl --truth a.truth || fail "simulate: $?"
"$lab" simulate -q --world world.ini --days 0.5 --jsonl - --truth b.truth >b.jsonl || fail "stdout: $?"
cmp a.jsonl b.jsonl && cmp a.truth b.truth || fail "two runs differ"
"$lab" simulate -q --world world.ini --days 0.5 --jsonl c.jsonl --seed 10 || fail "seed: $?"
cmp -s a.jsonl c.jsonl && fail "another seed gives the same world"

# ---- the format, and the truth against the lines
python3 - <<'P' || fail "lines and truth"
import json, re, collections
from datetime import datetime
END = re.compile(r'(\d{1,3}\.){3}\d{1,3}:\d{1,5}')
WHEN = re.compile(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z')
def node(v): assert END.fullmatch(v), v
def when(v): assert WHEN.fullmatch(v), v
def count(v): assert type(v) is int and v >= 0, v
def text(v): assert type(v) is str, v
def flag(v): assert type(v) is bool, v
def none(v): assert v is None, v
def maybe(f): return lambda v: v is None or f(v)
def nodes(v): assert v and [node(n) for n in v]
def words(v): assert len(v) == 3 and [text(w) for w in v]
def hash(v): assert re.fullmatch('[0-9a-f]{32}', v)
def among(*a):
    def check(v): assert v in a, v
    return check
common = {'round': count, 't': when, 'peer': node}
FORMAT = {
 'round': {'round': count, 'sensor': among('s1'), 'overlay': among('winny'), 'start': when,
           'end': when, 'tried': count, 'reached': count},
 'key': dict(common, source=node, hash=hash, size=count, name=text, trip=text, ttl=count,
           blocks=count, mtime=count, ignore=flag, version=among(4, 5), bbs=none, downstream=flag),
 'neighbour': dict(common, node=node, speed=count, bbs=flag, words=words),
 'query': dict(common, via=nodes, words=text, id=count),
 'contact': {'round': count, 't': when, 'node': node, 'direction': among('out'),
           'outcome': among('ok', 'refused', 'timeout', 'reset', 'excluded'),
           'version': maybe(count), 'speed': maybe(count), 'port0': maybe(flag)},
}
truth, bogus, floods, last = {}, {}, {}, 0
for line in open('a.truth'):
    o = json.loads(line)
    if o['type'] == 'round':
        truth[o['round']] = o
        assert o['round'] == last + 1
        last = o['round']
    elif o['type'] == 'bogus':
        assert o['source'] not in bogus
        bogus[o['source']] = o
    elif o['type'] == 'flood':
        floods[o['flood']] = o
seen = collections.Counter()
keys, all_, bad = {}, {}, collections.defaultdict(set)
tried = collections.Counter()
for line in open('a.jsonl'):
    o = json.loads(line)
    kind, r = o.pop('type'), o['round']
    seen[kind] += 1
    for field in set(o) - set(FORMAT[kind]): assert field in ('command', 'copy'), field
    for field, check in FORMAT[kind].items(): check(o[field])
    if kind == 'round':
        assert o['tried'] == tried[r] and o['start'] == truth[r]['start'] and o['end'] == truth[r]['end']
        continue
    assert truth[r]['start'] <= o['t'] < truth[r]['end']
    if kind == 'contact':
        tried[r] += o['outcome'] != 'excluded'
        if o['node'] in bogus: assert o['outcome'] != 'ok'
    named = {'key': [o.get('source')], 'neighbour': [o.get('node')], 'query': o.get('via'), 'contact': []}[kind]
    for n in named:
        if n in bogus:
            assert bogus[n]['first_round'] <= r <= bogus[n]['last_round'], (n, r)
            assert floods[bogus[n]['flood']]['channel'] == ('keys' if kind == 'key' else 'neighbours')
            bad[r].add(n)
        else:
            all_.setdefault(n, set()).add(r)
            if kind == 'key': keys.setdefault(n, set()).add(r)
for kind in FORMAT: assert seen[kind] > 0, kind
for r, t in truth.items():
    assert t['measured'] == (tried[r] > 0)
    if not t['measured']:
        assert t['seen_instant'] is None
        continue
    day = range(max(1, r - 57), r + 1)
    assert t['seen_instant'] == sum(r in s for s in keys.values())
    assert t['seen_day_keys'] == sum(any(d in s for d in day) for s in keys.values())
    assert t['seen_day_all'] == sum(any(d in s for d in day) for s in all_.values())
    assert t['seen_bogus'] == len(bad[r])
    assert t['reachable'] <= t['online'] and t['holders'] <= t['online']
    assert abs(t['seen_instant'] - t['holders']) < 0.1 * t['holders'], (r, t)
assert [r for r, t in truth.items() if not t['measured']] == [20, 21, 22]
assert floods[1]['announced'] == 384 == sum(b['flood'] == 1 for b in bogus.values())
assert floods[3]['bogus'] == 'keys' and not any(b['flood'] == 3 for b in bogus.values())
assert len(set().union(*bad.values())) > 400
P

# ---- what the store thinks of it
if "$build/kansoku" --help | grep -q ' import '; then
	"$build/kansoku" import -q --db a.db a.jsonl || fail "import: $?"
	same=$(sqlite3 a.db 'SELECT count(*) FROM round WHERE complete = 1')
	[ "$same" = 25 ] || fail "$same complete rounds in the database, not 25"
fi

# ---- misuse
misused() { # PATTERN ARGUMENT...
	pattern=$1; shift
	"$lab" "$@" >out 2>err
	[ $? = 2 ] || fail "$*: status is not 2"
	[ "$(wc -l <err)" = 1 ] && [ ! -s out ] || fail "$*: not one line: $(cat err out)"
	grep -qF -- "$pattern" err || fail "$*: '$(cat err)' does not say '$pattern'"
	[ ! -e x.jsonl ] || fail "$*: wrote a file"
}
s="simulate --world world.ini --jsonl x.jsonl"
printf '[world]\nnodes = many\n' >wrong.ini
misused 'wrong.ini:2: nodes = many is not a whole number' simulate --world wrong.ini --days 1 --jsonl x.jsonl
misused 'missing.ini: No such file' simulate --world missing.ini --days 1 --jsonl x.jsonl
misused '--days' $s
misused '--days' $s --days 0
misused 'shorter than one round' $s --days 0.01
misused 'both x.jsonl' $s --days 1 --truth x.jsonl
misused '--sensor: want 1 to 63' $s --days 1 --sensor "$(printf '%064d' 1)"
misused '--sensor' $s --days 1 --sensor ''
misused '--nodes' $s --days 1 --nodes 200001
misused '--seed' $s --days 1 --seed 0
misused 'teleport' teleport
"$lab" simulate -q --world world.ini --days 0.1 --jsonl /nonexistent/x 2>err && fail "wrote nowhere"
grep -q '/nonexistent/x: No such file' err || fail "nowhere is not named: $(cat err)"
[ ! -e /dev/full ] || ! "$lab" simulate -q --world world.ini --days 0.1 --jsonl /dev/full 2>/dev/null ||
    fail "a full disk is done"

# ---- every shipped world plays
for w in "$worlds"/*.ini; do
	"$lab" simulate -q --world "$w" --days 0.1 --nodes 100 --jsonl w.jsonl --truth w.truth || fail "$w: $?"
	[ "$(grep -c '"type":"round"' w.jsonl)" = 5 ] || fail "$w: rounds"
done
exit 0
