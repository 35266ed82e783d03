/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A bad key costs the key, and each check of a genuine node costs it. */
#include "tests/unit/node/wire_test.h"

#include "node/winny/key.h"
#include "tests/lab/answer.h"

static const uint8_t hash[16] = { 1 };
static const uint8_t zero_hash[16];
static uint8_t cipher[KEY_NAME_MAX];

static struct key
good_file(void)
{
	struct key k = { .size = 7340032, .hash = hash, .ttl = 1532, .version = 5 };

	answer_name(&k, cipher, text("a file.zip"));
	return k;
}

static struct key
good_thread(void)
{
	struct key k = { .size = 1 << 20, .hash = hash, .blocks = 1200, .version = 6,
		.bbs = endpoint_ipv4(0xcb007107, 8001), .trip = text("AbCdEfGhI+!"),
		.signature = text("Z9y8X7w6V5u") };

	answer_name(&k, cipher, text("[BBS_x]thread"));
	return k;
}

static enum key_error
check(const struct key *k)
{
	uint8_t name[KEY_NAME_MAX];

	return key_open(k, name);
}

static void
names_are_decrypted_and_summed(void **state)
{
	uint8_t plain[KEY_NAME_MAX], name[KEY_NAME_MAX];
	struct key k = good_file();

	(void)state;
	assert_int_equal(key_open(&k, name), KEY_OK);
	assert_memory_equal(name, "a file.zip", 10);
	for (size_t n = 2; n <= KEY_NAME_MAX; n++) {	/* each length, many sums */
		memset(plain, (int)(n | 1), n);
		answer_name(&k, cipher, (struct text){ plain, n });
		assert_int_equal(key_open(&k, name), plain[0] == '@' ? KEY_NAME_MARK : KEY_OK);
		assert_memory_equal(name, plain, n);
	}
}

static void
a_wrong_sum_in_either_byte_costs_the_key(void **state)
{
	(void)state;
	for (unsigned bit = 0; bit < 16; bit++) {
		struct key k = good_file();

		k.name_sum ^= (uint16_t)(1u << bit);
		assert_int_equal(check(&k), KEY_NAME_SUM);
	}
}

static void
the_checks_of_a_file(void **state)
{
	struct key k = good_file();

	(void)state;
	k.hash = zero_hash;
	assert_int_equal(check(&k), KEY_NO_HASH);
	k = good_file();
	k.size = INT32_MAX;
	assert_int_equal(check(&k), KEY_OK);
	k.size++;
	assert_int_equal(check(&k), KEY_SIZE);
	k = good_file();
	answer_name(&k, cipher, text("x"));
	assert_int_equal(check(&k), KEY_NAME_SHORT);
	answer_name(&k, cipher, text(""));
	assert_int_equal(check(&k), KEY_NAME_SHORT);
	answer_name(&k, cipher, text("@x"));
	assert_int_equal(check(&k), KEY_NAME_MARK);
	answer_name(&k, cipher, text("x@"));
	assert_int_equal(check(&k), KEY_OK);
}

static void
trips_are_empty_or_10_or_11_letters_and_digits(void **state)
{
	static const struct { const char *trip; enum key_error err; } trips[] = {
		{ "", KEY_OK }, { "a1B2c3D4e5", KEY_OK }, { "AbCdEfGhIjK", KEY_OK },
		{ "AbCdEfGh+!0", KEY_OK }, { "a1B2c3D4e", KEY_TRIP_FORM }, { "a", KEY_TRIP_FORM },
		{ "a1B2c3D4e+", KEY_TRIP_FORM }, { "a1B2 3D4e5", KEY_TRIP_FORM },
		{ "a1B2c3D4e5@", KEY_TRIP_FORM }, { "\x1b[2Jaaaaaa", KEY_TRIP_FORM },
		{ "/1B2c3D4e5", KEY_TRIP_FORM }, { ":1B2c3D4e5", KEY_TRIP_FORM },
		{ "[1B2c3D4e5", KEY_TRIP_FORM }, { "`1B2c3D4e5", KEY_TRIP_FORM },
		{ "{1B2c3D4e5", KEY_TRIP_FORM }, { "zZ9aA0zZ90", KEY_OK },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(trips) / sizeof(trips[0]); i++) {
		struct key k = good_file();

		k.trip = text(trips[i].trip);
		if (check(&k) != trips[i].err)
			fail_msg("trip \"%s\": %s", trips[i].trip, key_error_text(check(&k)));
	}
}

