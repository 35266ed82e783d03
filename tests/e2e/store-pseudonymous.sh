#!/bin/bash
# Step by step a database forgets: addresses and names become tokens, records go,
# leaf hashes go.  No address older than the limit is left in the file, what is
# counted and drawn stays the same, and the log keeps telling what was changed.
. "$(dirname "$0")/lib.sh"
k=$kansoku b=$build t=$place
export KANSOKU_DB=$t/db
is() { [ "$(sqlite3 db "$1")" = "$2" ] || fail "$1 is $(sqlite3 db "$1"), want $2"; }

"$b/kansoku-lab" simulate -q --world "$worlds/demo.ini" --days 6 --nodes 120 --jsonl seen.jsonl || exit 1
"$k" import -q seen.jsonl || exit 1
"$k" analyze -q >/dev/null || exit 1
"$k" keygen -q --key key
"$k" export -q --incident 1 --key key --out old.tar --no-charts || fail "export before pruning"
rounds=$(sqlite3 db 'SELECT count(*) FROM round')
middle=$((rounds / 2))
# So long ago ended what came before the round in the middle.
ago() { echo $(($(date +%s) - $(sqlite3 db "SELECT end_ms / 1000 - 600 FROM round WHERE id = $1")))s; }
old="(SELECT id FROM round WHERE id < $middle)"

# Who is spoken of by old rounds alone, and who by a young one, as text and in hex.
young='SELECT node FROM seen WHERE round >= '$middle'
    UNION SELECT peer FROM delivery WHERE round >= '$middle'
    UNION SELECT node FROM contact WHERE round >= '$middle
