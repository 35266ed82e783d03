#!/bin/bash
# From a simulated flood to a bundle that others verify without kansoku, reports,
# checkpoints, and a database in which nothing can be changed unnoticed.
. "$(dirname "$0")/lib.sh"
set -e
k=$kansoku b=$build t=$place

"$b/kansoku-lab" simulate -q --world "$worlds/demo.ini" --days 1 --nodes 300 --jsonl seen.jsonl
export KANSOKU_DB=$t/db
"$k" import -q --db db seen.jsonl
"$k" analyze -q >/dev/null
"$k" keygen --key key

# ---- a bundle, verified four ways ----
"$k" export --incident 1 --key key --out flood.tar -q
minisign -V -q -p key.pub -m flood.tar || fail "minisign refuses the bundle"
"$k" verify flood.tar --pub key.pub -q || fail "kansoku refuses the bundle"
bash "$tree/data/evidence/verify.sh" flood.tar key.pub 12 || fail "verify_bundle.sh refuses the bundle"

# If this fails, OpenSSL has learned BLAKE2b-256: then b2sum is needed no longer.
want=$(printf abc | b2sum -l 256 | cut -c 1-64)
for try in "dgst -blake2b512 -xoflen 32" "dgst -blake2b256" "mac -macopt size:32 BLAKE2BMAC"; do
	printf abc | openssl $try 2>/dev/null | grep -qi "$want" && fail "openssl $try gives BLAKE2b-256"
done

# ---- the script that is in it, and OpenSSL alone, as README.txt in the bundle tells ----
mkdir plain && tar -xf flood.tar -C plain
cmp plain/verify.sh "$tree/data/evidence/verify.sh" || fail "another script is in the bundle"
sed -n '/^    b64()/,/-in covered -sigfile global/p' plain/README.txt | sed 's/FILE.tar/flood.tar/g; s/KEY.pub/key.pub/' >recipe.sh
same "signatures that the recipe verifies" 2 "$(sh recipe.sh | grep -c 'Verified Successfully')"
sed -i.good 's/seq:1/seq:7/' flood.tar.minisig		# in the trusted comment
same "signatures of a changed comment" 1 "$(sh recipe.sh 2>/dev/null | grep -c 'Verified Successfully')"
mv flood.tar.minisig.good flood.tar.minisig

# ---- it says how all of it came here ----
jq -e '.origins.imported == .counts.rounds and (.claimed | startswith("A file of observations that was imported"))' plain/case.json >/dev/null ||
    fail "case.json does not say that all was imported"
same "file in the manifest" "$(sha256sum seen.jsonl | cut -c 1-64)" "$(jq -r '.origins[0].file_sha256' plain/manifest.json)"
grep -q 'sent us data' plain/peers.csv && fail "peers.csv says that we received it"

# ---- what was tampered with, both verifiers name ----
refused() {	# NAME OF THE TAR, PART
	out=$("$k" verify "$1" --pub key.pub -q) && fail "kansoku takes $2"
	grep -q "^FAILED $2" <<<"$out" || fail "kansoku does not name $2: $out"
	out=$(bash "$tree/data/evidence/verify.sh" "$1" key.pub 3) && fail "verify.sh takes $2"
	grep -q "^FAILED $2" <<<"$out" || fail "verify.sh does not name $2: $out"
}
mkdir bad
comment=$(sed -n 's/^trusted comment: //p' flood.tar.minisig)
signed() { rm -f bad/flood.tar.minisig; minisign -S -s key -m bad/flood.tar -t "$comment" </dev/null >/dev/null; }
again() { (cd "$1" && tar --format=ustar --sort=name --owner=0 --group=0 -cf ../bad/flood.tar -- *); }
cp -r plain edited
sed -i 3d edited/rounds.csv
again edited
cp flood.tar.minisig bad/
refused bad/flood.tar signature
signed
refused bad/flood.tar rounds.csv
rm -r edited && cp -r plain edited
jq '.counts.sources += 1' edited/case.json >x && mv x edited/case.json
again edited; signed
refused bad/flood.tar case.json
rm -r edited && cp -r plain edited
{ sed -n 1p plain/rounds.csv; sed -n 3p plain/rounds.csv; sed -n 2p plain/rounds.csv; sed 1,3d plain/rounds.csv; } >edited/rounds.csv
again edited; signed
refused bad/flood.tar rounds.csv
cat flood.tar flood.tar >bad/flood.tar; signed
refused bad/flood.tar tar
mkdir renamed && cp flood.tar renamed/other.tar && cp flood.tar.minisig renamed/other.tar.minisig
refused renamed/other.tar name

