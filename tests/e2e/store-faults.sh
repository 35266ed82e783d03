#!/bin/bash
# The database when the machine fails: killed imports, a full disk, a medium
# that cannot be written.  What needs a mount of its own is passed over where
# mounting is not allowed.
. "$(dirname "$0")/lib.sh"
mounted=
at_exit='[ -z "$mounted" ] || umount mnt'

# Two rounds of 30,000 keys.
python3 - >a.jsonl <<'EOF'
for r in (1, 2):
    for i in range(30000):
        print('{"type":"key","round":%d,"t":"2010-05-21T03:%02d:%02d.000Z","peer":"127.0.%d.1:7743",'
              '"source":"203.0.%d.%d:21045","hash":"%032x","size":%d,"name":"file %d"}'
              % (r, i // 3600, i // 60 % 60, i % 90, i % 7, i % 250, i % 5000, i % 5000, i % 5000))
    print('{"type":"round","round":%d,"start":"2010-05-21T03:00:00Z","end":"2010-05-21T03:30:00Z"}' % r)
EOF

# ---- killed at any moment: nothing, and then everything --------------------------
for i in $(seq 12); do
	"$kansoku" import -q --db k.db a.jsonl 2>/dev/null & importer=$!
	sleep "0.0$((RANDOM % 10))"
	kill -9 $importer 2>/dev/null
	wait $importer 2>/dev/null
	[ -s k.db ] || continue
	[ "$(sqlite3 k.db 'PRAGMA integrity_check')" = ok ] || fail "kill -9 damaged the database"
	[ -n "$(sqlite3 k.db "SELECT 1 FROM sqlite_master WHERE name = 'round'")" ] || continue
	n=$(sqlite3 k.db 'SELECT (SELECT count(*) FROM round WHERE complete), (SELECT count(*) FROM sighting)')
	case $n in "0|0"|"2|60000") ;; *) fail "kill -9 left half a file: $n";; esac
	[ "$n" != "2|60000" ] || rm -f k.db*
done
rm -f k.db*
"$kansoku" import -q --db k.db a.jsonl || fail "import after the kills"

# ---- a full disk ------------------------------------------------------------------
mkdir mnt
if mount -t tmpfs -o size=1500k none mnt 2>/dev/null; then
	mounted=1
	out=$("$kansoku" import --db mnt/f.db a.jsonl 2>&1)
	[ $? = 1 ] || fail "a full disk should be status 1: $out"
	case $out in *"mnt/f.db: the disk is full"*) ;; *) fail "a full disk is not named: $out";; esac
	[ "$(sqlite3 mnt/f.db 'PRAGMA integrity_check')" = ok ] || fail "a full disk damaged the database"
	out=$("$kansoku" export --db k.db --observations mnt/e.jsonl 2>&1)
	[ $? = 1 ] || fail "export to a full disk should be status 1: $out"
	[ -z "$(ls mnt | grep e.jsonl)" ] || fail "half an export was left behind: $(ls mnt)"
	mount -o remount,size=64m mnt
	"$kansoku" import -q --db mnt/f.db a.jsonl || fail "import once there is space"
	[ "$(sqlite3 mnt/f.db 'SELECT count(*) FROM sighting')" = 60000 ] || fail "something is missing"

	# ---- a medium that cannot be written ---------------------------------------
	rm -f mnt/*; cp k.db "mnt/r %?#.db"
	mount -o remount,ro mnt
	out=$("$kansoku" status --json --db "mnt/r %?#.db") || fail "status on a read-only medium"
	[ "$(jq .counts.sightings <<<"$out")" = 60000 ] || fail "wrong status on a read-only medium: $out"
	out=$("$kansoku" import --db "mnt/r %?#.db" a.jsonl 2>&1)
	[ $? = 1 ] || fail "import on a read-only medium: $out"
	case $out in *"may not be written"*) ;; *) fail "a read-only medium is not named: $out";; esac
	umount mnt; mounted=
else
	echo "mounting is not allowed here: the full disk and the read-only medium are passed over"
fi
