#!/bin/bash
# prune forgets records and names, keeps the counts, and tells apart what was
# pruned from what was never seen.
. "$(dirname "$0")/lib.sh"
export KANSOKU_DB=p.db
is() { [ "$(sqlite3 p.db "$1")" = "$2" ] || fail "$1 is $(sqlite3 p.db "$1"), want $2"; }

# An old round that is complete, one that never was, and one of today.
today=$(date -u +%Y-%m-%dT%H:%M:%SZ)
line() {	# ROUND TIME NAME
	echo '{"type":"key","round":'"$1"',"t":"'"$2"'","peer":"127.0.3.9:7743","source":"203.0.113.'"$1"':21045","hash":"0123456789abcdef0123456789abcde'"$1"'","name":"'"$3"'","raw":"4f4c44"}'
	echo '{"type":"neighbour","round":'"$1"',"t":"'"$2"'","peer":"127.0.3.9:7743","node":"198.51.100.1:80","words":["'"$3"'"]}'
	echo '{"type":"query","round":'"$1"',"t":"'"$2"'","peer":"127.0.3.9:7743","words":"'"$3"'"}'
	echo '{"type":"contact","round":'"$1"',"t":"'"$2"'","node":"198.51.100.2:80","direction":"out","outcome":"ok"}'
}
{
	line 1 2010-05-21T03:00:00Z OLDNAME
	echo '{"type":"round","round":1,"start":"2010-05-21T03:00:00Z","end":"2010-05-21T03:30:00Z"}'
	line 2 2010-05-21T04:00:00Z OLDNAME2
	line 3 "$today" NEWNAME
	echo '{"type":"round","round":3,"start":"'"$today"'","end":"'"$today"'"}'
} | "$kansoku" import -q - || fail "import"
seen=$(sqlite3 p.db 'SELECT * FROM seen ORDER BY 1, 2')

out=$("$kansoku" prune --pseudonymous 30d -n 2>&1) || fail "a dry run: $out"
case $out in *"would prune 2 rounds (1 to 2) with 2 keys"*) ;; *) fail "the dry run says: $out";; esac
is 'SELECT count(*) FROM sighting' 3

# A dry run says what the real one does, to the unit, and changes nothing.
for spans in "--raw 30d" "--pseudonymous 30d" "--raw 30d --pseudonymous 30d --leaves 30d --raw-bytes 30d" "--pseudonymous 30d --leaves 30d"; do
	cp p.db try.db
	"$kansoku" prune --db try.db $spans -n >dry 2>&1 || fail "a dry run of $spans: $(cat dry)"
	[ "$(sqlite3 try.db .dump | sha256sum)" = "$(sqlite3 p.db .dump | sha256sum)" ] || fail "a dry run of $spans changed something"
	"$kansoku" prune --db try.db $spans >real 2>&1 || fail "$spans: $(cat real)"
	sed 's/would become/became/; s/would make/made/; s/would prune/pruned/; s/would take/took/; s/would pack/packed/' dry >said
	grep -v 'the file keeps its size' real | diff - said || fail "the dry run of $spans says something else"
	rm -f try.db*
done

out=$("$kansoku" prune --raw-bytes 30d 2>&1) || fail "raw: $out"
is 'SELECT count(*) FROM raw_record' 1
is 'SELECT count(*) FROM sighting' 3

"$kansoku" prune -q --pseudonymous 30d || fail "prune"
is 'SELECT group_concat(id) FROM round WHERE pruned_ms IS NOT NULL' 1,2
is 'SELECT group_concat(complete) FROM round' 1,0,1
for t in sighting delivery neighbour query contact file advert claim raw_record; do is "SELECT count(*) FROM $t" 1; done
is 'PRAGMA integrity_check' ok
is 'SELECT count(*) FROM pragma_foreign_key_check' 0
[ "$(sqlite3 p.db 'SELECT * FROM seen ORDER BY 1, 2')" = "$seen" ] || fail "seen rows changed"
sqlite3 p.db 'PRAGMA wal_checkpoint(TRUNCATE)' >/dev/null
grep -q OLDNAME p.db && fail "a pruned name is still in the file"
grep -q NEWNAME p.db || fail "a name that is not old is gone"

out=$("$kansoku" export --observations - 2>&1 >e.jsonl) || fail "export: $out"
case $out in *"records were pruned: rounds 2"*) ;; *) fail "export says: $out";; esac
[ "$(jq -r .round e.jsonl | sort -u)" = 3 ] || fail "a pruned round was exported as if nothing had been seen"

"$kansoku" prune -q --pseudonymous 30d; [ $? = 3 ] || fail "nothing to do should be status 3"
"$kansoku" prune 2>/dev/null; [ $? = 2 ] || fail "no option should be status 2"
"$kansoku" prune --pseudonymous 30 2>/dev/null; [ $? = 2 ] || fail "a span without unit should be status 2"
"$kansoku" prune -q --compact || fail "compact"
is 'PRAGMA integrity_check' ok

# The database lives on: new rounds get ids that nothing refers to.
line 4 "$today" OLDNAME | "$kansoku" import -q - || fail "import after pruning"
is 'SELECT count(*) FROM pragma_foreign_key_check' 0
is 'SELECT count(*) FROM key_seen' 2

# While somebody crawls, records go and what a crawl may name stays.
cp p.db q.db
export KANSOKU_DB=q.db
: >q.db.lock
exec 9<q.db.lock; flock -x 9
out=$("$kansoku" prune --pseudonymous 0s --wait 0s 2>&1) || fail "prune beside a crawl: $out"
case $out in *"a round of the crawl is under way"*) ;; *) fail "prune beside a crawl says: $out";; esac
[ "$(sqlite3 q.db 'SELECT (SELECT count(*) FROM sighting) || "," || (SELECT count(*) > 0 FROM advert)')" = 0,1 ] ||
	fail "prune beside a crawl left the wrong things"
