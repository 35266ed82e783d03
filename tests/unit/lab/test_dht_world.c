/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A DHT's world: the same for the same seed, endpoints one to one, tables and stores as they must be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "node/mainline/krpc.h"
#include "node/mainline/question.h"
#include "tests/lab/dht_answer.h"

static struct dht_world *
world_of(const char *text)
{
	char path[] = "/tmp/test_dht_world.XXXXXX", *why = NULL;
	int fd = mkstemp(path);
	struct dht_world *w;

	assert_int_not_equal(fd, -1);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	w = dht_world_load(path, 0, 0, &why);
	unlink(path);
	if (w == NULL)
		fail_msg("%s", why);
	return w;
}

#define SMALL	"[world]\nnodes = 600\n[contents]\nhashes = 200\n"

static void
test_endpoints(void **state)
{
	struct dht_world *w = world_of(SMALL "[anomaly.1]\nkind = sybil-fleet\n[event.1]\nkind = renumber\nstart = 1h\nsize = 0.5\n");
	uint32_t slot, moved = 0;

	(void)state;
	for (int late = 0; late < 2; late++)
		for (uint32_t i = 0; i < w->n; i++) {
			struct endpoint p = dht_public(w, i, late * 7200.0), other;

			if (!dht_online(w, i, late * 7200.0))
				continue;
			assert_true(dht_at_public(w, p, late * 7200.0, &slot));
			assert_int_equal(slot, i);
			other = dht_loopback_place(w, i, 0);
			assert_int_equal(other.ip >> 24, 127);
			/* Who moved is at its second address, and at the first no more. */
			if (!dht_at_loopback(w, other.ip, late * 7200.0, &slot)) {
				moved++;
				assert_true(dht_at_loopback(w, dht_loopback_place(w, i, 1).ip, late * 7200.0, &slot));
			}
			assert_int_equal(slot, i);
		}
	assert_in_range(moved, w->live / 4, w->live * 3 / 4);
	/* A fleet lives on few addresses. */
	assert_true(dht_public(w, w->group[0].first, 0).ip == dht_public(w, w->group[0].first + 4, 0).ip);
	dht_world_free(w);
}

/* The nearest of all, found by looking at each. */
static uint32_t
nearest_of_all(const struct dht_world *w, const uint8_t target[NODE_ID], uint32_t without)
{
	uint32_t best = UINT32_MAX;

	for (uint32_t i = 0; i < w->n; i++)
		if (i != without && (best == UINT32_MAX || node_id_nearer(w->id[i], w->id[best], target) < 0))
			best = i;
	return best;
}

static void
test_tables(void **state)
{
	struct dht_world *w = world_of(SMALL), *again = world_of(SMALL);
	uint32_t out[DHT_NEAREST], same[DHT_NEAREST];

	(void)state;
	for (uint32_t x = 0; x < 50; x++) {
		uint8_t target[NODE_ID];

		memcpy(target, w->id[(x * 7 + 11) % w->n], NODE_ID);
		target[12] ^= (uint8_t)x;
		assert_int_equal(dht_contacts(w, x, target, 0, DHT_NEAREST, out), DHT_NEAREST);
		assert_int_equal(dht_contacts(again, x, target, 0, DHT_NEAREST, same), DHT_NEAREST);
		assert_memory_equal(out, same, sizeof(out));
		for (size_t i = 0; i < DHT_NEAREST; i++) {
			assert_int_not_equal(out[i], x);
			for (size_t k = 0; k < i; k++)
				assert_int_not_equal(out[i], out[k]);
		}
		/* Its own neighbours it knows, whoever else it may not know. */
		assert_int_equal(dht_contacts(w, x, w->id[x], 0, DHT_NEAREST, out), DHT_NEAREST);
		assert_int_equal(out[0], nearest_of_all(w, w->id[x], x));
	}
	dht_world_free(w);
	dht_world_free(again);
}