# ---- the same again, and without names ----
expect 1 'flood.tar exists already' "$k" export --incident 1 --key key --out flood.tar -q
mkdir twice
"$k" export --incident 1 --key key --out twice/flood.tar -q
cmp twice/flood.tar.minisig flood.tar.minisig || fail "two exports of the same data have two signatures"
cmp twice/flood.tar flood.tar || fail "two exports of the same data differ"
"$k" export --incident 1 --key key --out hidden.tar --pseudonymous -q
"$k" verify hidden.tar --pub key.pub -q || fail "kansoku refuses the pseudonymous bundle"
bash "$tree/data/evidence/verify.sh" hidden.tar key.pub 5 || fail "verify_bundle.sh refuses the pseudonymous bundle"
mkdir hidden && tar -xf hidden.tar -C hidden
sqlite3 db "SELECT (address >> 24) || '.' || (address >> 16 & 255) || '.' || (address >> 8 & 255) || '.' || (address & 255),
    printf('%08x%04x', address, port), name FROM node LEFT JOIN file ON file.id = node.id" >names
cut -d'|' -f1 names | sort -u >addresses
cut -d'|' -f2 names >pairs
sqlite3 db "SELECT name FROM file WHERE length(name) > 3" >files
for list in addresses pairs files; do
	grep -rqwF -f $list hidden && fail "the pseudonymous bundle names: $(grep -rohwF -f $list hidden | head -3)"
	[ $list = pairs ] || grep -rqwF -f $list plain || fail "the scan for $list finds nothing anywhere"
done

# ---- reports ----
few="--min-records 4 --min-rounds 2 --min-ratio 1"
report() { "$k" notify --incident 1 --org "A Lab" --contact lab@example.org "$@"; }
expect 3 'left out: all that is known of them was imported' report --all --out none -q
[ ! -e none ] || fail "a report of imported records that nobody asked for"
cp seen.jsonl other.tar
expect 1 'other.tar: is no bundle that this database made' report $few --imported --bundle other.tar --out none -q
report $few --imported --out reports --bundle flood.tar -q >list
[ -s list ] || fail "no report"
while read -r f; do
	ip=$(basename "$f"); ip=${ip%.eml}; ip=${ip%.xarf.json}
	n=$(IFS=.; set -- $ip; sqlite3 db "SELECT count(*) FROM delivery JOIN node ON node.id = peer WHERE address = ($1<<24)+($2<<16)+($3<<8)+$4")
	[ "$n" -gt 0 ] || fail "a report about $ip, which delivered nothing"
