/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "data/format/canonical.h"

#define TEXT(s)	{ (const uint8_t *)(s), sizeof(s) - 1 }

static const struct observation a_key = {
	.type = OBS_KEY, .round = 258, .t_ms = 1274400000123,
	.peer = { 0x7f000309, 7743 },
	.key = {
		.source = { 0xcb007109, 21045 },
		.hash = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 },
		.size = 7340032, .name = TEXT("a.zip"), .trip = TEXT("t"), .ttl = 1480,
		.blocks = 120, .mtime = UNKNOWN, .ignore = 0, .version = 5, .downstream = 1,
		.bbs_trip = TEXT(""), .raw = TEXT("\xff\x01"),
	},
};

static void
hex_of(const struct canonical *r, char *hex, size_t size)
{
	sodium_bin2hex(hex, size, r->p, r->len);
}

/* BLAKE2b-256 of the raw bytes ff 01, by another program. */
#define RAW_HASH "a535801c7136ae224a4e77bff4972ee617cfbda6bc8522f63c1825ba244d582d"

/* The form is what signatures are about: these bytes may never change. */
static void
the_form_of_a_key_is_fixed(void **state)
{
	struct canonical r = { 0 };
	char hex[512];

	(void)state;
	assert_int_equal(canonical_of_observation(&r, &a_key), 0);
	hex_of(&r, hex, sizeof(hex));
	assert_string_equal(hex,
	    "4b" "00000102" "00000128b828c87b" "7f0003091e3f" "cb0071095235"
	    "000102030405060708090a0b0c0d0e0f" "0000000000700000" "000005c8"
	    "0000000000000078" "ffffffffffffffff" "00" "0005" "01" "000000000000"
	    "00000005" "612e7a6970" "00000001" "74" "00000000" "00000020" RAW_HASH);
	assert_int_equal(strncmp(hex + 2 * CANONICAL_KEY_HEAD, "00000005612e", 12), 0);
	free(r.p);
}

static void
the_other_forms_are_fixed(void **state)
{
	static const struct endpoint via[] = { { 0x01020304, 5 }, { 0x06070809, 10 } };
	static const struct { struct observation o; const char *hex; } known[] = {
		{ { .type = OBS_NEIGHBOUR, .round = 1, .t_ms = 2, .peer = { 3, 4 },
		    .neighbour = { .node = { 5, 6 }, .speed = 120, .bbs = UNKNOWN,
		    .words = { TEXT("x"), TEXT(""), TEXT("yz") } } },
		  "4e" "00000001" "0000000000000002" "000000030004" "000000050006" "00000078" "ff"
		  "0000000178" "00000000" "00000002797a" },
		{ { .type = OBS_QUERY, .round = 1, .t_ms = 2, .peer = { 3, 4 },
		    .query = { .via = via, .nvia = 2, .words = TEXT("w"), .trip = TEXT(""), .id = 77 } },
		  "51" "00000001" "0000000000000002" "000000030004" "000000000000004d" "0000000177"
		  "00000000" "00000002" "010203040005" "06070809000a" },
		{ { .type = OBS_CONTACT, .round = 1, .t_ms = 2,
		    .contact = { .node = { 5, 6 }, .inbound = true, .outcome = OUT_DROPPED,
		    .command = 31, .version = 12710, .speed = UNKNOWN, .port0 = 0 } },
		  "43" "00000001" "0000000000000002" "000000050006" "01" "05" "001f" "000031a6"
		  "ffffffff" "00" },
	};
	struct canonical r = { 0 };
	char hex[512];

	(void)state;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		assert_int_equal(canonical_of_observation(&r, &known[i].o), 0);
		hex_of(&r, hex, sizeof(hex));
		assert_string_equal(hex, known[i].hex);
	}
	free(r.p);
}

