/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The bounds of bounds.h that are kept between visits: addresses claimed,
 * calls taken.  Those of one visit are pushed against in test_session.c and
 * tests/unit/node/winny/test_dialog.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "crawler/net/claim_quota.h"
#include "bounds.h"
#include "crawler/net/listener.h"

/* ---- claimed addresses ---------------------------------------------------------- */

#define PEER	UINT32_C(0x3a140300)	/* 58.20.3.0 */
#define OTHER	UINT32_C(0x3b150400)
#define SOURCE	UINT32_C(0x3c160500)
#define NOW	INT64_C(4000000000)	/* ms, so that the short clock is near its wrap */

static const uint8_t key[16] = "sixteen secrets";

/* Spends what there is; sources and peers are at from + i * step. */
static unsigned
spend_all(struct claim_quota *c, uint32_t peer, uint32_t pstep, uint32_t source, uint32_t sstep,
    unsigned most, int64_t now_ms)
{
	for (unsigned i = 0; i < most; i++) {
		if (!claim_quota_left(c, endpoint_ipv4(peer + i * pstep, 0), endpoint_ipv4(source + i * sstep, 0), now_ms))
			return i;
		claim_quota_spend(c, endpoint_ipv4(peer + i * pstep, 0), endpoint_ipv4(source + i * sstep, 0), now_ms);
	}
	return most;
}

static void
a_net_is_named_only_so_often_whoever_does_it(void **state)
{
	struct claim_quota *c = claim_quota_new(key, 1);

	(void)state;
	assert_non_null(c);
	assert_int_equal(spend_all(c, PEER, 256, SOURCE, 0, 100000, NOW), LIMIT_NET_CLAIMED);
	assert_false(claim_quota_left(c, endpoint_ipv4(OTHER, 0), endpoint_ipv4(SOURCE + 255, 0), NOW));
	assert_true(claim_quota_left(c, endpoint_ipv4(OTHER, 0), endpoint_ipv4(SOURCE + 256, 0), NOW));
	/* A minute later, a minute's worth. */
	assert_int_equal(spend_all(c, OTHER, 256, SOURCE, 0, 100000, NOW + 60000),
	    LIMIT_NET_CLAIMED_MINUTE);
	claim_quota_free(c);
}

static void
the_peers_of_a_net_share_what_they_may_name(void **state)
{
	struct claim_quota *c = claim_quota_new(key, 1);

	(void)state;
	/* From the 256 addresses of one /24, each source in another /24. */
	for (unsigned i = 0; i < LIMIT_NET_CLAIMS; i++) {
		assert_true(claim_quota_left(c, endpoint_ipv4(PEER + i % 256, 0), endpoint_ipv4(SOURCE + (i << 8), 0), NOW));
		claim_quota_spend(c, endpoint_ipv4(PEER + i % 256, 0), endpoint_ipv4(SOURCE + (i << 8), 0), NOW);
	}
	assert_false(claim_quota_left(c, endpoint_ipv4(PEER + 7, 0), endpoint_ipv4(OTHER, 0), NOW));
	assert_true(claim_quota_left(c, endpoint_ipv4(OTHER, 0), endpoint_ipv4(OTHER, 0), NOW));
	assert_int_equal(spend_all(c, PEER, 0, SOURCE + (1 << 24), 256, 100000, NOW + 30000),
	    LIMIT_NET_CLAIMS_MINUTE / 2);
	claim_quota_free(c);
}

static void
a_lab_has_shorter_minutes_and_loopback_is_free(void **state)
{
	struct claim_quota *c = claim_quota_new(key, 60);

	(void)state;
	assert_int_equal(spend_all(c, PEER, 256, SOURCE, 0, 100000, NOW), LIMIT_NET_CLAIMED);
	assert_int_equal(spend_all(c, PEER, 256, SOURCE, 0, 100000, NOW + 1000),
	    LIMIT_NET_CLAIMED_MINUTE);
	assert_int_equal(spend_all(c, 0x7f000001, 0, 0x7f000002, 0, 100000, NOW), 100000);
	claim_quota_free(c);
}

