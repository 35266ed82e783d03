/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/data/store/store_fixture.h"

#include "crawler/store_thread.h"

#define KEYS	5000u	/* several chunks of them */

static struct observation
a_key(uint32_t i, char name[32], uint8_t raw[64])
{
	struct observation o = { .round = 1, .t_ms = 1000000 + i / 50 * 1000,
		.peer = endpoint_ipv4(0x3a000001 + i / 50, 7743) };

	snprintf(name, 32, "file %u", i);
	memset(raw, (int)i, 64);
	set_winny_key(&o, (struct winny_key){ .source = endpoint_ipv4(0x76000000 + i, 1024),
		.size = i, .name = text_of(name), .ttl = 1500, .version = 5, .raw = { raw, 64 } });
	memcpy(o.key.content.id, &i, sizeof(i));
	return o;
}

static struct observation
round_of(uint32_t round, int64_t end_ms)
{
	return (struct observation){ .type = OBS_ROUND, .round = round, .t_ms = 1000000,
		.run = { .sensor = text_of("s"), .overlay = text_of("winny"), .start_ms = 1000000,
		.end_ms = end_ms, .tried = UNKNOWN, .reached = UNKNOWN } };
}

static bool
is(struct text t, const char *text)
{
	return t.len == strlen(text) && memcmp(t.p, text, t.len) == 0;
}

struct count { unsigned keys, wrong, contacts, queries; };

static int
count_one(const struct observation *o, void *arg)
{
	struct count *c = arg;
	char name[32];

	if (o->type == OBS_KEY) {
		struct winny_key k = winny_key_of(o);

		snprintf(name, sizeof(name), "file %u", (unsigned)k.size);
		c->wrong += !is(k.name, name) || k.source.ip != 0x76000000 + k.size;
		c->keys++;
	}
	c->contacts += o->type == OBS_CONTACT;
	if (o->type == OBS_QUERY) {
		c->wrong += o->query.nvia != 2 || o->query.via[1].port != 4 ||
		    !is(winny_query_of(o).words, "what");
		c->queries++;
	}
	return 0;
}

/* The caller's buffers are its own again at once. */
static void
observations_are_stored_as_they_were_given(void **state)
{
	struct store *s = open_store(STORE_CREATE);
	struct store_thread *c = store_thread_new(s, NULL);
	struct observation o = round_of(1, UNKNOWN);
	struct endpoint via[2] = { endpoint_ipv4(1, 2), endpoint_ipv4(3, 4) };
	struct count count = { 0 };
	uint8_t raw[64];
	char name[32];

	(void)state;
	assert_non_null(c);
	assert_int_equal(store_add(s, &o), 0);
	for (uint32_t i = 0; i < KEYS; i++) {
		o = a_key(i, name, raw);
		assert_int_equal(store_thread_add(c, &o), 0);
		memset(name, 'x', sizeof(name));
		memset(raw, 0xff, sizeof(raw));
	}
	o = (struct observation){ .round = 1, .t_ms = 1000000, .peer = endpoint_ipv4(5, 6) };
	set_winny_query(&o, (struct winny_query){ .via = via, .nvia = 2, .words = text_of("what"),
		.id = 7 });
	assert_int_equal(store_thread_add(c, &o), 0);
	memset(via, 0, sizeof(via));
	o = (struct observation){ .round = 1, .t_ms = 1000000, .peer = endpoint_ipv4(5, 6) };
	set_winny_contact(&o, (struct winny_contact){ .node = endpoint_ipv4(5, 6), .command = UNKNOWN,
		.version = UNKNOWN, .speed = UNKNOWN, .port0 = UNKNOWN });
	assert_int_equal(store_thread_add(c, &o), 0);
	store_thread_pass(c);
	assert_int_equal(store_thread_finish(c), 0);
	o = round_of(1, 2000000);
	assert_int_equal(store_add(s, &o), 0);
	store_thread_free(c);
	assert_int_equal(rows_observations(s, 1, count_one, &count), 0);
	store_close(s);
	assert_int_equal(count.keys, KEYS);
	assert_int_equal(count.contacts, 1);
	assert_int_equal(count.queries, 1);
	assert_int_equal(count.wrong, 0);
}

static void
a_store_that_fails_is_told_of_and_takes_nothing_after(void **state)
{
	struct store *s = open_store(STORE_CREATE);
	struct store_thread *c = store_thread_new(s, NULL);
	struct observation o;
	uint8_t raw[64];
	char name[32];

	(void)state;
	o = a_key(1, name, raw);
	o.round = 0;
	(void)store_thread_add(c, &o);
	o.round = 1;
	(void)store_thread_add(c, &o);
	assert_int_equal(store_thread_finish(c), -1);
	assert_non_null(strstr(store_error(s), "rounds are counted from 1"));
	assert_int_equal(store_thread_add(c, &o), -1);
	assert_int_equal(store_thread_finish(c), -1);
	assert_int_equal(store_last_round(s), 0);
	store_thread_free(c);
	store_thread_free(NULL);
	store_close(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(observations_are_stored_as_they_were_given),
		STORE_TEST(a_store_that_fails_is_told_of_and_takes_nothing_after),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
