/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Visits by datagrams over real sockets on loopback: the node is the test's own
 * socket.  What is said and heard is the DHT's; the pool knows none of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "crawler/net/datagram_impl.h"
#include "data/lib/utctime.h"
#include "node/mainline/dialog.h"
#include "node/mainline/krpc.h"

#define PATIENCE_MS	60

struct fixture {
	struct event_base *base;
	struct sessions	*sessions;
	struct scope	 scope;
	int		 node;			/* a node's socket on 127.0.0.1 */
	struct endpoint	 at;
	struct sockaddr_in sensor;		/* who asked last */
	uint8_t		 query[256];
	size_t		 len;
	int64_t		 stamp_us;		/* when the kernel took it */
	unsigned	 up, greeted, found, done;
	struct session_result last;
};

static void
on_up(void *arg, struct session *s)
{
	struct fixture *f = arg;

	(void)s;
	f->up++;
}

static void
on_greeted(void *arg, struct session *s, const struct dialog_peer *p)
{
	struct fixture *f = arg;

	(void)s;
	assert_true(p->handshaken);
	f->greeted++;
}

static void
on_found(void *arg, struct session *s, const struct observation *o)
{
	struct fixture *f = arg;

	assert_int_equal(session_follows(s, o), o->type == OBS_NEIGHBOUR);
	f->found++;
}

static void
on_done(void *arg, struct session *s, const struct session_result *r)
{
	struct fixture *f = arg;

	(void)s;
	f->done++;
	f->last = *r;
}

static int
node_socket(struct endpoint *at, const char *ip)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_DGRAM, 0), one = 1;
	socklen_t len = sizeof(in);

	assert_int_equal(inet_pton(AF_INET, ip, &in.sin_addr), 1);
	assert_int_equal(bind(fd, (struct sockaddr *)&in, sizeof(in)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&in, &len), 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof(one)), 0);
	*at = endpoint_ipv4(ntohl(in.sin_addr.s_addr), ntohs(in.sin_port));
	return fd;
}

static void
start(struct fixture *f, const struct datagram_limits *limits)
{
	struct sessions_config c = { .scope = &f->scope, .overlay = &mainline, .visit_limit_ms = 20000,
		.budget = session_budget(&(struct visit_plan){ 0 }, 1), .up = on_up, .greeted = on_greeted, .found = on_found,
		.done = on_done, .arg = f,
		.dialog = { .windows = 1, .window_ms = 20, .patience_ms = PATIENCE_MS } };

	memset(f, 0, sizeof(*f));
	c.base = f->base = event_base_new();
	assert_int_equal(scope_init(&f->scope), 0);
	assert_null(scope_add(&f->scope, "127.0.0.0/8"));
	scope_seal(&f->scope);
	f->node = node_socket(&f->at, "127.0.0.1");
	f->sessions = sessions_new(&c);
	assert_int_equal(datagram_open(f->sessions, limits, 0, true), 0);
	assert_true(datagram_port(f->sessions) > 0);
}

static void
stop(struct fixture *f)
{
	sessions_free(f->sessions);
	event_base_free(f->base);
	scope_free(&f->scope);
	close(f->node);
}

static void
turn(struct fixture *f)
{
	event_base_loop(f->base, EVLOOP_NONBLOCK);
	sessions_tick(f->sessions, utctime_monotonic());
}

/* Turns the loop until the node has a question, or the visit is over. */
static bool
asked(struct fixture *f)
{
	uint8_t control[128];
	struct iovec v = { f->query, sizeof(f->query) };
	struct msghdr m = { .msg_name = &f->sensor, .msg_namelen = sizeof(f->sensor), .msg_iov = &v,
		.msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control) };
	unsigned done = f->done;
	struct timespec t;
	ssize_t n;

	while ((n = recvmsg(f->node, &m, MSG_DONTWAIT)) == -1) {
		if (f->done > done)
			return false;
		(void)poll(NULL, 0, 1);
		turn(f);
	}
	f->len = (size_t)n;
	memcpy(&t, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof(t));
	f->stamp_us = (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
	return true;
}