/* ---- calls -------------------------------------------------------------------------- */

struct house {
	struct event_base *base;
	struct scope	 scope;
	struct sessions	*sessions;
	struct listener	*listener;
	struct endpoint	 at;
	unsigned	 ended;
	char		 map[32];
};

static void
on_session(void *arg, struct session *s)
{
	(void)arg;
	(void)s;
}

static void
on_greeted(void *arg, struct session *s, const struct dialog_peer *p)
{
	(void)arg;
	(void)s;
	(void)p;
}

static void
on_found(void *arg, struct session *s, const struct observation *o)
{
	(void)arg;
	(void)s;
	(void)o;
}

static void
on_done(void *arg, struct session *s, const struct session_result *r)
{
	struct house *h = arg;

	(void)r;
	h->ended++;
	listener_done(h->listener, session_tag(s), session_endpoint(s).ip);
}

static uint16_t
free_port(void)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof(in);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&in, sizeof(in)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&in, &len), 0);
	close(fd);
	return ntohs(in.sin_port);
}

/* A lab map of 127.1.K.1 to .250 for 58.20.K.x, K of 1 and 2. */
static void
write_map(char path[32])
{
	FILE *f;
	int fd;

	strcpy(path, "/tmp/kansoku-bounds-XXXXXX");
	fd = mkstemp(path);
	assert_true(fd != -1);
	assert_non_null(f = fdopen(fd, "w"));
	for (unsigned k = 1; k <= 2; k++)
		for (unsigned i = 1; i <= 250; i++)
			fprintf(f, "127.1.%u.%u:4000 58.20.%u.%u:21045\n", k, i, k, i);
	assert_int_equal(fclose(f), 0);
}

static void
open_house(struct house *h, size_t max, double scale)
{
	struct sessions_config c = {
		.scope = &h->scope, .overlay = overlay_find("winny"), .own_ip = 1,
		.visit_limit_ms = 60000, .budget = session_budget(&overlay_find("winny")->traits->visit, 1),
		.dialog = { .self = endpoint_ipv4(1, 7743), .speed = 100, .windows = 1, .age_ms = 60000,
			.handshake_ms = 60000, .patience_ms = 60000 },
		.up = on_session, .greeted = on_greeted, .found = on_found, .done = on_done,
		.arg = h,
	};

	memset(h, 0, sizeof(*h));
	write_map(h->map);
	assert_int_equal(scope_init(&h->scope), 0);
	assert_int_equal(scope_use_map(&h->scope, h->map), 0);
	scope_seal(&h->scope);
	assert_non_null(h->base = c.base = event_base_new());
	assert_non_null(h->sessions = sessions_new(&c));
	h->at = endpoint_ipv4(INADDR_LOOPBACK, free_port());
	h->listener = listener_open(h->base, h->sessions, &h->scope, h->at, max, scale);
	assert_non_null(h->listener);
}

static void
close_house(struct house *h)
{
	sessions_free(h->sessions);
	listener_close(h->listener);
	event_base_free(h->base);
	scope_free(&h->scope);
	unlink(h->map);
}

/* Calls from a lab address and lets the house answer. */
static int
call(struct house *h, uint32_t from)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr = { htonl(from) } };
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr = { htonl(h->at.ip) },
		.sin_port = htons(h->at.port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&in, sizeof(in)), 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	event_base_loop(h->base, EVLOOP_ONCE);
	return fd;
}

/* As call, and hangs up again. */
static void
ring(struct house *h, uint32_t from)
{
	const struct linger now = { 1, 0 };
	unsigned ended = h->ended;
	size_t open = sessions_open(h->sessions);
	int fd = call(h, from);

	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now)), 0);
	close(fd);
	if (sessions_open(h->sessions) > open)
		while (h->ended == ended)
			event_base_loop(h->base, EVLOOP_ONCE);
}

#define LAB(net, host)	(UINT32_C(0x7f010000) | (net) << 8 | (host))

