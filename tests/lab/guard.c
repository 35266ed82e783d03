/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/lab/guard.h"

#include <sys/socket.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

#define LOOPBACK_NET	0x7f000000u
#define LOOPBACK_MASK	0xff000000u
#define BACKLOG		65535	/* the kernel cuts it to net.core.somaxconn */

/* Where the filter finds things: it is given the TCP header. */
#define IP_SOURCE	(SKF_NET_OFF + 12)
#define IP_DESTINATION	(SKF_NET_OFF + 16)
#define TCP_FLAGS	13
#define TCP_SYN		0x02

bool
guard_loopback(uint32_t ip)
{
	return (ip & LOOPBACK_MASK) == LOOPBACK_NET && ip != 0x7fffffffu;
}

/* x ^= x >> n, with x in the accumulator. */
#define FOLD(n) \
	BPF_STMT(BPF_MISC | BPF_TAX, 0), \
	BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, (n)), \
	BPF_STMT(BPF_ALU | BPF_XOR | BPF_X, 0)
/* silent_mix(salt, destination); thirteen instructions. */
#define MIX(salt) \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)IP_DESTINATION), \
	BPF_STMT(BPF_ALU | BPF_XOR | BPF_K, (salt)), \
	FOLD(16), \
	BPF_STMT(BPF_ALU | BPF_MUL | BPF_K, SILENCE_MUL1), \
	FOLD(13), \
	BPF_STMT(BPF_ALU | BPF_MUL | BPF_K, SILENCE_MUL2), \
	FOLD(16)
#define KEEP	36
#define DROP	37
/* Jumps count from the next instruction. */
#define TO(where, from)	((where) - (from) - 1)

unsigned short
guard_program(struct sock_filter out[GUARD_FILTER], const struct silences *s)
{
	const struct sock_filter program[] = {
		/* Both ends on loopback? */
		[0] = BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)IP_SOURCE),
		[1] = BPF_STMT(BPF_ALU | BPF_AND | BPF_K, LOOPBACK_MASK),
		[2] = BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, LOOPBACK_NET, 0, TO(DROP, 2)),
		[3] = BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)IP_DESTINATION),
		[4] = BPF_STMT(BPF_ALU | BPF_AND | BPF_K, LOOPBACK_MASK),
		[5] = BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, LOOPBACK_NET, 0, TO(DROP, 5)),
		/* Only the first segment is ever dropped for silence. */
		[6] = BPF_STMT(BPF_LD | BPF_B | BPF_ABS, TCP_FLAGS),
		[7] = BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, TCP_SYN, 0, TO(KEEP, 7)),
		[8] = MIX(s->always.salt),
		[21] = BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, s->always.limit, 0, TO(DROP, 21)),
		[22] = MIX(s->now.salt),
		[35] = BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, s->now.limit, 0, TO(DROP, 35)),
		[KEEP] = BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		[DROP] = BPF_STMT(BPF_RET | BPF_K, 0),
	};
	const unsigned short n = sizeof(program) / sizeof(program[0]);

	_Static_assert(sizeof(program) / sizeof(program[0]) <= GUARD_FILTER,
	    "the filter fits its buffer");
	for (unsigned short i = 0; i < n; i++)
		out[i] = program[i];
	return n;
}

int
guard_silence(int fd, const struct silences *s)
{
	struct sock_filter code[GUARD_FILTER];
	struct sock_fprog prog = { .filter = code };

	prog.len = guard_program(code, s);
	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog));
}

static struct sockaddr_in
to_sockaddr(struct endpoint e)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons(e.port),
		.sin_addr.s_addr = htonl(e.ip),
	};
}

static struct endpoint
from_sockaddr(const struct sockaddr_in *sa)
{
	return endpoint_ipv4(ntohl(sa->sin_addr.s_addr), ntohs(sa->sin_port));
}

/* Closes without losing the reason. */
static int
give_up(int fd)
{
	int saved = errno;

	close(fd);
	errno = saved;
	return -1;
}

static int
new_socket(void)
{
	return socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

int
guard_listen(uint16_t port, const struct silences *s)
{
	struct sockaddr_in sa = to_sockaddr(endpoint_ipv4(INADDR_ANY, port));
	int on = 1, fd = new_socket();

	if (fd == -1)
		return -1;
	if (guard_silence(fd, s) == -1 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == -1 ||
	    bind(fd, (struct sockaddr *)&sa, sizeof(sa)) == -1 ||
	    listen(fd, BACKLOG) == -1)
		return give_up(fd);
	return fd;
}

int
guard_accept(int listener, struct endpoint *local, struct endpoint *remote)
{
	struct sockaddr_in here = { 0 }, there = { 0 };
	socklen_t len = sizeof(there);
	int fd;

	fd = accept4(listener, (struct sockaddr *)&there, &len,
	    SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd == -1)
		return -1;
	len = sizeof(here);
	if (getsockname(fd, (struct sockaddr *)&here, &len) == -1)
		return give_up(fd);
	*local = from_sockaddr(&here);
	*remote = from_sockaddr(&there);
	if (guard_loopback(local->ip) && guard_loopback(remote->ip))
		return fd;
	errno = EACCES;
	return give_up(fd);
}

int
guard_dial(uint32_t from, struct endpoint to)
{
	struct sockaddr_in here = to_sockaddr(endpoint_ipv4(from, 0));
	struct sockaddr_in there = to_sockaddr(to);
	int on = 1, fd;

	if (!guard_loopback(from) || !guard_loopback(to.ip)) {
		errno = EACCES;
		return -1;
	}
	if ((fd = new_socket()) == -1)
		return -1;
	/* The port is chosen by connect, so one may serve many peers. */
	if (setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on)) == -1 ||
	    bind(fd, (struct sockaddr *)&here, sizeof(here)) == -1 ||
	    (connect(fd, (struct sockaddr *)&there, sizeof(there)) == -1 &&
	    errno != EINPROGRESS))
		return give_up(fd);
	return fd;
}

int
guard_datagrams(uint16_t port)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)IP_SOURCE),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, LOOPBACK_MASK),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, LOOPBACK_NET, 0, 4),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)IP_DESTINATION),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, LOOPBACK_MASK),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, LOOPBACK_NET, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog filter = { sizeof(code) / sizeof(code[0]), code };
	struct sockaddr_in sa = to_sockaddr(endpoint_ipv4(INADDR_ANY, port));
	struct timeval wait = { 0, 200000 };
	int on = 1, room = 32 << 20, fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd == -1)
		return -1;
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)) == -1 ||
	    setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on)) == -1 ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) == -1 ||
	    bind(fd, (struct sockaddr *)&sa, sizeof(sa)) == -1)
		return give_up(fd);
	return fd;
}

void
guard_reset(int fd)
{
	struct linger now = { .l_onoff = 1, .l_linger = 0 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(fd);
}