scan() { sqlite3 -separator ' ' db "SELECT (address >> 24) || '.' || (address >> 16 & 255) || '.' || (address >> 8 & 255) || '.' || (address & 255) || ':' || port,
    printf('%08x%04x', address, port) FROM node WHERE id $1 IN ($young)"; }
scan NOT >gone; scan '' >kept
# An address that is young under another port is young.
awk 'NR == FNR { a[substr($2, 1, 8)] = 1; next } !(substr($2, 1, 8) in a)' kept gone >lost
sqlite3 db "SELECT DISTINCT name FROM file WHERE length(name) > 4 AND id NOT IN (SELECT file FROM key_seen WHERE round >= $middle)" >names
[ "$(wc -l <lost)" -gt 50 ] && [ "$(wc -l <names)" -gt 10 ] || fail "the world has too little that is old: $(wc -l <lost) $(wc -l <names)"
in_file() { python3 - "$1" <<'PY'
import sys
data = open("db", "rb").read()
import os
if os.path.exists("db-wal"): data += open("db-wal", "rb").read()
n = 0
for line in open(sys.argv[1]):
    text, raw = line.split()
    ip, port = bytes.fromhex(raw[:8]), int(raw[8:], 16)
    # As SQLite keeps the pair in a row and in its index, as queries keep it, and as text.
    n += ip + bytes.fromhex(raw[8:]) in data or text.encode() in data
print(n)
PY
}
names_in_file() { python3 -c '
data = open("db", "rb").read()
print(sum(l.rstrip("\n").encode() in data for l in open("names")))'; }
[ "$(in_file lost)" -gt 50 ] || fail "the scan finds nothing before pruning"
[ "$(names_in_file)" -gt 10 ] || fail "the scan of names finds nothing before pruning"

# How a peer was linked stands beside its endpoint, and goes with it.
counts() { "$k" counts --format csv -q; "$k" verdicts --format csv -q | cut -d, -f2-; "$k" incidents --format json -q | jq 'del(.[].delivered_by[] | .peer, .link)'; }
until=$(sqlite3 -separator '' db "SELECT strftime('%Y-%m-%dT%H:%M:%SZ', end_ms / 1000, 'unixepoch') FROM round WHERE id = $((middle - 70))")
draw() { rm -rf "$1"; "$b/kansoku-plot" -q --db db --out "$1" --format svg --window 24h --until "$until" --tz +09:00 || fail "drawing $1"; }
counts >before
draw charts-before

# ---- tokens ----
before=$(sha256sum <db)
out=$("$k" prune -n --raw "$(ago $middle)" 2>&1) || fail "a dry run: $out"
grep -q "would make pseudonymous $((middle - 1)) rounds (1 to $((middle - 1)))" <<<"$out" || fail "the dry run says: $out"
[ "$(sha256sum <db)" = "$before" ] && [ ! -e db.prune-key ] || fail "a dry run changed something"
"$k" prune -q --raw "$(ago $middle)" --compact || fail "prune --raw"
[ "$(stat -c %a db.prune-key)" = 600 ] || fail "the key is readable"
is "SELECT count(hidden_ms) FROM aged" $((middle - 1))
is "SELECT count(*) FROM sighting" "$(grep -c '"type":"key"' seen.jsonl)"
[ "$(in_file lost)" = 0 ] || fail "$(in_file lost) old addresses are still in the file"
[ "$(names_in_file)" = 0 ] || fail "$(names_in_file) old names are still in the file"
[ "$(in_file kept)" -gt 50 ] || fail "young addresses are gone, too"
is "SELECT count(*) FROM node WHERE address < 0 AND id IN ($young)" 0
is "SELECT count(*) FROM query WHERE round < $middle AND via <> x''" 0
counts >after
cmp -s before after || fail "counts or verdicts changed: $(diff before after | head -5)"
draw charts-hidden
for f in charts-before/*.csv; do
	case $f in *deliver*|*incident*) continue;; esac	# these name peers
	cmp -s "$f" "charts-hidden/${f#*/}" || fail "$f is drawn from other numbers"
done
out=$("$k" verify --db db 2>&1) || fail "verify after hiding: $out"
grep -q "of $rounds rounds, 0 have lost their records and $((middle - 1)) hold tokens" <<<"$out" || fail "verify says: $out"
"$k" verify -q old.tar --pub key.pub || fail "an old bundle is refused"
[ "$("$k" export -q --observations - | jq -r .round | sort -n | head -1)" = $middle ] || fail "tokens were exported as addresses"
"$k" prune -q --raw "$(ago $middle)"; [ $? = 3 ] || fail "the same again should find nothing to do"

# What became tokens is still counted; what did not is still checked row by row.
cp db copy; sqlite3 copy 'DELETE FROM contact WHERE id = (SELECT min(id) FROM contact)'
"$k" verify -q --db copy | grep -q '^round 1: ' || fail "a record that was taken away is not missed"
cp db copy; sqlite3 copy "UPDATE contact SET t_ms = t_ms + 1 WHERE round = $middle"
"$k" verify -q --db copy | grep -q "^round $middle: " || fail "a young record was changed unnoticed"

# The analysis goes on, and does not begin anew where the past is gone.
"$k" analyze -q >/dev/null || fail "analyze after hiding"
counts | cmp -s before - || fail "the analysis made something else of the rest"
cp db copy
out=$("$k" analyze -q --db copy --from "$until" 2>&1) && fail "results that cannot be had again were dropped"
grep -q 'cannot be analysed anew' <<<"$out" || fail "analyze says: $out"

# ---- records, then leaves ----
"$k" prune -q --pseudonymous "$(ago $middle)" || fail "prune --pseudonymous"
is "SELECT count(*) FROM delivery WHERE round IN $old" 0
[ "$(sqlite3 db 'SELECT count(pack) FROM aged')" -ge 64 ] || fail "no round was packed"
counts >after
cmp -s before after || fail "counts changed with the records: $(diff before after | head -5)"
draw charts-pruned
diff -rq charts-hidden charts-pruned || fail "charts changed with the records"
"$k" verify -q --db db || fail "verify after pruning"
"$k" prune -q --leaves "$(ago $middle)" || fail "prune --leaves"
is "SELECT count(*) FROM log_leaf" 0
out=$("$k" verify --db db 2>&1) || fail "verify without leaves: $out"
grep -q "$((middle - 1)) of these have lost their leaf hashes" <<<"$out" || fail "verify says: $out"
"$k" verify -q old.tar --pub key.pub || fail "an old bundle is refused without leaves"
cp db copy; sqlite3 copy 'UPDATE seen_pack SET runs = substr(runs, 1, length(runs) - 1) WHERE part = 0'
"$k" verify -q --db copy >out 2>&1; [ $? = 1 ] || fail "a damaged pack passes"
is 'PRAGMA integrity_check' ok
