#!/bin/bash
# Verifies an evidence bundle without kansoku: minisign, openssl, sha256sum, b2sum and
# jq, beside tar and awk.
# usage: bash verify.sh FILE.tar KEY.pub [RECORDS [TSA.pem STAMPS]]
#
# RECORDS is how many records' proofs are checked, evenly spread: 40 if not
# given, "all" for all (a second for 25).  With TSA.pem, the certificate of a time
# stamping authority, STAMPS is a folder of its replies (RFC 3161) over checkpoints,
# ENTRY.tsr over the ten lines of the checkpoint of that entry.  Names each thing that
# fails; then the exit status is 1.  It ends by saying what it did not check.
set -u
export LC_ALL=C
tar=$1 pub=$2 most=${3:-40} tsa=${4:-} stamps=${5:-}
failures=0
fail() { echo "FAILED $1: $2"; failures=$((failures + 1)); }
for tool in minisign openssl sha256sum b2sum jq tar awk; do
	command -v $tool >/dev/null || { echo "$tool is needed"; exit 2; }
done
for f in "$tar" "$tar.minisig" "$pub"; do
	[ -r "$f" ] || { echo "$f cannot be read"; exit 2; }
done
t=$(mktemp -d)
trap 'rm -rf "$t"' EXIT
[ -z "$stamps" ] || stamps=$(realpath "$stamps")
[ -z "$tsa" ] || tsa=$(realpath "$tsa")

# ---- the signature, twice ----------------------------------------------------

minisign -V -q -p "$pub" -m "$tar" >/dev/null 2>&1 || fail signature "minisign does not accept it"

b64() { sed -n "$1p" "$2" | tr -d '\r' | openssl base64 -d -A; }
b64 2 "$pub" | tail -c 32 >"$t/pk"
{ printf '\060\052\060\005\006\003\053\145\160\003\041\000'; cat "$t/pk"; } >"$t/pk.der"
ed25519() { openssl pkeyutl -verify -pubin -keyform DER -inkey "$t/pk.der" -rawin -in "$1" -sigfile "$2" >/dev/null 2>&1; }
b64 2 "$tar.minisig" | tail -c 64 >"$t/sig"
openssl dgst -blake2b512 -binary "$tar" >"$t/hash"
ed25519 "$t/hash" "$t/sig" || fail signature "openssl does not accept it"
comment=$(sed -n 's/^trusted comment: //p' "$tar.minisig")
{ cat "$t/sig"; printf %s "$comment"; } >"$t/covered"
b64 4 "$tar.minisig" >"$t/global"
ed25519 "$t/covered" "$t/global" || fail signature "the trusted comment is not genuine"
signed_as=$(printf '%s\n' "$comment" | tr '\t' '\n' | sed -n 's/^file://p')
[ "$signed_as" = "$(basename "$tar")" ] || fail name "was signed as $signed_as"

# What is not signed is not looked at.
[ $failures = 0 ] || { echo "$failures failures"; exit 1; }

# ---- the files ------------------------------------------------------------------

mkdir "$t/b"
tar -xf "$tar" -C "$t/b" 2>/dev/null || fail tar "cannot be unpacked"
[ "$(tar -tf "$tar" | sort)" = "$(tar --ignore-zeros -tf "$tar" | sort)" ] || fail tar "holds a second tar behind its end"
cd "$t/b" || exit 2
[ "$(jq -r .format manifest.json)" = kansoku-evidence/3 ] || fail manifest.json "is of another format than this script knows"
[ "$(printf '%s\n' "$comment" | tr '\t' '\n' | sed -n 's/^db://p')" = "$(jq -r .database manifest.json)" ] ||
    fail manifest.json "its database is not the one that was signed for"
sha256sum -c --quiet SHA256SUMS >"$t/sums" 2>&1 ||
    while IFS=: read -r name what; do fail "$name" "SHA256SUMS:$what"; done <"$t/sums"