static void
test_stores(void **state)
{
	struct dht_world *w = world_of(SMALL);
	uint32_t out[256], kept[200] = { 0 };

	(void)state;
	for (uint32_t x = 0; x < w->n; x++) {
		size_t n = dht_online(w, x, 0) ? dht_stored(w, x, 0, out, 256) : 0;

		for (size_t i = 0; i < n; i++)
			kept[out[i]]++;
	}
	for (uint32_t h = 0; h < w->nhash; h++)
		assert_int_equal(kept[h], DHT_NEAREST);
	dht_world_free(w);
}

static size_t
ask(const struct dht_world *w, uint32_t slot, double t, enum question q, const uint8_t *target, struct dht_meter *m,
    uint8_t *out)
{
	uint8_t query[LIMIT_QUERY], self[NODE_ID] = { 1 };

	return dht_answer(w, slot, t, endpoint_ipv4(0x7f000001, 9), query,
	    question_write(query, q, self, (struct text){ (const uint8_t *)"abcd", 4 }, target), m, out);
}

static uint32_t
first_client(const struct dht_world *w, enum dht_client c)
{
	uint32_t i = 0;

	while (dht_client_of(w, i) != c)
		i++;
	return i;
}

static void
test_answers(void **state)
{
	struct dht_world *w = world_of("[world]\nnodes = 600\n[contents]\nhashes = 200\n[population]\nswapped = 0\n"
	    "[anomaly.1]\nkind = made-up-contacts\n[anomaly.2]\nkind = id-hop\n[anomaly.3]\nkind = random-values\n");
	static uint8_t out[DHT_DATAGRAM];
	uint32_t lt = first_client(w, DHT_LIBTORRENT), rt = first_client(w, DHT_RTORRENT), a2 = first_client(w, DHT_ARIA2), n;
	struct dht_meter meter = { 0 };
	struct krpc m;
	struct krpc_contact c;
	struct endpoint e;
	size_t at;

	(void)state;
	w->named_public = true;
	assert_null(krpc_read(&m, out, ask(w, lt, 5, ASK_SAMPLE, w->hash[0], NULL, out)));
	assert_int_equal(m.sloppy, 0);
	assert_memory_equal(m.body.id.p, w->id[lt], NODE_ID);
	assert_true(m.body.has_num && m.body.interval == 21600);
	assert_int_equal(ask(w, a2, 5, ASK_SAMPLE, w->hash[0], NULL, out), 0);
	assert_null(krpc_read(&m, out, ask(w, rt, 5, ASK_SAMPLE, w->hash[0], NULL, out)));
	assert_int_equal(m.code, 204);
	/* Fifty in ten seconds, then silence for five minutes. */
	for (int i = 0; i < 50; i++)
		assert_int_not_equal(ask(w, lt, 6, ASK_NODES, w->hash[0], &meter, out), 0);
	assert_int_equal(ask(w, lt, 7, ASK_NODES, w->hash[0], &meter, out), 0);
	assert_int_equal(ask(w, lt, 300, ASK_NODES, w->hash[0], &meter, out), 0);
	assert_int_not_equal(ask(w, lt, 308, ASK_NODES, w->hash[0], &meter, out), 0);
	/* Contacts that lie near whatever is asked for. */
	assert_null(krpc_read(&m, out, ask(w, w->group[0].first, 5, ASK_NODES, w->hash[1], NULL, out)));
	for (at = 0, n = 0; krpc_contact(&m.body, false, &at, &c); n++)
		assert_true(node_id_shared_bits(c.id, w->hash[1]) >= 60);
	assert_int_equal(n, 8);
	assert_null(krpc_read(&m, out, ask(w, w->group[1].first, 5, ASK_NODES, w->hash[1], NULL, out)));
	assert_true(node_id_shared_bits(m.body.id.p, w->hash[1]) >= 44);
	/* Holders that are others each time. */
	assert_null(krpc_read(&m, out, ask(w, w->group[2].first, 5, ASK_PEERS, w->hash[1], NULL, out)));
	for (at = 0, n = 0; krpc_value(&m.body, &at, &e); n++)
		continue;
	assert_int_equal(n, DHT_VALUES);
	dht_world_free(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_endpoints),
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_stores),
		cmocka_unit_test(test_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
