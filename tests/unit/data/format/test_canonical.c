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
#include "tests/unit/data/toy_overlay.h"
#include "tests/winny_records.h"

#define TEXT(s)	{ (const uint8_t *)(s), sizeof(s) - 1 }

static const struct observation a_key = {
	.type = OBS_KEY, .round = 258, .t_ms = 1274400000123,
	.peer = { .ip = 0x7f000309, .port = 7743 },
	.key = {
		.source = { .ip = 0xcb007109, .port = 21045 },
		.content = { 16, { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 } },
		.raw = TEXT("\xff\x01"),
	},
	.fields = &winny_fields,
	.value = {
		[WINNY_KEY_SIZE].number = 7340032, [WINNY_KEY_NAME].text = TEXT("a.zip"),
		[WINNY_KEY_TRIP].text = TEXT("t"), [WINNY_KEY_TTL].number = 1480,
		[WINNY_KEY_BLOCKS].number = 120, [WINNY_KEY_MTIME].number = UNKNOWN,
		[WINNY_KEY_IGNORE].number = 0, [WINNY_KEY_VERSION].number = 5,
		[WINNY_KEY_DOWNSTREAM].number = 1,
	},
};

/* Where the parts of its record begin, as canonical.h has it. */
enum {
	AT_RAW = 1 + 4 + 8 + 7 + 7 + 7 + 1 + 16,	/* the length of the text */
	AT_FIELDS = AT_RAW + 4 + 32,			/* their count */
	AT_NAME = AT_FIELDS + 1 + 8,			/* the length of the text, after the size */
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
	    "4b" "00000102" "00000128b828c87b" "01" "7f000309" "1e3f" "01" "00000000" "0000"
	    "01" "cb007109" "5235" "10" "000102030405060708090a0b0c0d0e0f" "00000020" RAW_HASH
	    "0b" "0000000000700000" "00000005" "612e7a6970" "00000001" "74" "00000000000005c8"
	    "0000000000000078" "ffffffffffffffff" "00" "0000000000000005" "01" "00000000" "0000"
	    "01" "00000000");
	assert_int_equal(strncmp(hex + 2 * AT_RAW, "00000020", 8), 0);
	assert_int_equal(strncmp(hex + 2 * AT_FIELDS, "0b", 2), 0);
	assert_int_equal(strncmp(hex + 2 * AT_NAME, "00000005612e", 12), 0);
	free(r.p);
}