static void
a_round_has_a_form_too(void **state)
{
	const struct canonical_round d = {
		.run = { .sensor = TEXT("s1"), .overlay = TEXT("winny"), .start_ms = 1, .end_ms = 2,
		    .tried = 3, .reached = 4 },
		.round = 9, .complete = true, .known = 5, .clock_jump_ms = -6, .clock_us = 7,
		.seen = { 0xaa }, .parameters = { 0xbb },
	};
	struct canonical_round again;
	struct canonical r = { 0 };
	char hex[512];

	(void)state;
	assert_int_equal(canonical_of_round(&r, &d), 0);
	hex_of(&r, hex, sizeof(hex));
	assert_string_equal(hex, "52" "00000009" "0000000000000001" "0000000000000002" "01"
	    "0000000000000003" "0000000000000004" "0000000000000005" "fffffffffffffffa" "0000000000000007"
	    "aa00000000000000000000000000000000000000000000000000000000000000"
	    "bb00000000000000000000000000000000000000000000000000000000000000"
	    "000000027331" "0000000577696e6e79");
	assert_true(canonical_read_round(&again, r.p, r.len));
	assert_int_equal(again.clock_jump_ms, -6);
	assert_memory_equal(again.run.overlay.p, "winny", 5);
	for (size_t i = 0; i < r.len; i++)
		assert_false(canonical_read_round(&again, r.p, i));
	free(r.p);
}

/* The same bytes whether the raw record is at hand or only its hash. */
static void
a_pruned_key_has_the_same_form(void **state)
{
	struct canonical r = { 0 }, pruned = { 0 };
	struct observation o = a_key;

	(void)state;
	assert_int_equal(canonical_of_observation(&r, &a_key), 0);
	o.key.raw.len = 0;
	assert_int_equal(canonical_of_pruned_key(&pruned, &o, r.p + r.len - 32), 0);
	assert_int_equal(pruned.len, r.len);
	assert_memory_equal(pruned.p, r.p, r.len);
	free(r.p);
	free(pruned.p);
}

static void
records_are_read_back_and_every_cut_is_refused(void **state)
{
	struct canonical r = { 0 }, again = { 0 };
	struct observation o, n = { .type = OBS_NEIGHBOUR, .round = 3, .t_ms = 4, .peer = { 5, 6 },
		.neighbour = { { 7, 8 }, -9, 1, { TEXT("a"), TEXT(""), TEXT("c") } } };

	(void)state;
	assert_int_equal(canonical_of_observation(&r, &a_key), 0);
	assert_true(canonical_read_key(&o, r.p, r.len));
	assert_int_equal(o.key.mtime, UNKNOWN);
	assert_int_equal(o.key.raw.len, 32);
	assert_int_equal(canonical_of_pruned_key(&again, &o, o.key.raw.p), 0);
	assert_int_equal(again.len, r.len);
	assert_memory_equal(again.p, r.p, r.len);
	for (size_t i = 0; i < r.len; i++)
		assert_false(canonical_read_key(&o, r.p, i));
	assert_int_equal(o.round, 0);		/* nothing is left of what failed */
	assert_false(canonical_read_neighbour(&o, r.p, r.len));
	memset(r.p + CANONICAL_KEY_HEAD, 0xff, 4);	/* a text of 4 GB */
	assert_false(canonical_read_key(&o, r.p, r.len));

	assert_int_equal(canonical_of_observation(&r, &n), 0);
	assert_true(canonical_read_neighbour(&o, r.p, r.len));
	assert_int_equal(o.neighbour.speed, -9);
	assert_int_equal(o.neighbour.words[2].len, 1);
	for (size_t i = 0; i < r.len; i++)
		assert_false(canonical_read_neighbour(&o, r.p, i));
	free(r.p);
	free(again.p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_form_of_a_key_is_fixed),
		cmocka_unit_test(the_other_forms_are_fixed),
		cmocka_unit_test(a_round_has_a_form_too),
		cmocka_unit_test(a_pruned_key_has_the_same_form),
		cmocka_unit_test(records_are_read_back_and_every_cut_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