/* An answer to the last question, from this socket. */
static void
answer(struct fixture *f, int from, const char *body)
{
	uint8_t out[3000];
	struct krpc q;
	size_t n;

	assert_null(krpc_read(&q, f->query, f->len));
	n = (size_t)sprintf((char *)out, "d1:rd2:id20:mnopqrstuvwxyz123456%se1:t4:", body);
	memcpy(out + n, q.t.p, 4);
	n += 4 + (size_t)sprintf((char *)out + n + 4, "1:y1:re");
	assert_int_equal(sendto(from, out, n, 0, (struct sockaddr *)&f->sensor, sizeof(f->sensor)), n);
}

static struct dialled
visit(struct fixture *f, struct endpoint e)
{
	return session_dial(f->sessions, e, 0, 7, &(struct session_notes){ .cohort = 0 });
}

static const struct datagram_limits free_limits = { .visits = 16 };

static void
a_visit_is_carried_from_question_to_outcome(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, &free_limits);
	assert_int_equal(visit(&f, f.at).verdict, SCOPE_DIAL);
	assert_int_equal(f.up, 0);
	assert_true(asked(&f));
	assert_int_equal(f.up, 1);
	assert_int_equal(ntohs(f.sensor.sin_port), datagram_port(f.sessions));
	answer(&f, f.node, "5:nodes26:abcdefghijklmnopqrst\177\1\1\1\32\341");
	assert_true(asked(&f));
	assert_int_equal(f.greeted, 1);
	assert_int_equal(f.found, 1);
	answer(&f, f.node, "");
	assert_true(asked(&f));
	answer(&f, f.node, "7:samples0:");
	while (f.done == 0)
		turn(&f);
	assert_int_equal(f.last.outcome, OUT_OK);
	assert_int_equal(f.last.local_error, 0);
	assert_true(f.last.bytes_in > 100 && f.last.bytes_out > 300);
	assert_int_equal(sessions_open(f.sessions), 0);
	assert_int_equal(datagram_counts(f.sessions)->sent, 3);
	assert_int_equal(datagram_counts(f.sessions)->received, 3);
	/* The next visit knows that there is no new sample yet. */
	visit(&f, f.at);
	for (int i = 0; i < 2; i++) {
		assert_true(asked(&f));
		answer(&f, f.node, "");
	}
	while (f.done == 1)
		turn(&f);
	assert_int_equal(f.last.outcome, OUT_OK);
	assert_int_equal(datagram_counts(f.sessions)->sent, 5);
	/* What comes when it is over is late, and nobody's. */
	answer(&f, f.node, "");
	while (datagram_counts(f.sessions)->late == 0)
		turn(&f);
	stop(&f);
}

static void
silence_is_a_timeout(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, &free_limits);
	visit(&f, f.at);
	assert_true(asked(&f));
	assert_true(asked(&f));
	while (f.done == 0)
		turn(&f);
	assert_int_equal(f.last.outcome, OUT_TIMEOUT);
	stop(&f);
}