done <list
"$tests/xarf/validate.py" reports/*.xarf.json || fail "XARF reports are not valid by the schema of their version"
for change in 'del(.threat_type)' '.source_identifier = "named"' 'del(.reporter.domain)' '.evidence[0].hash = "sha256:0"'; do
	for x in reports/*.xarf.json; do break; done
	jq "$change" "$x" >broken.json
	"$tests/xarf/validate.py" broken.json >/dev/null && fail "the check of XARF lets $change pass"
done
sum=$(sha256sum seen.jsonl | cut -c 1-64)
for f in reports/*.eml reports/*.xarf.json; do
	tr -s ' \n' ' ' <"$f" >flat
	for words in "All these records were imported from a file of observations: this program did not receive them itself" \
	    "SHA-256 $sum, imported" "nodes pass on what others told them, so a delivering host is often an innocent relay"; do
		grep -qF "$words" flat || fail "$f does not say: $words"
	done
	[ "${f%.eml}" = "$f" ] || awk 'length > 998 { exit 1 }' "$f" || fail "$f has a line that no mail may have"
done
python3 - reports/*.eml <<'END' || fail "a report is no mail"
import email, email.policy, sys
for path in sys.argv[1:]:
    m = email.message_from_binary_file(open(path, "rb"), policy=email.policy.strict)
    assert m["Date"].datetime and m["Message-ID"] and m["From"].addresses[0].addr_spec == "lab@example.org"
    assert not m.defects and len(m["Subject"]) < 200
END
grep -lq 'the overlay.s handshake was completed' reports/*.eml || fail "no report speaks of the handshake"
cp db silent; sqlite3 silent 'UPDATE contact SET outcome = 2; DELETE FROM notice'
report --db silent $few --imported --out silent-reports -q >/dev/null || fail "notify without handshakes"
grep -L 'no completed handshake is recorded' silent-reports/*.eml | grep -q . && fail "a handshake is claimed that nobody recorded"
grep -lq 'ハンドシェイク完了後にデータを受信' silent-reports/*.eml && fail "the Japanese part claims a handshake"
status=0; out=$("$k" notify --incident 1 --out reports2 --again 2>&1) || status=$?
[ $status = 2 ] && grep -q -- '--contact ADDRESS is missing' <<<"$out" || fail "a report without a contact: status $status, $out"
status=0; report $few --imported --out reports2 -q >/dev/null || status=$?
[ $status = 3 ] || fail "the same hosts were written to twice: status $status"

# ---- reports grouped by network, where libmaxminddb is built in ----
first=$(sed -n 's|.*/\([0-9.]*\)\.eml$|\1|p' list | head -n 1)
"$tests/tiny_mmdb.py" networks.mmdb "${first%.*}.0/24=64500"
status=0; out=$(report --db silent $few --imported --out grouped --again --mmdb networks.mmdb -q 2>&1) || status=$?
if [ $status = 0 ]; then
	[ -s "grouped/AS64500/$first.eml" ] || fail "the report on $first is not with its network"
	[ "$(find grouped -name '*.eml' | wc -l)" = "$(find grouped/AS64500 grouped/unknown -name '*.eml' | wc -l)" ] || fail "a report belongs to no network"
	echo not an mmdb >broken.mmdb
	report --db silent $few --imported --out grouped2 --again --mmdb broken.mmdb -q 2>&1 | grep -q 'want an MMDB file' || fail "a broken MMDB file is taken"
	for edition in wrong-edition corrupt-tree; do	# a lookup that failed found nothing out
		"$tests/tiny_mmdb.py" --$edition $edition.mmdb
		expect 1 "$edition.mmdb: the lookup of" report --db silent $few --imported --out grouped3 --again --mmdb $edition.mmdb -q
		[ ! -e grouped3 ] || fail "reports were written by a file that knows nothing"
	done
else
	grep -q 'was built without libmaxminddb' <<<"$out" || fail "notify --mmdb: $out"
fi

# ---- checkpoints ----
"$k" checkpoint --key key --out heads.txt -q
head -n 6 heads.txt >head && sed -n 7,10p heads.txt >head.minisig
minisign -V -q -p key.pub -m head || fail "minisign refuses the checkpoint"
status=0; "$k" checkpoint --key key --out heads.txt -q || status=$?
[ $status = 3 ] || fail "two checkpoints a day: status $status"
"$k" verify --db db --checkpoints heads.txt --pub key.pub -q || fail "the log is not as published"
"$k" export --incident 1 --key key --out with.tar --checkpoints heads.txt -q
"$k" verify with.tar --pub key.pub -q >said || fail "kansoku refuses a bundle with checkpoints"
grep -q '^recomputed.*before the checkpoints that cover it' said || fail "a bundle is not covered by its checkpoint: $(cat said)"
: >empty
expect 1 'none of its 0 checkpoints' "$k" export --incident 1 --key key --out none.tar --checkpoints empty -q
expect 1 'holds no checkpoint, so nothing was compared' "$k" verify --db db --checkpoints empty --pub key.pub -q
"$k" verify flood.tar heads.txt --pub key.pub -q >/dev/null || fail "the bundle is not of the log that was published"

# ---- an outside witness: a time stamp (RFC 3161) over a checkpoint, verified offline ----
cat >tsa.cnf <<'END'
[tsa]
default_tsa = t
[t]
serial = serial
signer_digest = sha256
default_policy = 1.2.3.4
digests = sha256, sha512
accuracy = secs:1
[ext]
extendedKeyUsage = critical,timeStamping
END
openssl req -x509 -newkey rsa:2048 -nodes -keyout tsa.key -out tsa.pem -subj '/CN=a test authority' -days 2 \
    -addext extendedKeyUsage=critical,timeStamping >/dev/null 2>&1 || fail "no test authority"
