#!/bin/sh
# usage: confine.sh BUILD
#
# A crawl is confined before it dials, gives root up for good where it is told
# to, says what is not in force, and does all of its work nevertheless.  What a
# confined process can not do is tried in tests/unit/data/lib/test_confine.c.
. "$(dirname "$0")/lib.sh"
area
chmod 755 "$place"
sanitized=$(nm -D "$kansoku" 2>/dev/null | grep -c -E ' U __(asan|tsan)_init')

peers $n.1:24501=polite,$n.1:24501 $n.3:24503=silent
printf "$n.1:24501\n" >polite
printf "$n.1:24501\n$n.3:24503\n" >slow
chmod 600 polite slow			# read before root is given up
begin() {	# a crawl that waits for the silent node; $crawler is its pid
	"$kansoku" crawl --db "${DB:-a.db}" --peers slow --scope $n.0/24 --time-scale 4 "$@" >out 2>err &
	crawler=$!
	owned $crawler
	until_so 20 crawling || fail "the crawl did not begin"
}
crawling() {
	"$kansoku" status --db "${DB:-a.db}" --json 2>/dev/null |
	    jq -se 'any(.locked and .last_run != null and .last_run.end == null)' >/dev/null
}
end() {
	kill -TERM $crawler
	wait $crawler; same "a confined crawl ends cleanly" 0 $?
}
proc() { sed -n "s/^$1:[[:space:]]*//p" /proc/$crawler/status | tr '\t' ' ' | sed 's/ $//'; }
recorded() { "$kansoku" status --db "${DB:-a.db}" --json | jq -r ".last_run.parameters.$1"; }

begin
if [ "$sanitized" = 0 ]; then
	same "privileges and filter" "1 2" "$(proc NoNewPrivs) $(proc Seccomp)"
	grep -q 'confined: .*system calls by seccomp' err || fail "the start says nothing"
	case $(recorded confined) in *"system calls by seccomp") ;; *) fail "recorded: $(recorded confined)";; esac
else
	grep -q 'not wholly confined' err || fail "a sanitized build says nothing"
fi
end
status "--no-names makes its key inside" 0 crawl --peers polite --scope $n.0/24 --no-names --json
same "a round as JSON" 1 "$(jq .reached out)"
status "and reads it again" 0 crawl --scope $n.0/24
same "the log is whole" 0 "$("$kansoku" verify --db a.db >/dev/null 2>&1; echo $?)"

begin --no-sandbox
same "--no-sandbox: nothing is in force" "0 0" "$(proc NoNewPrivs) $(proc Seccomp)"
same "--no-sandbox is recorded" "no (--no-sandbox)" "$(recorded confined)"
grep -q 'confined: no (--no-sandbox)' err || fail "--no-sandbox is not told"
end

# Where the kernel or a container refuses, it says so in one line and goes on.
if [ "$sanitized" = 0 ]; then
	refused() {	# WHAT ERRNO CALLS
		python3 "$here/refuse.py" $2 $3 "$kansoku" crawl --db a.db --peers polite --scope $n.0/24 \
		    --time-scale 20 -q >out 2>err
		same "$1: status" 0 $?
		same "$1: lines" 1 "$(wc -l <err)"
		grep -q "not wholly confined: .*$1 not (" err || fail "$1: $(cat err)"
		case $(recorded confined) in *"$1 not ("*) ;; *) fail "$1 recorded: $(recorded confined)";; esac
	}
	refused files ENOSYS landlock_create_ruleset
	refused "system calls" EPERM seccomp,prctl
fi

[ "$(id -u)" = 0 ] || { echo "ok - what only root can try is left out"; exit 0; }
id nobody >/dev/null 2>&1 || { echo "ok - this system has no user nobody"; exit 0; }
uid=$(id -u nobody) gid=$(id -g nobody)
mkdir home; chown nobody home
DB=home/a.db
begin --user nobody
same "every user id" "$uid $uid $uid $uid" "$(proc Uid)"
same "every group id" "$gid $gid $gid $gid" "$(proc Gid)"
same "the user's groups" "$(id -G nobody)" "$(proc Groups)"
same "no capability is left" "0000000000000000 0000000000000000" "$(proc CapPrm) $(proc CapEff)"
same "recorded" $uid "$(recorded uid)"
end
same "whose files" "nobody nobody" "$(stat -c %U home/a.db home/a.db.lock | words)"
status "by the settings file" 0 "$kansoku" crawl --db home/a.db --scope $n.0/24 --time-scale 20 --rounds 1 \
    --config /dev/stdin 2>err <<X
user = nobody
connect-limit = 500ms
X

mkdir owned; DB=owned/a.db
status "a folder of root's" 2 crawl --peers polite --scope $n.0/24 --user nobody
grep -q -- "--user nobody: may not write in .*/owned" err || fail "owned: $(cat err)"
same "lines" 1 "$(wc -l <err)"
same "nothing is made" 0 "$(ls owned | wc -l)"
cp "$kansoku" program; chmod 755 program; cp polite list; chmod 644 list
setpriv --reuid nobody --regid "$gid" --clear-groups ./program crawl --db home/b.db --peers list \
    --scope $n.0/24 --user daemon 2>err
same "only root becomes another" 2 $?
grep -q -- '--user daemon: only root .*this is nobody' err || fail "daemon: $(cat err)"
setpriv --reuid nobody --regid "$gid" --clear-groups ./program crawl --db home/b.db --peers list \
    --scope $n.0/24 --time-scale 20 --user nobody 2>err
same "who is nobody may say so" 0 $?
