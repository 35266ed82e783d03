/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Questions and answers by datagrams a second, on loopback: the engine with its
 * visits, tags, scope and timers, held against a bare loop of sendmmsg and recvmmsg
 * in the same run.  Another process answers both.
 */
#include <arpa/inet.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "crawler/net/datagram.h"
#include "crawler/net/session.h"
#include "data/lib/utctime.h"
#include "node/mainline/dialog.h"
#include "node/mainline/limits.h"

#define BATCH		64
#define WINDOW		512		/* questions in flight */
#define PAIRS		40000
#define NODES		1024		/* addresses that are asked, 127.3.x.y */

static uint64_t answered;
static unsigned over;

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* ---- who answers: one socket for all of 127/8, each answer from the address that was asked ---- */

static struct {
	struct mmsghdr	m[BATCH];
	struct iovec	v[BATCH];
	struct sockaddr_in from[BATCH];
	union { struct cmsghdr head; uint8_t room[CMSG_SPACE(sizeof(struct in_pktinfo))]; } control[BATCH];
	uint8_t		bytes[BATCH][512];
} in;

static void
answer_batch(int fd)
{
	static const char before[] = "d1:rd2:id20:mnopqrstuvwxyz1234565:nodes208:", after[] = "e1:t4:????1:v4:LT..1:y1:re";
	int n;

	for (int i = 0; i < BATCH; i++) {
		in.v[i] = (struct iovec){ in.bytes[i], sizeof(in.bytes[i]) };
		in.m[i].msg_hdr = (struct msghdr){ .msg_name = &in.from[i], .msg_namelen = sizeof(in.from[i]),
			.msg_iov = &in.v[i], .msg_iovlen = 1, .msg_control = &in.control[i],
			.msg_controllen = sizeof(in.control[i]) };
	}
	if ((n = recvmmsg(fd, in.m, BATCH, MSG_WAITFORONE, NULL)) <= 0)
		exit(0);
	for (int i = 0; i < n; i++) {
		uint8_t *b = in.bytes[i], t[4];

		memcpy(t, b + in.m[i].msg_len - 20, 4);
		memcpy(b, before, sizeof(before) - 1);
		memset(b + sizeof(before) - 1, 'x', 208);
		memcpy(b + sizeof(before) - 1 + 208, after, sizeof(after) - 1);
		memcpy(b + sizeof(before) - 1 + 208 + 6, t, 4);
		in.v[i].iov_len = sizeof(before) - 1 + 208 + sizeof(after) - 1;
	}
	if (sendmmsg(fd, in.m, (unsigned)n, 0) < 0)
		exit(1);
}

static pid_t
start_answering(uint16_t *port)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_DGRAM, 0), one = 1, room = 8 << 20;
	pid_t child;

	at.sin_addr.s_addr = htonl(INADDR_ANY);		/* all of 127/8 comes in; nothing else is asked here */
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) != 0 ||
	    setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &one, sizeof(one)) != 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room)) != 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3) != 0 ||
	    getsockname(fd, (struct sockaddr *)&at, &len) != 0)
		exit(1);
	*port = ntohs(at.sin_port);
	if ((child = fork()) == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			answer_batch(fd);
	}
	close(fd);
	return child;
}

/* ---- the bare loop -------------------------------------------------------------------------------- */

static double
bare_pairs(uint16_t port)
{
	static uint8_t query[110];
	struct mmsghdr m[BATCH];
	struct iovec v[BATCH];
	struct sockaddr_in to[BATCH];
	static uint8_t bytes[BATCH][512];
	int fd = socket(AF_INET, SOCK_DGRAM, 0), room = 8 << 20;
	unsigned asked = 0, got = 0;
	double from = now();

	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	while (got < PAIRS) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		unsigned n = asked - got < WINDOW - BATCH ? BATCH : 0;
		int came;

		for (unsigned i = 0; i < n; i++) {
			unsigned node = (asked + i) % NODES;

			to[i] = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(port),
				.sin_addr.s_addr = htonl(0x7f030001 + (node << 8)) };
			v[i] = (struct iovec){ query, sizeof(query) };
			m[i].msg_hdr = (struct msghdr){ .msg_name = &to[i], .msg_namelen = sizeof(to[i]), .msg_iov = &v[i], .msg_iovlen = 1 };
		}
		if (n > 0)
			asked += (unsigned)sendmmsg(fd, m, n, 0);
		if (n == 0 && poll(&p, 1, 200) == 0) {
			asked = got;		/* lost on the way */
			continue;
		}
		for (int i = 0; i < BATCH; i++) {
			v[i] = (struct iovec){ bytes[i], sizeof(bytes[i]) };
			m[i].msg_hdr = (struct msghdr){ .msg_iov = &v[i], .msg_iovlen = 1 };
		}
		came = recvmmsg(fd, m, BATCH, MSG_DONTWAIT, NULL);
		got += came > 0 ? (unsigned)came : 0;
	}
	close(fd);
	return PAIRS / (now() - from);
}

/* ---- the engine --------------------------------------------------------------------------------------- */

static void on_up(void *arg, struct session *s) { (void)arg; (void)s; }
static void on_greeted(void *arg, struct session *s, const struct dialog_peer *p) { (void)arg; (void)s; (void)p; }
static void on_found(void *arg, struct session *s, const struct observation *o) { (void)arg; (void)s; (void)o; }

static void
on_done(void *arg, struct session *s, const struct session_result *r)
{
	(void)arg;
	(void)s;
	over++;
	answered += r->outcome == OUT_OK;
}

/* Visits of one question: the id lies outside the zone. */
static double
engine_pairs(uint16_t port)
{
	const struct datagram_limits limits = { .visits = 4096 };
	struct scope scope;
	struct sessions_config c = { .scope = &scope, .overlay = &mainline, .visit_limit_ms = 20000,
		.budget = session_budget(1), .up = on_up, .greeted = on_greeted, .found = on_found, .done = on_done,
		.dialog = { .windows = 1, .window_ms = 1, .patience_ms = 500, .zone = { { 0 }, 1 } } };
	struct sessions *p;
	unsigned asked = 0;
	double from;

	c.base = event_base_new();
	if (scope_init(&scope) != 0 || scope_add(&scope, "127.0.0.0/8") != NULL)
		exit(1);
	scope_seal(&scope);
	memset(c.dialog.zone.prefix, 0xff, NODE_ID);
	if ((p = sessions_new(&c)) == NULL || datagram_open(p, &limits, 0, true) != 0)
		exit(1);
	answered = 0;
	over = 0;
	from = now();
	while (answered < PAIRS) {
		for (; asked - over < WINDOW; asked++)
			session_dial(p, endpoint_ipv4(0x7f030001 + (asked % NODES << 8), port), 0, 0,
			    &(struct session_notes){ .cohort = 0 });
		event_base_loop(c.base, EVLOOP_NONBLOCK);
		sessions_tick(p, utctime_monotonic());
	}
	from = now() - from;
	sessions_free(p);
	event_base_free(c.base);
	scope_free(&scope);
	return PAIRS / from;
}

int
main(void)
{
	double bare = 0, engine = 0, t;
	uint16_t port;
	pid_t child = start_answering(&port);

	for (int i = 0; i < 3; i++) {
		if ((t = bare_pairs(port)) > bare)
			bare = t;
		if ((t = engine_pairs(port)) > engine)
			engine = t;
	}
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	printf("dht-pairs %.0f pairs/s bare-loop %.0f pairs/s %.3f ratio>=0.6\n", engine, bare, engine / bare);
	return 0;
}