find . -type f ! -name SHA256SUMS | sed 's|^\./||' | sort >"$t/have"
sed 's/^[0-9a-f]*  //' SHA256SUMS | sort >"$t/listed"
comm -3 "$t/have" "$t/listed" | while read -r name; do echo "FAILED SHA256SUMS: $name"; done | tee "$t/odd"
[ -s "$t/odd" ] && failures=$((failures + 1))
jq -r '.files[] | "\(.sha256)  \(.path)"' manifest.json | sha256sum -c --quiet >/dev/null 2>&1 ||
    fail manifest.json "its SHA-256 sums"
jq -r '.files[] | "\(.blake2b_256)  \(.path)"' manifest.json | b2sum -l 256 -c --quiet >/dev/null 2>&1 ||
    fail manifest.json "its BLAKE2b-256 sums"

# ---- the chain over the rounds -----------------------------------------------------

# Bytes of hex digits, and BLAKE2b-256 of bytes given in hex.
bytes() { printf "$(printf %s "$1" | sed 's/../\\x&/g')"; }
hash() { bytes "$1" | b2sum -l 256 | cut -c 1-64; }
be64() { printf '%016x' "$1"; }
ms() { if [ -n "$1" ]; then echo $(($(date -u -d "$1" +%s%3N))); else echo -1; fi; }