echo 01 >serial
mkdir stamps
sed -n 1,10p heads.txt >block
entry=$(sed -n 's/^entry: //p' block)
openssl ts -query -data block -sha512 -cert -out q.tsq 2>/dev/null
openssl ts -reply -config tsa.cnf -section t -queryfile q.tsq -inkey tsa.key -signer tsa.pem -out "stamps/$entry.tsr" 2>/dev/null || fail "no time stamp"
bash plain/verify.sh with.tar key.pub 3 tsa.pem stamps >said || fail "verify.sh refuses a time stamp: $(cat said)"
grep -q "^entry $entry was logged before" said || fail "verify.sh does not say when: $(cat said)"
sed 's/round/sound/' block >other
openssl ts -query -data other -sha512 -cert -out q.tsq 2>/dev/null
openssl ts -reply -config tsa.cnf -section t -queryfile q.tsq -inkey tsa.key -signer tsa.pem -out "stamps/$entry.tsr" 2>/dev/null
bash plain/verify.sh with.tar key.pub 3 tsa.pem stamps >said && fail "verify.sh takes a time stamp of something else"
grep -q "^FAILED $entry.tsr" said || fail "verify.sh does not name the stamp: $(cat said)"
rm stamps/*
bash plain/verify.sh with.tar key.pub 3 tsa.pem stamps >said && fail "verify.sh compared nothing and calls it good"

# ---- a log whose end was cut ----
"$k" verify --db db -q >said && grep -q 'whether rounds after it were cut off cannot be known without a checkpoint' said || fail "verify --db: $(cat said)"
"$k" verify --db db --checkpoints heads.txt --pub key.pub -q >said && grep -q 'is covered by a published checkpoint' said || fail "verify --db --checkpoints: $(cat said)"
cp db cut.db
last=$(sqlite3 db 'SELECT max(round) FROM log_chain')
sqlite3 cut.db "DROP TRIGGER log_chain_is_kept; DELETE FROM log_chain WHERE round = $last; DELETE FROM log_round WHERE round = $last;
    DELETE FROM sighting WHERE id >= (SELECT min(first) FROM delivery WHERE round = $last); DELETE FROM delivery WHERE round = $last;
    DELETE FROM neighbour WHERE round = $last; DELETE FROM query WHERE round = $last; DELETE FROM contact WHERE round = $last;
    DELETE FROM seen WHERE round = $last; DELETE FROM round WHERE id = $last; DELETE FROM raw_record WHERE sighting > (SELECT max(id) FROM sighting);
    CREATE TRIGGER log_chain_is_kept BEFORE DELETE ON log_chain
BEGIN SELECT raise(ABORT, 'the chain is append-only'); END"
"$k" verify --db cut.db --checkpoints heads.txt --pub key.pub -q >said && fail "a cut log is called good beside its checkpoint"
grep -q 'is not what was published' said || fail "the missing entry is not named: $(cat said)"

# ---- the database ----
"$k" verify --db db -q || fail "the log of an untouched database does not match"
tamper() {	# ROUND SQL
	cp db bad.db
	sqlite3 bad.db "$2"
	out=$("$k" verify --db bad.db -q) && fail "not found: $2"
	grep -q "^round $1: " <<<"$out" || fail "round $1 not named: $2: $out"
}
for i in 1 2 3 4 5; do
	tamper $i "UPDATE delivery SET t_ms = t_ms + 1 WHERE round = $i"
	tamper $i "DELETE FROM contact WHERE id = (SELECT max(id) FROM contact WHERE round = $i)"
	tamper $i "INSERT INTO contact (round, t_ms, node, inbound, outcome) VALUES ($i, 1, 1, 0, 0)"
	tamper $i "UPDATE sighting SET advert = advert + 1 WHERE id = (SELECT first FROM delivery WHERE round = $i LIMIT 1)"
	tamper $i "UPDATE round SET reached = reached + 1 WHERE id = $i"
done
"$k" prune -q --pseudonymous 30d
"$k" verify --db db --checkpoints heads.txt --pub key.pub -q || fail "the pruned log does not match"
"$k" verify flood.tar --pub key.pub -q || fail "an old bundle is refused after pruning"
echo ok
