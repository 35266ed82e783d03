#!/bin/bash
# import and export as an operator meets them: lossless both ways, all of a file
# or nothing, and every refusal one line that says where and why.
. "$(dirname "$0")/lib.sh"
# answers STATUS TEXT COMMAND...: its status, and a line of it that contains TEXT
answers() {
	local status=$1 text=$2 out
	shift 2
	out=$("$@" 2>&1 </dev/null)
	local got=$?
	[ $got = "$status" ] || fail "status $got, want $status: $*: $out"
	case $out in *"$text"*) ;; *) fail "no \"$text\" in: $out ($*)";; esac
}

round() { echo '{"type":"round","round":'"$1"',"sensor":"s1","overlay":"winny","start":"2010-05-21T03:00:00.000Z","end":"2010-05-21T03:30:00.000Z","tried":4000,"reached":3100}'; }
key() { echo '{"type":"key","round":'"$1"',"t":"2010-05-21T03:00:0'"$2"'.000Z","peer":"127.0.3.9:7743","source":"203.0.113.9:21045","hash":"0123456789abcdef0123456789abcdef","size":7340032,"name":'"$3"',"trip":"","ttl":1480,"blocks":120,"mtime":1274400000,"ignore":false,"version":5,"bbs":null,"downstream":true'"${4:-}"'}'; }

# ---- lossless, with names that would hurt any other format --------------------
{
	key 1 1 '"=cmd|calc"'
	round 1
	key 1 1 '"\u001b[2J\u202e\u0000\\\"\n"' ',"bbs_trip":"t","raw":"00ff"'
	key 1 2 '"日本語 💩"'
	key 1 1 '"=cmd|calc"' ',"copy":1'
	echo '{"type":"neighbour","round":1,"t":"2010-05-21T03:00:00.000Z","peer":"127.0.3.9:7743","node":"198.51.100.1:65535","speed":120,"bbs":false,"words":["a","\u202e",""]}'
	echo '{"type":"query","round":1,"t":"2010-05-21T03:00:00.000Z","peer":"127.0.3.9:7743","via":["1.2.3.4:5","1.2.3.4:6"],"words":"w","id":77,"trip":"x"}'
	echo '{"type":"contact","round":1,"t":"2010-05-21T03:00:00.000Z","node":"1.2.3.4:5","direction":"out","outcome":"dropped","version":null,"speed":null,"port0":null,"command":31}'
	key 2 3 '"round 2 has no line"'
	round 4
} >a.jsonl
answers 0 "observations 10, rounds 3 (2 complete), bad lines 0" "$kansoku" import --db a.db a.jsonl
answers 0 "observations 10, rounds 3" "$kansoku" export --db a.db --observations a1.jsonl
answers 0 "" "$kansoku" import --db b.db a1.jsonl
answers 0 "" "$kansoku" export --db b.db --observations b1.jsonl
cmp -s a1.jsonl b1.jsonl || fail "a second round trip differs"
cmp -s <(jq -cS . a.jsonl | sort) <(jq -cS . a1.jsonl | sort) || fail "the round trip lost something"
[ "$("$kansoku" export -q --db a.db --observations - | cmp - a1.jsonl)" = "" ] || fail "- differs from a file"
[ "$(sqlite3 b.db 'SELECT group_concat(complete) FROM round')" = 1,0,1 ] || fail "completeness was not kept"
[ "$(stat -c %a a1.jsonl)" = 600 ] || fail "an export of names may be read by others"
[ "$(grep -cP '[\x00-\x08\x0b-\x1f\x7f]' a1.jsonl)" = 0 ] || fail "a control character in the export"

# ---- standard input, several files, the rest of a round later ------------------
key 9 1 '"first part"' >p1.jsonl
{ key 9 2 '"second part"'; round 9; } >p2.jsonl
answers 0 "p2.jsonl: observations 2, rounds 1 (1 complete)" "$kansoku" import --db c.db p1.jsonl p2.jsonl
[ "$(sqlite3 c.db 'SELECT count(*) FROM seen WHERE round = 9')" = 1 ] || fail "a resumed round has wrong seen rows"
round 10 | "$kansoku" import -q --db c.db - || fail "standard input was not read"
[ "$(sqlite3 c.db 'SELECT count(*) FROM run WHERE end_ms IS NOT NULL')" = 3 ] || fail "runs are not recorded"

# ---- a line that was sent again, packed files -----------------------------------
{ key 1 1 '"x"'; round 1; key 1 2 '"y"'; } >once.jsonl
{ cat once.jsonl once.jsonl; key 1 2 '"y"'; } >twice.jsonl
answers 0 "observations 3, rounds 1 (1 complete), bad lines 0, sent again 4" "$kansoku" import --db again.db twice.jsonl
[ "$(sqlite3 again.db 'SELECT count(*) FROM sighting')" = 2 ] || fail "what was sent again counts twice"
gzip -k once.jsonl
for f in once.jsonl.gz - $(! command -v zstd >/dev/null || { zstd -q once.jsonl; echo once.jsonl.zst; }); do
	rm -f packed.db*
	"$kansoku" import -q --db packed.db "$f" <once.jsonl.gz || fail "$f is not read"
	[ "$(sqlite3 packed.db 'SELECT count(*) FROM sighting')" = 2 ] || fail "$f is not read whole"
done
head -c $(($(stat -c %s once.jsonl.gz) - 12)) once.jsonl.gz >cut.gz
answers 1 "cut.gz: truncated gzip input" "$kansoku" import --db cut.db cut.gz
[ -z "$(ls cut.db* 2>/dev/null)" ] || fail "an import that failed left a database: $(ls cut.db*)"

