#!/bin/sh
# usage: crawl-dry-run.sh BUILD
#
# --dry-run says who would be dialled and why others would not; it dials nobody
# and makes nothing.
. "$(dirname "$0")/lib.sh"
area

peers $n.1:24501=polite,$n.2:24502,8.8.8.8:53
printf "$n.1:24501\n$m.1:24501\n10.0.0.1:4000\n$n.7:24507\n" >list
echo $n.7 >optout
status "a dry run" 0 crawl --peers list --scope $n.0/24 --opt-out optout --dry-run
cat >want <<END
dial $n.1:24501
skip 10.0.0.1:4000 special-purpose
skip $m.1:24501 outside the scope
skip $n.7:24507 opted out
END
sort want >want.sorted; sort out | diff want.sorted - || fail "what would be dialled"
[ ! -e a.db ] || fail "a dry run made a database"
same "nobody was dialled" 0 "$(wc -l <log)"

status "a crawl" 0 crawl --peers list --scope $n.0/24 --opt-out optout
before=$(db 'SELECT count(*) FROM run; SELECT count(*) FROM round; SELECT count(*) FROM contact')
status "a dry run from the database" 0 crawl --scope $n.0/24 --dry-run
grep -q "^dial $n.2:24502" out || fail "the source of a key is on the list"
grep -q "^skip 8.8.8.8:53 outside the scope" out || fail "a source outside the scope is not"
same "it changed nothing" "$before" \
    "$(db 'SELECT count(*) FROM run; SELECT count(*) FROM round; SELECT count(*) FROM contact')"
status "nobody to dial" 3 crawl --peers list --scope $o.0/24 --dry-run
