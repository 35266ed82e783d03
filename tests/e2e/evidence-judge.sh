#!/bin/bash
# A judge without kansoku: the script that is in a bundle judges it in a root folder that
# holds minisign, openssl, jq and the tools of any Debian, and nothing else: no kansoku, no
# library of its, no network, no /proc.
. "$(dirname "$0")/lib.sh"
set -e
tools="bash minisign openssl jq tar awk sed grep find cmp
    b2sum sha256sum basename cat comm cut date fold head mkdir mktemp realpath rm sort tail tee tr uniq wc"
lacking() { echo "ok: skipped, $*"; exit 0; }
for x in $tools; do command -v "$x" >/dev/null || lacking "$x is not installed"; done
in_root() { unshare -r -n chroot "$place/root" "$@"; }

mkdir -p root/bin root/tmp root/dev root/work
: >root/dev/null		# who may not make devices writes into a file
for x in $tools; do cp -L "$(type -P "$x")" "root/bin/$x"; done
for x in $tools; do ldd "root/bin/$x" | grep -o '/[^ ]*' || true; done | sort -u | while read -r lib; do
	mkdir -p "root${lib%/*}"
	cp -L "$lib" "root$lib"
done
in_root /bin/bash -c 'exit 7' 2>err && status=0 || status=$?
[ $status = 7 ] || lacking "no root folder of one's own here: $(cat err)"

"$build/kansoku-lab" simulate -q --world "$worlds/demo.ini" --days 1 --nodes 300 --jsonl seen.jsonl
"$kansoku" import -q --db db seen.jsonl
"$kansoku" analyze -q --db db >/dev/null
"$kansoku" keygen -q --key key
"$kansoku" export -q --db db --incident 1 --key key --out root/work/flood.tar --no-charts
cp key.pub root/work/
judge() {	# RECORDS: says what the script says, which comes out of the bundle itself
	rm -f root/work/verify.sh
	in_root /bin/bash -c 'export PATH=/bin; cd /work && tar -xf flood.tar verify.sh && exec bash verify.sh flood.tar key.pub '"$1" >said 2>&1
}
in_root /bin/bash -c 'PATH=/bin; type kansoku' >/dev/null 2>&1 && fail "there is a kansoku in the root folder"
judge 6 || fail "the judge refuses a good bundle: $(cat said)"
grep -q '^good: signature, files, ' said || fail "the judge says: $(cat said)"
grep -q 'not found\|No such file\|command' said && fail "the script needs more than it says: $(cat said)"

# ---- and a bundle that lies, signed by the same key ----
comment=$(sed -n 's/^trusted comment: //p' root/work/flood.tar.minisig)
mkdir lie && tar -xf root/work/flood.tar -C lie
python3 - lie <<'END'
import hashlib, json, os, sys
os.chdir(sys.argv[1])
rows = [r.split(",") for r in open("rounds.csv", newline="").read().split("\r\n")[:-1]]
for c in range(rows[0].index("instant"), rows[0].index("flood_high") + 1):	# two rounds' labels change places
    rows[2][c], rows[3][c] = rows[3][c], rows[2][c]
open("rounds.csv", "w", newline="").write("".join(",".join(r) + "\r\n" for r in rows))
m = json.load(open("manifest.json"))
for e in m["files"]:
    d = open(e["path"], "rb").read()
    e.update(bytes=len(d), sha256=hashlib.sha256(d).hexdigest(), blake2b_256=hashlib.blake2b(d, digest_size=32).hexdigest())
json.dump(m, open("manifest.json", "w"), indent=2)
names = sorted(n for n in os.listdir(".") if n != "SHA256SUMS")
open("SHA256SUMS", "w").write("".join(f"{hashlib.sha256(open(n, 'rb').read()).hexdigest()}  {n}\n" for n in names))
END
(cd lie && tar --format=ustar --sort=name --owner=0 --group=0 -cf ../root/work/flood.tar -- *)
rm root/work/flood.tar.minisig
minisign -S -s key -m root/work/flood.tar -t "$comment" </dev/null >/dev/null
judge 2 && fail "the judge takes labels that changed places"
grep -q '^FAILED rounds.csv: round .*: keys named [0-9]* sources, and instant is' said || fail "the judge says: $(cat said)"
status "kansoku and that bundle" 1 "$kansoku" verify -q root/work/flood.tar --pub key.pub >said
grep -q '^FAILED rounds.csv' said || fail "kansoku says: $(cat said)"
echo ok