# ---- times and totals as others write them ----------------------------------------
echo '{"type":"round","round":1,"sensor":"s1","overlay":"winny","start":"2012-06-30t23:30:00z","end":"2012-06-30T23:59:60Z","tried":0,"reached":0}' >leap.jsonl
answers 0 "1 complete" "$kansoku" import --db leap.db leap.jsonl
[ "$(sqlite3 leap.db 'SELECT end_ms FROM round')" = 1341100800000 ] || fail "a leap second"
sed 's/23:59:60/12:59:60/' leap.jsonl >noleap.jsonl
answers 1 "end: want a time" "$kansoku" import --db leap2.db noleap.jsonl
sed 's/"reached":0/"reached":8/' leap.jsonl >over.jsonl
answers 1 "reached: more nodes than were tried" "$kansoku" import --db leap2.db over.jsonl

# ---- all or nothing ---------------------------------------------------------
{ key 1 1 '"good"'; echo 'not json'; key 1 2 '"good"'; echo '{"type":"key"}'; } >bad.jsonl
answers 1 "bad.jsonl:2: want an object" "$kansoku" import --db d.db bad.jsonl
answers 1 "bad.jsonl: nothing of it was stored" "$kansoku" import --db d.db bad.jsonl
[ ! -e d.db ] && [ ! -e d.db.lock ] || fail "something of a bad file was stored"
answers 0 "observations 2, rounds 1 (0 complete), bad lines 2" "$kansoku" import --skip-bad --db d.db bad.jsonl
answers 0 "bad.jsonl:4: round: missing" "$kansoku" import --skip-bad --db d2.db bad.jsonl
for i in $(seq 30); do echo x; done >many.jsonl; key 1 1 '"x"' >>many.jsonl
[ "$("$kansoku" import --skip-bad --db e.db many.jsonl 2>&1 | grep -c '^kansoku: many.jsonl:[0-9]*:')" = 10 ] || fail "bad lines flood the terminal"

# ---- refusals ---------------------------------------------------------------
answers 1 "round 1 is complete already" "$kansoku" import --db a.db a.jsonl
{ key 3 1 '"x"'; key 2 1 '"x"'; } >back.jsonl
answers 1 "back.jsonl:2: round 2 behind round 3; rounds ascend" "$kansoku" import --db f.db back.jsonl
{ round 3; round 3 | sed s/3100/3101/; } >twice.jsonl
answers 1 "twice.jsonl:2: a second round line" "$kansoku" import --db f.db twice.jsonl
round 20 | sed s/winny/toy/ >other.jsonl
answers 1 "other.jsonl:1: overlay: this program knows none of that name" "$kansoku" import --db a.db other.jsonl
answers 2 "none.jsonl: No such file" "$kansoku" import --db a.db none.jsonl
head -c 2000000 /dev/zero >zero.jsonl
answers 1 "zero.jsonl:1: a zero byte is in the line" "$kansoku" import --db f.db zero.jsonl
tr '\0' x <zero.jsonl >long.jsonl
answers 1 "long.jsonl:1: the line is longer than 1048576 bytes" "$kansoku" import --db f.db long.jsonl
: >empty.jsonl
answers 3 "empty.jsonl: observations 0" "$kansoku" import --db f.db empty.jsonl
answers 2 "no database" "$kansoku" import a.jsonl
answers 2 "FILE..." "$kansoku" import --db a.db
answers 2 "is a folder" "$kansoku" import --db f.db .
answers 1 "No space left" "$kansoku" export --db a.db --observations /dev/full
answers 1 "No such file" "$kansoku" export --db a.db --observations /nonexistent/x
answers 2 "no such database" "$kansoku" export --db none.db --observations x
[ ! -e none.db ] || fail "a reader made a database"

# ---- which file it was, and when: the log commits to it with each of its rounds ----
came_from() { sqlite3 h.db "SELECT json_extract(parameters, '\$.sha256') FROM run JOIN round ON run = run.id WHERE number = $1 AND origin = 3"; }
round 31 >one.jsonl
round 32 >two.jsonl
"$kansoku" import -q --db h.db one.jsonl || fail "import of a file"
cat two.jsonl | "$kansoku" import -q --db h.db - || fail "import of a stream"
for i in one:31 two:32; do
	same "hash of ${i%:*}" "$(sha256sum "${i%:*}.jsonl" | cut -c 1-64)" "$(came_from "${i#*:}")"
done
{ read -r skipped; "$kansoku" import -q --db h.db -; } < <(echo skipped; round 33) || fail "import of the rest of a stream"
sqlite3 h.db "UPDATE round SET origin = 0 WHERE number = 31"
"$kansoku" verify --db h.db >said && fail "an imported round was made a crawled one"
grep -q '^round 31: the round.s own facts' said || fail "verify does not name the round: $(cat said)"

# ---- one at a time ------------------------------------------------------------
mkfifo pipe
"$kansoku" import -q --db g.db pipe & importer=$!
owned $importer
exec 3>pipe
key 1 1 '"x"' >&3
until_so 20 test -s g.db.lock || fail "the import did not begin"
answers 75 "another crawl or import" "$kansoku" import --db g.db p1.jsonl
answers 0 "process $importer is working on it" "$kansoku" status --db g.db
exec 3>&-
wait $importer || fail "the first import failed"
answers 0 "nobody is working on it" "$kansoku" status --db g.db