static void
only_who_was_asked_is_heard(void **state)
{
	struct endpoint at;
	struct fixture f;
	int other;

	(void)state;
	start(&f, &free_limits);
	other = node_socket(&at, "127.0.0.1");
	visit(&f, f.at);
	assert_true(asked(&f));
	answer(&f, other, "");			/* the right tag from the wrong port */
	while (datagram_counts(f.sessions)->elsewhere == 0)
		turn(&f);
	assert_int_equal(f.greeted, 0);
	/* The right endpoint with a tag of its own making; a query; rubbish; one too long. */
	f.query[f.len - 19] ^= 0x55;	/* in t */
	answer(&f, f.node, "");
	assert_int_equal(sendto(f.node, "d1:ad2:id20:mnopqrstuvwxyz123456e1:q4:ping1:t4:abcd1:y1:qe", 58, 0,
	    (struct sockaddr *)&f.sensor, sizeof(f.sensor)), 58);
	assert_int_equal(sendto(f.node, "hello", 5, 0, (struct sockaddr *)&f.sensor, sizeof(f.sensor)), 5);
	assert_int_equal(sendto(f.node, (char[DATAGRAM_IN + 1]){ 0 }, DATAGRAM_IN + 1, 0,
	    (struct sockaddr *)&f.sensor, sizeof(f.sensor)), DATAGRAM_IN + 1);
	while (datagram_counts(f.sessions)->truncated == 0)
		turn(&f);
	assert_int_equal(datagram_counts(f.sessions)->late + datagram_counts(f.sessions)->elsewhere, 2);
	assert_string_equal(datagram_counts(f.sessions)->stray[0].name, "ping");
	assert_int_equal(datagram_counts(f.sessions)->stray[0].n, 1);
	assert_string_equal(datagram_counts(f.sessions)->stray[1].name, "rubbish");
	assert_int_equal(f.greeted, 0);
	/* Nobody was answered: the node hears the second try of its question, and no more. */
	while (asked(&f))
		assert_int_equal(f.query[f.len - 2], 'q');
	assert_int_equal(datagram_counts(f.sessions)->sent, 2);
	close(other);
	stop(&f);
}

static void
icmp_is_a_refusal(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, &free_limits);
	close(f.node);
	f.node = socket(AF_INET, SOCK_DGRAM, 0);
	visit(&f, f.at);
	while (f.done == 0)
		turn(&f);
	assert_int_equal(f.last.outcome, OUT_REFUSED);
	assert_int_equal(f.last.local_error, 0);
	assert_int_equal(datagram_counts(f.sessions)->unreachable, 1);
	stop(&f);
}

static void
the_scope_is_asked_for_each(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, &free_limits);
	assert_int_equal(visit(&f, endpoint_ipv4(0x3a010203, 6881)).verdict, SCOPE_OUTSIDE);
	assert_int_equal(visit(&f, endpoint_ipv4(f.at.ip, 0)).verdict, SCOPE_NO_PORT);
	/* It shrinks while a visit waits: what was begun is not sent. */
	visit(&f, f.at);
	scope_free(&f.scope);
	assert_int_equal(scope_init(&f.scope), 0);
	assert_null(scope_add(&f.scope, "127.9.0.0/16"));
	scope_seal(&f.scope);
	while (f.done == 0)
		turn(&f);
	assert_int_equal(datagram_counts(f.sessions)->sent, 0);
	assert_true(datagram_counts(f.sessions)->unsent > 0);
	assert_int_equal(f.last.outcome, OUT_TIMEOUT);
	stop(&f);
}

/* By the kernel's own stamps: two visits to ports of one address share its spacing. */
static void
datagrams_to_an_address_are_spaced(void **state)
{
	static const struct datagram_limits limits = { .visits = 16, .spacing_ms = 40 };
	int64_t before = 0;
	struct fixture f;

	(void)state;
	start(&f, &limits);
	visit(&f, f.at);
	visit(&f, f.at);
	for (int i = 0; i < 4; i++) {
		assert_true(asked(&f));
		assert_true(f.stamp_us - before >= 39000);
		before = f.stamp_us;
	}
	stop(&f);
}

/* The rate of all: who finds it used up waits in line, and the line moves on. */
static void
the_rate_of_all_is_kept(void **state)
{
	static const struct datagram_limits limits = { .rate = 100, .visits = 64 };
	struct fixture f;
	int64_t first = 0, last = 0;

	(void)state;
	start(&f, &limits);
	for (int i = 0; i < 30; i++) {
		visit(&f, f.at);
	}
	while (!datagram_congested(f.sessions))
		turn(&f);
	for (int i = 0; i < 30; i++) {
		assert_true(asked(&f));
		first = i == 0 ? f.stamp_us : first;
		last = f.stamp_us;
	}
	/* Ten at once, and twenty at a hundred a second. */
	assert_true(last - first >= 190000);
	stop(&f);
}

