#!/bin/sh
# usage: crawl-misuse.sh BUILD
#
# A wrong option, value, file or combination: status 2, one line that names it,
# and nothing is made.
. "$(dirname "$0")/lib.sh"

echo 127.0.0.1:24601 >list
echo "not a node" >junk
echo "1.2.3.4/8" >cidr
printf '[crawl]\nscope = 127.0.0.0/8\npeers = list\nrounds = many\n' >word.ini
printf 'scope = 127.0.0.0/8\n\nfrequency = 3\n' >unknown.ini
printf 'rounds = 1\nrounds = 2\n' >twice.ini
printf '[crawl]\nrounds\n' >novalue.ini
printf '[sensor]\nrounds = 1\n' >section.ini
printf 'json = maybe\n' >flag.ini
printf 'config = word.ini\n' >nested.ini
printf 'retry = %0300d\n' 7 >long.ini

refused() {	# PATTERN ARGUMENT...
	pattern=$1; shift
	"$kansoku" "$@" >out 2>err
	same "$*" 2 $?
	same "$*: lines of complaint" 1 "$(wc -l <err)"
	same "$*: on stdout" 0 "$(wc -c <out)"
	grep -qE -- "$pattern" err || fail "$*: '$(cat err)' does not match $pattern"
	[ ! -e a.db ] || fail "$* made a database"
}
c="crawl --db a.db"
l="$c --peers list --scope 127.0.0.0/8"
refused 'no scope' $c --peers list
refused '--scope 127.0.0.0/33: ' $c --peers list --scope 127.0.0.0/33
refused '--scope 127.0.0.1/8: has bits set' $c --peers list --scope 127.0.0.1/8
refused '--scope localhost: ' $c --peers list --scope localhost
refused '--scope 192.168.0.0/16: .*special-purpose' $c --peers list --scope 192.168.0.0/16
refused '--time-scale 2 is for labs' $c --peers list --scope 58.0.0.0/8 --time-scale 2
refused '--time-scale 2 is for labs' $c --peers list --scope 127.0.0.0/8 --scope 58.0.0.0/8 --time-scale 2
refused '--time-scale 0.5: want 1 to 1000' $l --time-scale 0.5
refused '--time-scale nan: want' $l --time-scale nan
refused '--lab-map pins the scope' $c --peers list --scope 58.0.0.0/8 --lab-map list
refused 'list:1: want "LAB-ENDPOINT PUBLIC-ENDPOINT"' $c --peers list --lab-map list
refused 'absent: No such file' $c --peers list --lab-map absent
refused 'cidr:1: 1.2.3.4/8: has bits set' $l --opt-out cidr
refused 'absent: No such file' $l --opt-out absent
refused '--own-address here: want an IPv4 or IPv6 address' $l --own-address here
refused '--overlay gnutella: no such overlay; there is winny' $l --overlay gnutella
refused '--rounds -1: want 0 to' $l --rounds -1
refused '--rounds 1.5: want a whole number' $l --rounds 1.5
refused '--round-every 30: want a number and a unit' $l --round-every 30
refused '--round-every 1ms: want 100ms to' $l --round-every 1ms
refused '--listen 0: want 1 to 32767' $l --listen 0
refused '--listen 40000: want 1 to 32767' $l --listen 40000
refused '--windows 101: want 0 to 100' $l --windows 101
refused '--retry some: want one of none, verified, all' $l --retry some
refused '--connect-limit 0s: want 10ms to' $l --connect-limit 0s
refused '--max-sessions 0: want 1 to' $l --max-sessions 0
refused '--max-sessions 1000000: this process may have' $l --max-sessions 1000000
refused '--dial-rate fast: want a whole number' $l --dial-rate fast
refused '--json 1: want yes or no' $l --json=1
refused '--json is given twice' $l --json --json
refused '--peers needs a value' $c --scope 127.0.0.0/8 --peers
refused 'unknown option --peer;' $c --peer list
refused 'unknown option -x;' $c -x
refused 'extra: one word too many' $l extra
refused 'word.ini:4: rounds = many: want a whole number' $c --config word.ini
refused 'unknown.ini:3: frequency: no such setting' $c --config unknown.ini
refused 'twice.ini:2: rounds: is given twice' $c --config twice.ini
refused 'novalue.ini:2: want NAME = VALUE' $c --config novalue.ini
refused 'section.ini:2: sensor: no such section; want \[crawl\]' $c --config section.ini
refused 'flag.ini:1: json = maybe: want yes or no' $c --config flag.ini
refused 'nested.ini:1: config: a settings file names no other' $c --config nested.ini
refused 'long.ini:1: .*too long' $c --config long.ini
refused 'absent.ini: No such file' $c --config absent.ini
refused 'no database' crawl --peers list --scope 127.0.0.0/8
p="probe --scope 127.0.0.0/8"
refused 'HOST:PORT|@NODE is missing' $p
refused '127.0.0.1: ' $p 127.0.0.1
refused 'example.org:80: ' $p example.org:80
refused '@00: ' $p @00
refused '8.8.8.8:53 is not dialled: outside the scope' $p 8.8.8.8:53
refused '127.0.0.1:9 is not dialled: special-purpose' probe --scope 58.0.0.0/8 127.0.0.1:9
refused 'no scope' probe 127.0.0.1:9
refused 'unknown option --db;' $p --db a.db 127.0.0.1:9

# With a database, which these make: its path is theirs to judge.
for wanted in "junk: no usable entry" "absent: No such file"; do
	"$kansoku" $c --scope 127.0.0.0/8 --peers ${wanted%%:*} 2>err
	same "--peers ${wanted%%:*}" 2 $?
	grep -q "$wanted" err || fail "--peers ${wanted%%:*}: $(cat err)"
done
"$kansoku" crawl --db empty.db --scope 127.0.0.0/8 2>err; same "nobody to visit" 2 $?
grep -q 'nobody to visit: .*--peers FILE' err || fail "nobody to visit: $(cat err)"

# What is right: the command line wins over the file.
printf '; a census\nscope = 58.0.0.0/8\npeers = absent\nno-keys = yes\nrounds = 7\ndry-run = no\n' >good.ini
"$kansoku" crawl --config good.ini --db c.db --peers list --scope 127.0.0.0/8 --dry-run >out 2>err
same "command line over file" "0 dial 127.0.0.1:24601" "$? $(cat out)"