head=$(jq -r .chain.before manifest.json)
tr -d '\r' <rounds.csv | tail -n +2 >"$t/rounds"
seq_before=
origins=(crawled listened captured imported)
while IFS=, read -r seq round start end complete tried reached keys neighbours queries contacts rest; do
	h=${rest##*,} rest=${rest%,*}; parts=${rest##*,} rest=${rest%,*}
	salt=${rest##*,} rest=${rest%,*}; record=${rest##*,} rest=${rest%,*}; origin=${rest##*,}
	leaves=0
	for i in 0 1 2 3 4; do leaves=$((leaves + 16#${parts:$((80 * i)):16})); done
	root=$(hash "03$parts")
	want=$(hash "02$head$(be64 "$round")$(be64 $leaves)$(be64 "$(ms "$start")")$(be64 "$(ms "$end")")$root")
	[ "$want" = "$h" ] || fail rounds.csv "round $round: does not follow from the row before it"
	[ -z "$seq_before" ] || [ "$seq" = $((seq_before + 1)) ] || fail rounds.csv "entry $seq follows $seq_before"
	[ "$leaves" = $((1 + keys + neighbours + queries + contacts)) ] || fail rounds.csv "round $round: counts"
	if [ -n "$record" ]; then
		[ "$(hash "00$salt$record")" = "${parts:16:64}" ] || fail rounds.csv "round $round: its record is not what was logged"
		said=$(printf '%02x' "$complete")$(be64 "${tried:--1}")$(be64 "${reached:--1}")
		[ "${origins[16#${record:44:2}]}" = "$origin" ] || fail rounds.csv "round $round: came in another way than it says"
		echo "$origin" >>"$t/origins"
		[ "${record:42:2}${record:46:32}" = "$said" ] || fail rounds.csv "round $round: does not say what its record says"
	fi
	head=$h seq_before=$seq
	echo "$round $parts" >>"$t/parts"
	echo "$seq $h" >>"$t/heads"
	[ -z "$record" ] || echo "$round $complete ${record:126:64} $(cut -d , -f 3 <<<"$rest")" >>"$t/records"
done <"$t/rounds"
[ "$head" = "$(jq -r .chain.head manifest.json)" ] || fail rounds.csv "does not end with the head of manifest.json"

for o in "${origins[@]}"; do
	[ "$(grep -cx "$o" "$t/origins")" = "$(jq -r ".origins.$o" case.json)" ] || fail case.json "origins: $o"
done
sort "$t/origins" | uniq -c | while read -r n o; do echo "$n rounds were $o"; done

# ---- how many sources keys named in each round: its record commits to all nodes seen -----

if [ -e seen.txt ]; then
	[ "$(cut -d ' ' -f 1 seen.txt)" = "$(awk '$2 == 1 { print $1 }' "$t/records")" ] || fail seen.txt "not the complete rounds of the incident"
	while read -r round nodes; do
		read -r _ _ want instant <<<"$(grep "^$round " "$t/records")"
		[ "$(hash "$nodes")" = "$want" ] || fail seen.txt "round $round: is not what the round's record commits to"
		sources=$(fold -w 18 <<<"$nodes" | grep -c '[13579bdf]$')
		[ "${instant:-$sources}" = "$sources" ] || fail rounds.csv "round $round: keys named $sources sources, and instant is $instant"
	done <seen.txt
fi

# ---- the checkpoints that it carries, and who stamped them ------------------------------

stamped=0
if [ -e checkpoints.txt ]; then
	awk -v t="$t/cp" 'BEGIN { RS = ""; ORS = "\n" } { print > (t NR) }' checkpoints.txt
fi
for c in "$t"/cp*; do
	[ -e "$c" ] || continue
	head -n 6 "$c" >"$t/body"; sed -n 7,10p "$c" >"$t/body.minisig"
	entry=$(sed -n 's/^entry: //p' "$t/body")
	b64 2 "$t/body.minisig" | tail -c 64 >"$t/sig"
	openssl dgst -blake2b512 -binary "$t/body" >"$t/hash"
	{ cat "$t/sig"; sed -n 's/^trusted comment: //p' "$t/body.minisig" | tr -d '\n'; } >"$t/covered"
	b64 4 "$t/body.minisig" >"$t/global"
	{ ed25519 "$t/hash" "$t/sig" && ed25519 "$t/covered" "$t/global"; } || fail checkpoints.txt "entry $entry: is not signed by this key"
	known=$(awk -v e="$entry" '$1 == e { print $2 }' "$t/heads")
	[ -n "$known" ] || [ "$entry" != $(($(head -n 1 "$t/heads" | cut -d ' ' -f 1) - 1)) ] || known=$(jq -r .chain.before manifest.json)
	[ "$(sed -n 's/^head: //p' "$t/body")" = "$known" ] || fail checkpoints.txt "entry $entry: is of another log, or another time"
	[ -n "$tsa" ] && [ -e "$stamps/$entry.tsr" ] || continue
	if openssl ts -verify -data "$c" -in "$stamps/$entry.tsr" -CAfile "$tsa" >/dev/null 2>&1; then
		openssl ts -reply -in "$stamps/$entry.tsr" -text 2>/dev/null | sed -n "s/^Time stamp: /entry $entry was logged before /p"
		stamped=$((stamped + 1))
	else
		fail "$entry.tsr" "is no time stamp of this authority over the checkpoint of entry $entry"
	fi
done
[ -z "$tsa" ] || [ $stamped -gt 0 ] || fail "$stamps" "nothing was compared: no time stamp is of a checkpoint in this bundle"

# ---- the records and their proofs ------------------------------------------------------

# The endpoint that the hex digits in $left begin with: to $said, and $left goes on behind it.
endpoint() {
	case ${left:0:2} in 01) n=14;; 02 | 06) n=38;; *) n=70;; esac
	said=${left:0:n} left=${left:n}
}
# An endpoint's text in the hex digits that a record has of it; IPv4 and IPv6 alone.
packed() {
	local address=${1%:*} port=${1##*:} group head tail hex=
	case $address in
	\[*)
		address=${address#[} address=${address%]}
		head=${address%%::*} tail=
		[ "$head" = "$address" ] || tail=${address#*::}
		for group in ${head//:/ }; do hex=$hex$(printf '%04x' "0x$group"); done
		address=$hex hex=
		for group in ${tail//:/ }; do hex=$hex$(printf '%04x' "0x$group"); done
		while [ $((${#address} + ${#hex})) -lt 32 ]; do address=${address}0000; done
		printf '02%s%s%04x' "$address" "$hex" "$port";;
	*)
		printf '01%02x%02x%02x%02x%04x' ${address//./ } "$port";;
	esac
}

total=$(wc -l <keys.jsonl)
step=1
[ "$most" = all ] || [ "$total" -le "$most" ] || step=$(((total + most - 1) / most))
checked=0
hidden=$(jq -r '.pseudonyms != null' manifest.json)
jq -r --argjson step "$step" 'select((input_line_number - 1) % $step == 0) |
    [input_line_number, .type, .round, .index, .leaves, .leaf, (.salt // "-"), .record, (.raw // "-"), .source, .peer] + .proof |
    map(tostring) | join(" ")' keys.jsonl >"$t/lines"
while read -r number type round index leaves leaf salt record raw source peer proof; do
	if [ "$hidden" = false ]; then
		[ "$(hash "00$salt$record")" = "$leaf" ] || fail keys.jsonl "line $number: record and salt do not give the leaf"
		left=${record:26}
		endpoint; peer_of=$said
		endpoint
		endpoint
		[ "$peer_of $said" = "$(packed "$peer") $(packed "$source")" ] || fail keys.jsonl "line $number: does not say what its record says"
		left=${left:$((2 + 2 * 16#${left:0:2}))}	# behind the content's id
		[ "$raw" = - ] || [ "00000020$(hash "$raw")" = "${left:0:72}" ] || fail keys.jsonl "line $number: raw bytes"
	fi
	at=$leaf i=$index width=$leaves
	for sibling in $proof end; do
		# The right edge goes up as it is.
		while [ "$width" -gt 1 ] && [ $((i ^ 1)) -ge "$width" ]; do i=$((i / 2)) width=$(((width + 1) / 2)); done
		[ "$sibling" = end ] && break
		if [ $((i % 2)) = 1 ]; then at=$(hash "01$sibling$at"); else at=$(hash "01$at$sibling"); fi
		i=$((i / 2)) width=$(((width + 1) / 2))
	done
	tree=1; [ "$type" = neighbour ] && tree=2
	parts=$(awk -v r="$round" '$1 == r { p = $2 } END { print p }' "$t/parts")
	[ "$width" = 1 ] && [ "$at" = "${parts:$((80 * tree + 16)):64}" ] || fail keys.jsonl "line $number: the proof does not lead to what was logged"
	checked=$((checked + 1))
done <"$t/lines"

# ---- every count ---------------------------------------------------------------------------

count() {	# NAME VALUE: what case.json must say
	said=$(jq -r ".counts.$1" case.json)
	[ "$said" = "$2" ] || fail case.json "counts.$1 says $said, and $2 follows"
}
count records "$(jq -n 'reduce inputs as $l (0; . + 1)' keys.jsonl)"
count sources "$(jq -r .source keys.jsonl | sort -u | wc -l)"
count peers "$(jq -r .peer keys.jsonl | sort -u | wc -l)"
sums=$(awk -F, '$27 != "" { n++; c += $5; t += $6; r += $7 } END { print n + 0, c + 0, t + 0, r + 0 }' "$t/rounds")
read -r rounds complete tried reached <<<"$sums"
count rounds "$rounds"
count rounds_complete "$complete"
count tried "$tried"
count reached "$reached"
if [ "$(jq '.counts.records == .stated.records' case.json)" = true ]; then
	jq -r '[.peer, .t[0:19] + "Z"] | join(" ")' keys.jsonl | sort |
	    awk '$1 != p { if (p) print p, n, f, l; p = $1; n = 0; f = $2 } { n++; l = $2 } END { if (p) print p, n, f, l }' >"$t/peers"
	tr -d '\r' <peers.csv | tail -n +2 | awk -F, '{ print $2, $5, $8, $9 }' | sort >"$t/said"
	sort "$t/peers" | cmp -s - "$t/said" || fail peers.csv "records, first and last time do not follow from keys.jsonl"
fi

if [ $failures -gt 0 ]; then
	echo "$failures failures"
	exit 1
fi
echo "good: signature, files, $(wc -l <"$t/rounds") entries of the chain, $checked of $total proofs, every count"
echo "taken on trust: that the sources are bogus, shares and labels, statistics, the estimate, the case's history, charts"
jq -r '"witness of the log: " + .log.witness' manifest.json
