#!/bin/sh
# usage: text-inputs.sh BUILD
#
# What an operator's editor may have made of a text file is read as it was meant,
# or refused with the reason: nobody who opted out is dialled for a line end.
. "$(dirname "$0")/lib.sh"
cases=$here/cases
returns() {	# STATUS COMMAND...: with what it says in out and err
	want=$1 got=0; shift
	"$@" >out 2>err || got=$?
	[ $got = "$want" ] || fail "status $got, want $want: $*"
}
dry_run() {	# WANT OPTION...
	want=$1; shift
	returns "$want" "$kansoku" crawl --db a.db --scope 58.0.0.0/8 --dry-run "$@"
}
opted_out() {	# LIST ENDPOINT...: these are skipped for the list, and no others
	list=$1; shift
	for e; do echo "skip $e opted out"; done | sort >want
	grep "opted out" out | sort | cmp -s want - || fail "$list opts out: want $*"
}

printf '58.0.1.3:7743   # a friend\n' >remarks.txt
printf '# all of it\nscope = 58.0.0.0/9\t# half of it\nsensor = a#b # remarks stand behind a blank\n' >remarks.conf
returns 0 "$kansoku" crawl --config remarks.conf --db a.db --peers remarks.txt --dry-run
grep -qx 'dial 58.0.1.3:7743' out || fail "remarks behind values"
dry_run 0 --peers "$cases/peers.txt" --opt-out "$cases/optout-bom.txt"
opted_out optout-bom.txt 58.0.0.1:7743 58.0.0.2:7743
grep -qx 'dial 58.0.1.3:7743' out || fail "who is not on the list is dialled"
for list in optout-cr.txt optout-cr2.txt; do
	dry_run 3 --peers "$cases/peers.txt" --opt-out "$cases/$list"
	opted_out $list 58.0.0.1:7743 58.0.0.2:7743 58.0.1.3:7743
done
dry_run 2 --peers "$cases/peers.txt" --opt-out "$cases/optout-nul.txt"
grep -q 'optout-nul.txt:1: .*zero byte' err || fail "a zero byte is named"
[ ! -s out ] || fail "somebody would be dialled"

# Peers, in each form; the last line without an end.
printf '58.0.0.1:7743\r58.0.0.2:7743 \t\r\n\r\n# more\r58.0.1.3:7743' >peers
dry_run 0 --peers peers
[ "$(grep -c ^dial out)" = 3 ] || fail "peers behind CR, CRLF and at the end"
for code in utf-16 utf-16be utf-16le; do
	iconv -f ascii -t $code "$cases/peers.txt" >$code
	dry_run 2 --peers $code
	[ ! -s out ] || fail "$code: somebody would be dialled"
done
printf '\376\377\0005' >utf-16-mark
for f in utf-16 utf-16-mark; do
	dry_run 2 --peers $f
	grep -q "$f: this is UTF-16" err || fail "$f is named"
done
dry_run 2 --peers /dev/zero

# Settings.
printf '\357\273\277[crawl]\rscope = 58.0.0.0/8\r  sensor = s1\r' >conf
returns 0 "$kansoku" crawl --db a.db --config conf --peers peers --dry-run
printf 'scope = 58.0.0.0/8\nsen\0sor = s1\n' >conf
returns 2 "$kansoku" crawl --db a.db --config conf --peers peers --dry-run
grep -q 'conf:2: .*zero byte' err || fail "a zero byte in the settings is named"

# What never ends is no list, and no settings.
endless=$(printf '#%01000d' 0)
yes "# nothing" | returns 2 "$kansoku" crawl --db a.db --config /dev/stdin --peers peers --dry-run
grep -q 'stdin: longer than 1 MiB, or without an end' err || fail "endless settings"
yes "$endless" | returns 2 "$kansoku" crawl --db a.db --scope 58.0.0.0/8 --peers peers --opt-out /dev/stdin --dry-run
grep -q 'stdin: longer than 512 MiB, or without an end' err || fail "an endless list"
returns 1 sh -c 'yes | tr -d "\n" | "$0" import --db e.db -' "$kansoku"
grep -q 'standard input: a line has no end' err || fail "an endless line"

# Observations.
returns 0 "$kansoku" import --db b.db "$cases/bom.jsonl"
grep -q 'observations 1, rounds 1 (1 complete), bad lines 0' err || fail "a mark before JSON"
tr '\n' '\r' <"$cases/bom.jsonl" >cr.jsonl
returns 0 "$kansoku" import --db c.db cr.jsonl
iconv -f utf-8 -t utf-16 "$cases/bom.jsonl" >utf16.jsonl
line='{"type":"round","round":%s,"sensor":"s","overlay":"winny","start":"%s-05-21T00:00:00.000Z"}\n'
printf "$line" 4294967295 2010 >number.jsonl; printf "$line" 1 9990 >year.jsonl
returns 1 "$kansoku" import --db e.db number.jsonl
grep -q 'number.jsonl:1: round: want a whole number from 1 to 2147483647' err || fail "a round that has no next"
returns 1 "$kansoku" import --db e.db year.jsonl
grep -q 'year.jsonl:1: start: want a time .* 1970 to 9989' err || fail "a year that no chart has"
[ ! -e e.db ] || fail "they left something"
returns 1 "$kansoku" import --db d.db utf16.jsonl
grep -q 'utf16.jsonl: this is UTF-16' err || fail "UTF-16 before JSON is named"

# A password is what one types: without the line end of its file.
printf 'sesame\r\n' >crlf; printf 'se\tsame\n' >tab
returns 0 "$kansoku" keygen --key k --password-file crlf
echo hello >m
echo sesame | minisign -S -s k -m m >out 2>err || fail "the password of a CRLF file cannot be typed"
returns 1 "$kansoku" keygen --key k2 --password-file tab
grep -q 'tab: .*control characters' err || fail "a control character is named"
echo "ok: text files are read as meant, or refused"
