#!/bin/sh
# Keys go both ways between kansoku and minisign, plain and with a password.
. "$(dirname "$0")/lib.sh"
set -e

echo hello >m
echo sesame >pw
echo wrong >bad

"$kansoku" keygen --key plain
[ "$(stat -c %a plain)" = 600 ] || fail "secret key is not 0600"
[ "$(stat -c %a plain.pub)" = 644 ] || fail "public key is not 0644"
minisign -S -W -s plain -m m </dev/null >/dev/null 2>&1 || fail "minisign does not sign with our plain key"
minisign -V -q -p plain.pub -m m || fail "minisign does not verify with our public key"
minisign -R -s plain -p again.pub </dev/null >/dev/null 2>&1 || fail "minisign does not read our plain key"
[ "$(tail -n 1 again.pub)" = "$(tail -n 1 plain.pub)" ] || fail "another public key recreated"

"$kansoku" keygen --key locked --pub elsewhere.pub --password-file pw
minisign -S -s locked -m m <pw >/dev/null 2>&1 || fail "minisign does not open our locked key"
minisign -V -q -p elsewhere.pub -m m || fail "signature of the locked key"
minisign -S -s locked -m m <bad >/dev/null 2>&1 && fail "minisign opens our key with a wrong password"

# Nothing is overwritten, and half a pair is not left behind.
cp plain before
"$kansoku" keygen --key plain 2>err && fail "overwrote a key"
grep -q 'plain exists already' err || fail "the complaint does not name the file"
cmp plain before || fail "the key changed"
rm plain
"$kansoku" keygen --key plain 2>err && fail "overwrote a public key"
[ ! -e plain ] || fail "left half a pair"
umask 077
"$kansoku" keygen --key strict
[ "$(stat -c %a strict.pub)" = 644 ] || fail "the umask got at the public key"
echo ok