static void
the_checks_of_a_thread(void **state)
{
	struct key k = good_thread();

	(void)state;
	assert_int_equal(check(&k), KEY_OK);
	k.size++;
	assert_int_equal(check(&k), KEY_BBS_SIZE);
	k = good_thread();
	k.trip.len = 0;
	assert_int_equal(check(&k), KEY_BBS_TRIP);
	k = good_thread();
	k.blocks++;
	assert_int_equal(check(&k), KEY_BBS_BLOCKS);
	k = good_thread();
	answer_name(&k, cipher, text("[BBS-x]"));
	assert_int_equal(check(&k), KEY_BBS_NAME);
	answer_name(&k, cipher, text("[BB"));
	assert_int_equal(check(&k), KEY_BBS_NAME);
	k.bbs.ip = 0;		/* a relay zeroed the owner: still a thread */
	assert_int_equal(check(&k), KEY_BBS_NAME);
	k.signature.len = 0;
	assert_int_equal(check(&k), KEY_OK);
}

static void
records_are_walked_without_reading_past_them(void **state)
{
	uint8_t room[512];
	struct query q = { .spread = 1 };
	struct wire_out w = wire_out_of(room, sizeof(room));
	struct answer_query a;
	struct key file = good_file(), got;
	uint8_t *first, signature;
	size_t len;

	(void)state;
	answer_query_begin(&a, &w, &q, NULL);
	first = w.p;
	answer_query_key(&a, &file);
	answer_query_key(&a, &file);
	answer_query_end(&a);
	len = (size_t)(w.p - first);
	for (size_t n = 0; n <= len; n++) {
		uint8_t *copy = malloc(n + !n);
		struct wire keys = wire_of(copy, n);

		memcpy(copy, first, n);
		for (size_t k = 1; k <= 2; k++)
			assert_int_equal(key_skip(&keys, &signature), n >= k * len / 2);
		keys = wire_of(copy, n);
		while (key_next(&got, &keys))
			assert_int_equal(got.raw.len, len / 2);
		assert_int_equal(keys.bad, n % (len / 2) != 0);
		free(copy);
	}
}

static void
the_raw_record_is_what_came(void **state)
{
	uint8_t room[512], again[512];
	struct query q = { .spread = 1 };
	struct wire_out w = wire_out_of(room, sizeof(room)), w2 = wire_out_of(again, sizeof(again));
	struct key thread = good_thread(), got;
	struct answer_query a, a2;
	struct wire keys;
	uint8_t *first;

	(void)state;
	answer_query_begin(&a, &w, &q, NULL);
	first = w.p;
	answer_query_key(&a, &thread);
	keys = wire_of(first, (size_t)(w.p - first));
	assert_true(key_next(&got, &keys));
	assert_ptr_equal(got.raw.p, first);
	assert_ptr_equal(got.raw.p + got.raw.len, w.p);
	assert_int_equal(got.raw.len, KEY_FIXED + got.name.len + got.signature.len);
	answer_query_begin(&a2, &w2, &q, NULL);
	answer_query_key(&a2, &got);
	assert_memory_equal(w2.p - got.raw.len, first, got.raw.len);
}

static void
every_error_has_a_text(void **state)
{
	(void)state;
	for (int e = 0; e < KEY_NERR; e++)
		assert_true(strlen(key_error_text((enum key_error)e)) > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_decrypted_and_summed),
		cmocka_unit_test(a_wrong_sum_in_either_byte_costs_the_key),
		cmocka_unit_test(the_checks_of_a_file),
		cmocka_unit_test(trips_are_empty_or_10_or_11_letters_and_digits),
		cmocka_unit_test(the_checks_of_a_thread),
		cmocka_unit_test(records_are_walked_without_reading_past_them),
		cmocka_unit_test(the_raw_record_is_what_came),
		cmocka_unit_test(every_error_has_a_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