static void
the_rate_of_a_network_is_kept(void **state)
{
	static const struct datagram_limits limits = { .net_rate = 60, .visits = 64 };
	struct fixture f;

	(void)state;
	start(&f, &limits);
	for (int i = 0; i < 15; i++)
		visit(&f, f.at);
	for (int64_t until = utctime_monotonic() + 30; utctime_monotonic() < until;)
		turn(&f);
	assert_int_equal(datagram_counts(f.sessions)->sent, 10);	/* a sixth of a minute's worth */
	assert_false(datagram_congested(f.sessions));
	stop(&f);
}

static void
slots_run_out_and_come_back(void **state)
{
	static const struct datagram_limits limits = { .visits = 2 };
	struct fixture f;
	struct dialled d;

	(void)state;
	start(&f, &limits);
	for (int round = 0; round < 3; round++) {
		visit(&f, f.at);
		visit(&f, f.at);
		d = visit(&f, f.at);
		assert_int_equal(d.fd, -1);
		assert_int_equal(d.error, ENOBUFS);
		sessions_leave(f.sessions, true);
		assert_int_equal(sessions_open(f.sessions), 0);
	}
	stop(&f);
}

/* Tags differ from visit to visit, lead back to theirs, and show no pattern. */
static void
tags_lead_back(void **state)
{
	struct fixture f;
	struct session *s[16];
	uint32_t seen = 0, tag;

	(void)state;
	start(&f, &free_limits);
	for (int i = 0; i < 16; i++) {
		s[i] = session_make(f.sessions);
		assert_true(slot_take(f.sessions->udp, s[i]));
		tag = slot_tag(f.sessions->udp, s[i]);
		assert_true(tag < 1u << TAG_BITS);
		assert_ptr_equal(slot_session(f.sessions->udp, tag), s[i]);
		for (uint32_t bit = 0; bit < TAG_BITS; bit++)
			assert_ptr_not_equal(slot_session(f.sessions->udp, tag ^ 1u << bit), s[i]);
		seen |= tag;
	}
	assert_true(__builtin_popcount(seen) > 24);
	tag = slot_tag(f.sessions->udp, s[0]);
	session_destroy(s[0]);
	s[0] = session_make(f.sessions);
	assert_true(slot_take(f.sessions->udp, s[0]));
	assert_null(slot_session(f.sessions->udp, tag));	/* the slot's next visit has another */
	stop(&f);
}

static void
a_taken_port_is_said(void **state)
{
	struct sessions_config c = { .overlay = &mainline };
	struct datagram_limits limits = { .visits = 1 };
	struct fixture f;

	(void)state;
	start(&f, &free_limits);
	c.base = f.base;
	c.scope = &f.scope;
	{
		struct sessions *other = sessions_new(&c);

		assert_int_equal(datagram_open(other, &limits, datagram_port(f.sessions), true), -1);
		sessions_free(other);
	}
	stop(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_visit_is_carried_from_question_to_outcome),
		cmocka_unit_test(silence_is_a_timeout),
		cmocka_unit_test(only_who_was_asked_is_heard),
		cmocka_unit_test(icmp_is_a_refusal),
		cmocka_unit_test(the_scope_is_asked_for_each),
		cmocka_unit_test(datagrams_to_an_address_are_spaced),
		cmocka_unit_test(the_rate_of_all_is_kept),
		cmocka_unit_test(the_rate_of_a_network_is_kept),
		cmocka_unit_test(slots_run_out_and_come_back),
		cmocka_unit_test(tags_lead_back),
		cmocka_unit_test(a_taken_port_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