static void
the_other_forms_are_fixed(void **state)
{
	static const struct endpoint via[] = { { .ip = 0x01020304, .port = 5 },
		{ .ip = 0x06070809, .port = 10 } };
	static const struct { struct observation o; const char *hex; } known[] = {
		{ { .type = OBS_NEIGHBOUR, .round = 1, .t_ms = 2, .peer = { .ip = 3, .port = 4 },
		    .to = { .ip = 9, .port = 8 }, .neighbour.node = { .ip = 5, .port = 6 },
		    .fields = &winny_fields, .value = { [WINNY_NEIGHBOUR_SPEED].number = 120,
		    [WINNY_NEIGHBOUR_BBS].number = UNKNOWN, [WINNY_NEIGHBOUR_WORDS].text = TEXT("x"),
		    [WINNY_NEIGHBOUR_WORDS + 2].text = TEXT("yz") } },
		  "4e" "00000001" "0000000000000002" "01000000030004" "01000000090008" "01000000050006"
		  "05" "0000000000000078" "ff" "0000000178" "00000000" "00000002797a" },
		{ { .type = OBS_QUERY, .round = 1, .t_ms = 2, .peer = { .ip = 3, .port = 4 },
		    .query = { .via = via, .nvia = 2 }, .fields = &winny_fields,
		    .value = { [WINNY_QUERY_WORDS].text = TEXT("w"), [WINNY_QUERY_ID].number = 77 } },
		  "51" "00000001" "0000000000000002" "01000000030004" "01000000000000" "00000002"
		  "01010203040005" "0106070809000a" "03" "0000000177" "000000000000004d" "00000000" },
		{ { .type = OBS_CONTACT, .round = 1, .t_ms = 2,
		    .contact = { .node = { .ip = 5, .port = 6 }, .inbound = true, .outcome = OUT_DROPPED },
		    .fields = &winny_fields, .value = { [WINNY_CONTACT_VERSION].number = 12710,
		    [WINNY_CONTACT_SPEED].number = UNKNOWN, [WINNY_CONTACT_PORT0].number = 0,
		    [WINNY_CONTACT_COMMAND].number = 31 } },
		  "43" "00000001" "0000000000000002" "01000000050006" "01" "05" "05"
		  "00000000000031a6" "ffffffffffffffff" "00" "000000000000001f" "01000000000000" },
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
	struct canonical_round d = {
		.run = { .sensor = TEXT("s1"), .overlay = TEXT("winny"), .start_ms = 1, .end_ms = 2,
		    .tried = 3, .reached = 4, .not_dialled = UNKNOWN, .not_stored = UNKNOWN },
		.round = 9, .complete = true, .origin = ORIGIN_CAPTURED, .known = 5, .clock_jump_ms = -6, .clock_us = 7,
		.seen = { 0xaa }, .parameters = { 0xbb },
	};
	struct canonical_round again;
	struct canonical r = { 0 };
	char hex[512];

	(void)state;
	assert_int_equal(canonical_of_round(&r, &d), 0);
	hex_of(&r, hex, sizeof(hex));
	assert_string_equal(hex, "52" "00000009" "0000000000000001" "0000000000000002" "01" "02"
	    "0000000000000003" "0000000000000004" "0000000000000005" "fffffffffffffffa" "0000000000000007"
	    "aa00000000000000000000000000000000000000000000000000000000000000"
	    "bb00000000000000000000000000000000000000000000000000000000000000"
	    "000000027331" "0000000577696e6e79");
	assert_true(canonical_read_round(&again, r.p, r.len));
	assert_int_equal(again.clock_jump_ms, -6);
	assert_int_equal(again.origin, ORIGIN_CAPTURED);
	assert_memory_equal(again.run.overlay.p, "winny", 5);
	for (size_t i = 0; i < r.len; i++)
		assert_false(canonical_read_round(&again, r.p, i));
	/* What limits and budgets left out stands behind it, where anything is said of that. */
	d.run.cut = 5;
	d.run.not_dialled = 0;
	d.run.not_stored = 9;
	assert_int_equal(canonical_of_round(&r, &d), 0);
	hex_of(&r, hex, sizeof(hex));
	assert_string_equal(hex + strlen(hex) - 40, "00000005" "0000000000000000" "0000000000000009");
	assert_true(canonical_read_round(&again, r.p, r.len));
	assert_int_equal(again.run.cut, 5);
	assert_int_equal(again.run.not_dialled, 0);
	assert_int_equal(again.run.not_stored, 9);
	for (size_t i = r.len - 19; i < r.len; i++)
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
	assert_int_equal(canonical_of_pruned_key(&pruned, &o, r.p + AT_RAW + 4), 0);
	assert_int_equal(pruned.len, r.len);
	assert_memory_equal(pruned.p, r.p, r.len);
	free(r.p);
	free(pruned.p);
}

/* Bytes of a good key's record overwritten: it is no record then. */
static void
refused_with(const struct canonical *r, size_t at, size_t n, int byte)
{
	struct canonical_read read;
	uint8_t *copy = malloc(r->len);

	assert_non_null(copy);
	memcpy(copy, r->p, r->len);
	memset(copy + at, byte, n);
	assert_false(canonical_read_key(&read, &winny_fields, copy, r->len));
	free(copy);
}

static void
records_are_read_back_and_every_cut_is_refused(void **state)
{
	struct canonical r = { 0 }, again = { 0 };
	struct observation n = { .round = 3, .t_ms = 4, .peer = endpoint_ipv4(5, 6) };
	const struct overlay_fields *w = &winny_fields;
	struct canonical_read read;
	struct observation *o = &read.o;

	(void)state;
	assert_int_equal(canonical_of_observation(&r, &a_key), 0);
	assert_true(canonical_read_key(&read, w, r.p, r.len));
	assert_int_equal(winny_key_of(o).mtime, UNKNOWN);
	assert_null(o->value[WINNY_KEY_BBS].endpoint);
	assert_int_equal(o->key.raw.len, 32);
	assert_int_equal(canonical_of_pruned_key(&again, o, o->key.raw.p), 0);
	assert_int_equal(again.len, r.len);
	assert_memory_equal(again.p, r.p, r.len);
	for (size_t i = 0; i < r.len; i++)
		assert_false(canonical_read_key(&read, w, r.p, i));
	assert_int_equal(o->round, 0);		/* nothing is left of what failed */
	assert_false(canonical_read_neighbour(&read, w, r.p, r.len));
	refused_with(&r, AT_FIELDS, 1, 10);	/* one field too few for this overlay */
	refused_with(&r, AT_RAW - 17, 1, 33);	/* a content that is too long */
	refused_with(&r, 1 + 4 + 8, 1, 3);	/* a network that is none */
	refused_with(&r, AT_NAME, 4, 0xff);	/* a text of 4 GB */
	refused_with(&r, AT_RAW, 4, 0xff);

	set_winny_neighbour(&n, (struct winny_neighbour){ endpoint_ipv4(7, 8), -9, 1,
		{ TEXT("a"), TEXT(""), TEXT("c") } });
	assert_int_equal(canonical_of_observation(&r, &n), 0);
	assert_true(canonical_read_neighbour(&read, w, r.p, r.len));
	assert_int_equal(winny_neighbour_of(o).speed, -9);
	assert_int_equal(winny_neighbour_of(o).words[2].len, 1);
	for (size_t i = 0; i < r.len; i++)
		assert_false(canonical_read_neighbour(&read, w, r.p, i));
	free(r.p);
	free(again.p);
}

/* 20 bytes of content, five types of field, an endpoint of each network: from canonical.h by hand. */
static void
the_form_of_another_overlays_key_is_fixed(void **state)
{
	static const struct field five[] = { TOY_FIVE("", LEVEL_ADVERT) };
	static const struct overlay_fields f = { .overlay = "toy", .content_length = 2,
		.of[OBS_KEY] = TOY_TABLE(five) };
	struct endpoint bbs = toy_endpoint(NET_CJDNS, 4);
	struct observation o = { .type = OBS_KEY, .round = 1, .t_ms = 2, .fields = &f,
		.peer = toy_endpoint(NET_IPV6, 1), .to = toy_endpoint(NET_TORV3, 2),
		.key = { toy_endpoint(NET_I2P, 3), { 2, { 0xab, 0xcd } }, { NULL, 0 } },
		.value = { { .number = -2 }, { .number = UNKNOWN }, { .text = TEXT("w") },
		    { .text = TEXT("\0\xff") }, { .endpoint = &bbs } } };
	struct canonical r = { 0 };
	char hex[512];

	(void)state;
	assert_int_equal(canonical_of_observation(&r, &o), 0);
	hex_of(&r, hex, sizeof(hex));
	assert_string_equal(hex, "4b" "00000001" "0000000000000002"
	    "02" "200100000000000000000000000000ee" "fff1"
	    "04" "20020000000000000000000000000000000000000000000000000000000000ee" "fff2"
	    "05" "20030000000000000000000000000000000000000000000000000000000000ee" "fff3"
	    "02" "abcd" "00000000"
	    "05" "fffffffffffffffe" "ff" "00000001" "77" "00000002" "00ff"
	    "06" "fc0400000000000000000000000000ee" "fff4");
	free(r.p);
}

/* What is read is written as the same bytes again, and every cut is refused. */
static void
records_of_every_network_are_read_back(void **state)
{
	static const struct { const struct overlay_fields *f; enum observation_type type; } kinds[] = {
		{ &toy_fields, OBS_KEY }, { &toy_sightings, OBS_KEY }, { &toy_fields, OBS_NEIGHBOUR },
	};
	struct canonical r = { 0 }, again = { 0 };
	struct endpoint e[FIELDS_MAX + 8];
	struct canonical_read read;

	(void)state;
	for (uint8_t turn = 0; turn < 2 * NET_N * 3; turn++)
		for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
			bool (*read_back)(struct canonical_read *, const struct overlay_fields *,
			    const uint8_t *, size_t) = kinds[i].type == OBS_KEY ? canonical_read_key
			    : canonical_read_neighbour;
			struct observation o = toy_record(kinds[i].f, kinds[i].type, turn, e);

			assert_int_equal(canonical_of_observation(&r, &o), 0);
			assert_true(read_back(&read, kinds[i].f, r.p, r.len));
			assert_int_equal(endpoint_compare(read.o.peer, o.peer), 0);
			assert_int_equal(endpoint_compare(read.o.to, o.to), 0);
			assert_int_equal(canonical_of_observation(&again, &read.o), 0);
			assert_int_equal(again.len, r.len);
			assert_memory_equal(again.p, r.p, r.len);
			for (size_t n = 0; n < r.len; n++)
				assert_false(read_back(&read, kinds[i].f, r.p, n));
			assert_false(read_back(&read, &winny_fields, r.p, r.len));
		}
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
		cmocka_unit_test(the_form_of_another_overlays_key_is_fixed),
		cmocka_unit_test(records_of_every_network_are_read_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
