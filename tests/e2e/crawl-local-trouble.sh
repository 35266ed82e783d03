#!/bin/sh
# usage: crawl-local-trouble.sh BUILD
#
# What this machine lacks is never counted as the peer's failure: dials that the
# system refuses are made again; without a network the round is given up and
# stays incomplete; a clock that jumps is noted, and moves no time of the round.
. "$(dirname "$0")/lib.sh"
area

cat >trouble.c <<'END'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
static int real(const char *name, void **fn) { return (*fn = dlsym(RTLD_NEXT, name)) != NULL; }
int connect(int fd, const struct sockaddr *a, socklen_t len)
{
	static int n;
	void *next;
	int period = getenv("FAIL_OF") != NULL ? atoi(getenv("FAIL_OF")) : 0;
	if (period > 0 && ++n % period != 0) {
		errno = n % 2 ? EADDRNOTAVAIL : ENOBUFS;
		return -1;
	}
	if (period < 0) {
		errno = ENETUNREACH;
		return -1;
	}
	return real("connect", &next) ? ((int (*)(int, const struct sockaddr *, socklen_t))next)(fd, a, len) : -1;
}
int socket(int domain, int type, int protocol)
{
	static const int shortages[] = { EMFILE, ENFILE, ENOBUFS, ENOMEM };
	static int n;
	void *next;
	int period = getenv("NO_SOCKET_OF") != NULL ? atoi(getenv("NO_SOCKET_OF")) : 0;
	if (period > 0 && domain == AF_INET && (type & SOCK_STREAM) != 0 && ++n % period != 0) {
		errno = shortages[n % 4];
		return -1;
	}
	return real("socket", &next) ? ((int (*)(int, int, int))next)(domain, type, protocol) : -1;
}
int clock_gettime(clockid_t id, struct timespec *t)
{
	static struct timespec start;
	void *next;
	int bad = !real("clock_gettime", &next) || ((int (*)(clockid_t, struct timespec *))next)(id, t) != 0;
	if (getenv("JUMP") == NULL || id != CLOCK_REALTIME || bad)
		return bad ? -1 : 0;
	if (start.tv_sec == 0)
		start = *t;
	if ((t->tv_sec - start.tv_sec) * 1000 + (t->tv_nsec - start.tv_nsec) / 1000000 > 1500)
		t->tv_sec += atoi(getenv("JUMP"));
	return 0;
}
END
cc -shared -fPIC -o trouble.so trouble.c -ldl || fail "no compiler"
troubled() {	# VARIABLE=VALUE ARGUMENT...
	assign=$1; shift
	( export "${assign?}" LD_PRELOAD=./trouble.so ASAN_OPTIONS=verify_asan_link_order=0:detect_leaks=0; crawl "$@" )
}
all=
: >list
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	all="$all $n.$i:24801=polite,$n.1:24801"
	echo "$n.$i:24801" >>list
done
peers $all

status "a third of the dials leaves" 0 troubled FAIL_OF=3 --peers list --scope $n.0/24 --json
same "everybody is reached all the same" "20 20" "$(jq -r '[.tried, .reached] | join(" ")' out)"
same "one contact each" 20 "$(db 'SELECT count(*) FROM contact WHERE outcome = 0')"
grep -q 'this system was short of something' err || fail "the operator does not hear of it"

DB=s.db
status "a third of the sockets is to be had" 0 troubled NO_SOCKET_OF=3 --peers list --scope $n.0/24 --json
same "everybody is reached without descriptors to spare" "20 20" "$(jq -r '[.tried, .reached] | join(" ")' out)"
same "one contact each, and no other" "20 20" \
    "$(db 'SELECT count(*), sum(outcome = 0) FROM contact' | tr '|' ' ')"
DB=a.db

status "no network" 3 troubled FAIL_OF=-1 --peers list --scope $n.0/24 --json
same "given up" "false Network is unreachable" "$(jq -r '[.complete, .given_up] | join(" ")' out)"
same "nobody is blamed" 0 "$(db 'SELECT count(*) FROM contact WHERE round = 2')"
same "not counted" 0 "$(db 'SELECT complete FROM round WHERE id = 2')"

DB=b.db
printf "$n.1:24801\n$n.99:24899\n" >two
peers $n.99:24899=silent
status "the clock jumps a day back" 0 troubled JUMP=-86400 --peers two --scope $n.0/24 --visit-limit 3s
jump=$(db 'SELECT clock_jump_ms FROM round')
[ "$jump" -ge -86401000 ] && [ "$jump" -le -86399000 ] || fail "noted as $jump"
same "times of the round go on, by the lab's clock" 1 \
    "$(db 'SELECT (end_ms - start_ms) / 20 BETWEEN 2000 AND 20000 FROM round')"
same "contacts lie within it" 2 "$(db 'SELECT count(*) FROM contact, round WHERE t_ms BETWEEN start_ms AND end_ms')"
