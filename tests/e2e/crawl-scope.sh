#!/bin/sh
# usage: crawl-scope.sh BUILD
#
# Nothing outside the scope is dialled, whatever peers claim: read from the
# system calls of a whole crawl.  And connect(2) has one caller, beside the one that
# tells the service manager over a Unix socket.
. "$(dirname "$0")/lib.sh"
area

callers=$(cd "$tree" && grep -rlE '\bconnect\(' crawler --include='*.c' | grep -vx crawler/net/service_manager.c)
grep -qE '\bAF_INET6?\b' "$tree/crawler/net/service_manager.c" && fail "the service manager is reached over a network"
same "files that call connect" dial.c "$(basename -a $callers | words)"
same "calls of connect" 1 "$(grep -cE '\bconnect\(d' "$tree/$callers")"

peers $n.1:24101=polite,$n.2:24102,$m.1:24101,8.8.8.8:53,10.0.0.1:4000,224.0.0.1:4000,255.255.255.255:9,$n.3:24103,$n.9:0 \
    $n.2:24102=refuser $m.1:24101=polite $n.3:24103=polite
echo "$n.1:24101" >list
printf '# asked by mail, 2010-07-01\n%s\n' "$n.3" >optout

cat >spy.c <<'END'
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>
int connect(int fd, const struct sockaddr *a, socklen_t len)
{
	const struct sockaddr_in *in = (const void *)a;
	char line[64];
	int n = snprintf(line, sizeof(line), "%s:%d\n", inet_ntoa(in->sin_addr), ntohs(in->sin_port));
	int log = open("dialled", O_WRONLY | O_CREAT | O_APPEND, 0644);
	if (write(log, line, (size_t)n) != n)
		return -1;
	close(log);
	return ((int (*)(int, const struct sockaddr *, socklen_t))dlsym(RTLD_NEXT, "connect"))(fd, a, len);
}
END
cc -shared -fPIC -o spy.so spy.c -ldl || fail "no compiler for the spy"
spied() { LD_PRELOAD=./spy.so ASAN_OPTIONS=verify_asan_link_order=0:detect_leaks=0 crawl "$@"; }

status "a crawl of three rounds" 0 spied --peers list --scope $n.0/24 --opt-out optout --rounds 3
same "all that was ever dialled" "$n.1:24101 $n.2:24102" "$(sort -u dialled | words)"
same "each once a round" "3 2" "$(sort dialled | uniq -c | awk '{print $1}' | words)"
same "the others are excluded in round 2, and it stays so" "7 7" \
    "$(db 'SELECT count(*), count(DISTINCT node) FROM contact WHERE outcome = 6 AND round > 1' | tr '|' ' ')"
same "that is counted in every round" 2 "$(grep -c 'not dialled: .*1 opted out' err)"
grep -q 'not dialled: .*1 opted out' err || fail "who opted out is not counted"
grep -q '1 port 0' err || fail "port 0 is not counted"

DB=c.db
status "who we are" 0 crawl --peers list --scope $n.0/24 --own-address 58.1.2.3 --own-address 192.168.7.7
db 'SELECT parameters FROM run' >parameters
jq -e '.address | index("58.1.2.3")' parameters >log.jq || fail "our address is not recorded: $(cat parameters)"
jq -e '.address | map(select(test("^(127|10|192\\.168)\\."))) == []' parameters >log.jq ||
    fail "an address that is everybody's is recorded: $(cat parameters)"

rm -f dialled
DB=b.db
status "no scope" 2 spied --peers list
status "a scope that is special-purpose" 2 spied --peers list --scope 10.0.0.0/8
status "a lab map with another scope" 2 spied --peers list --scope 8.0.0.0/8 --lab-map list
"$kansoku" crawl --db b.db --peers list --scope 0.0.0.0/0 --dry-run >out 2>err
same "all of the network does not mean loopback" "3 skip $n.1:24101 special-purpose" "$? $(cat out)"
same "nothing was dialled" 0 "$(cat dialled 2>/dev/null | wc -l)"