static void
an_address_has_so_many_links(void **state)
{
	int fd[LIMIT_CALLS_OPEN + 2];
	struct house h;

	(void)state;
	open_house(&h, 1000, 1000);
	for (size_t i = 0; i < sizeof(fd) / sizeof(fd[0]); i++)
		fd[i] = call(&h, LAB(1, 1));
	assert_int_equal(sessions_open(h.sessions), LIMIT_CALLS_OPEN);
	assert_int_equal(listener_calls(h.listener).taken, LIMIT_CALLS_OPEN);
	assert_int_equal(listener_calls(h.listener).too_many, 2);
	/* Its neighbour is not to blame; and a link that ends makes room. */
	close(call(&h, LAB(1, 2)));
	assert_int_equal(listener_calls(h.listener).taken, LIMIT_CALLS_OPEN + 1);
	close(fd[0]);
	while (h.ended < 2)
		event_base_loop(h.base, EVLOOP_ONCE);
	close(call(&h, LAB(1, 1)));
	assert_int_equal(listener_calls(h.listener).taken, LIMIT_CALLS_OPEN + 2);
	for (size_t i = 1; i < sizeof(fd) / sizeof(fd[0]); i++)
		close(fd[i]);
	close_house(&h);
}

static void
an_address_has_so_many_calls_a_minute(void **state)
{
	struct house h;

	(void)state;
	open_house(&h, 1000, 1);
	for (int i = 0; i < 100; i++)
		ring(&h, LAB(1, 1));
	/* A sixth of a minute's worth at once. */
	assert_int_equal(listener_calls(h.listener).taken, LIMIT_CALLS_MINUTE / 6);
	ring(&h, LAB(1, 2));
	assert_int_equal(listener_calls(h.listener).taken, LIMIT_CALLS_MINUTE / 6 + 1);
	close_house(&h);
}

static void
a_net_has_so_many_links_and_all_have_so_many(void **state)
{
	int fd[250 + 60];
	struct house h;

	(void)state;
	open_house(&h, 100, 1000);
	for (uint32_t i = 0; i < 250; i++)
		fd[i] = call(&h, LAB(1, i + 1));
	assert_int_equal(sessions_open(h.sessions), LIMIT_NET_CALLS_OPEN);
	for (uint32_t i = 0; i < 60; i++)
		fd[250 + i] = call(&h, LAB(2, i + 1));
	assert_int_equal(sessions_open(h.sessions), 100);
	assert_int_equal(listener_calls(h.listener).too_many,
	    250 - LIMIT_NET_CALLS_OPEN + LIMIT_NET_CALLS_OPEN + 60 - 100);
	for (size_t i = 0; i < sizeof(fd) / sizeof(fd[0]); i++)
		close(fd[i]);
	close_house(&h);
}

/* Ten thousand calls from few addresses: who calls from elsewhere is taken in. */
static void
a_flood_of_calls_shuts_nobody_else_out(void **state)
{
	struct house h;
	int other;

	(void)state;
	open_house(&h, 2000, 1);
	for (uint32_t i = 0; i < 10000; i++)
		ring(&h, LAB(1, i % 8 + 1));
	assert_in_range(listener_calls(h.listener).taken, 8, LIMIT_NET_CALLS_MINUTE);
	assert_int_equal(listener_calls(h.listener).taken + listener_calls(h.listener).too_many,
	    10000);
	other = call(&h, LAB(2, 9));
	assert_int_equal(sessions_open(h.sessions), 1);
	close(other);
	close_house(&h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_net_is_named_only_so_often_whoever_does_it),
		cmocka_unit_test(the_peers_of_a_net_share_what_they_may_name),
		cmocka_unit_test(a_lab_has_shorter_minutes_and_loopback_is_free),
		cmocka_unit_test(an_address_has_so_many_links),
		cmocka_unit_test(an_address_has_so_many_calls_a_minute),
		cmocka_unit_test(a_net_has_so_many_links_and_all_have_so_many),
		cmocka_unit_test(a_flood_of_calls_shuts_nobody_else_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
