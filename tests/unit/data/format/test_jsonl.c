/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/format/jsonl.h"
#include "data/lib/text.h"
#include "tests/unit/data/toy_overlay.h"
#include "tests/winny_records.h"

static struct jsonl reader;

/* Reads a copy, so that literals stay as they are and over-reads are seen. */
static char *line_copy;

static int
read_line(const char *line, struct observation *o)
{
	size_t len = strlen(line);

	free(line_copy);
	line_copy = malloc(len + 1);
	assert_non_null(line_copy);
	memcpy(line_copy, line, len + 1);
	return jsonl_read(&reader, o, line_copy, len);
}

static char *
written(const struct observation *o)
{
	static char buf[1 << 16];
	FILE *f = fmemopen(buf, sizeof(buf), "w");

	assert_non_null(f);
	assert_int_equal(jsonl_write(f, o), 0);
	fclose(f);
	return buf;
}

#define PEER	"\"peer\":\"127.0.3.9:7743\""
#define T	"\"t\":\"2010-05-21T03:00:00.123Z\""
#define KEY	"{\"type\":\"key\",\"round\":1," T "," PEER ",\"source\":\"203.0.113.9:21045\"," \
	"\"hash\":\"000102030405060708090a0b0c0d0eff\""

/* The lines of the format's description, and what we add to it. */
static const char *const good[] = {
	"{\"type\":\"round\",\"round\":1,\"sensor\":\"s1\",\"overlay\":\"winny\","
	"\"start\":\"2010-05-21T03:00:00.000Z\",\"end\":\"2010-05-21T03:30:00.000Z\","
	"\"tried\":4000,\"reached\":3100}\n",
	"{\"type\":\"round\",\"round\":2147483647,\"sensor\":\"\",\"overlay\":\"\","
	"\"start\":\"2010-05-21T03:00:00.000Z\",\"end\":null,\"tried\":null,\"reached\":null}\n",
	KEY ",\"size\":7340032,\"name\":\"UTF-8 \\\"\xe6\x97\xa5\\\"\",\"trip\":\"\",\"ttl\":1480,"
	"\"blocks\":120,\"mtime\":1274400000,\"ignore\":false,\"version\":5,\"bbs\":null,"
	"\"downstream\":true}\n",
	KEY ",\"size\":null,\"name\":\"\",\"trip\":\"t\",\"ttl\":null,\"blocks\":null,\"mtime\":null,"
	"\"ignore\":null,\"version\":null,\"bbs\":\"198.51.100.1:65535\",\"downstream\":null,"
	"\"bbs_trip\":\"\\u202e\",\"raw\":\"00ff7f\"}\n",
	"{\"type\":\"neighbour\",\"round\":1," T "," PEER ",\"node\":\"0.0.0.0:0\",\"speed\":120,"
	"\"bbs\":false,\"words\":[\"a\",\"b\",\"\"]}\n",
	"{\"type\":\"query\",\"round\":1," T "," PEER ",\"via\":[],\"words\":\"w\",\"id\":77}\n",
	"{\"type\":\"query\",\"round\":1," T "," PEER ",\"via\":[\"1.2.3.4:5\",\"6.7.8.9:10\"],"
	"\"words\":\"\\u0000\",\"id\":null,\"trip\":\"t\"}\n",
	"{\"type\":\"contact\",\"round\":1," T ",\"node\":\"1.2.3.4:5\",\"direction\":\"out\","
	"\"outcome\":\"ok\",\"version\":12710,\"speed\":120,\"port0\":false}\n",
	"{\"type\":\"contact\",\"round\":1," T ",\"node\":\"1.2.3.4:5\",\"direction\":\"in\","
	"\"outcome\":\"dropped\",\"version\":null,\"speed\":null,\"port0\":null,\"command\":31}\n",
};

static void
what_is_read_is_written_the_same(void **state)
{
	struct observation o;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		if (read_line(good[i], &o) != 0)
			fail_msg("%s\n%s", good[i], reader.why);
		assert_string_equal(written(&o), good[i]);
	}
}

static void
missing_is_unknown(void **state)
{
	struct observation o;

	(void)state;
	assert_int_equal(read_line(KEY "}", &o), 0);
	assert_int_equal(o.type, OBS_KEY);
	assert_int_equal(o.t_ms, INT64_C(1274410800123));
	assert_int_equal(o.key.content.id[15], 0xff);
	assert_int_equal(winny_key_of(&o).size, UNKNOWN);
	assert_int_equal(winny_key_of(&o).ttl, UNKNOWN);
	assert_int_equal(winny_key_of(&o).version, UNKNOWN);
	assert_int_equal(winny_key_of(&o).downstream, UNKNOWN);
	assert_null(o.value[WINNY_KEY_BBS].endpoint);
	assert_int_equal(o.key.content.len, 16);
	assert_int_equal(o.key.raw.len, 0);
	assert_int_equal(read_line("{\"type\":\"contact\",\"round\":1," T ",\"node\":\"1.2.3.4:5\","
	    "\"direction\":\"out\",\"outcome\":\"timeout\"}", &o), 0);
	assert_int_equal(winny_contact_of(&o).command, UNKNOWN);
	assert_int_equal(o.contact.outcome, OUT_TIMEOUT);
}

static void
order_blanks_and_strangers_make_no_difference(void **state)
{
	struct observation o;

	(void)state;
	assert_int_equal(read_line(" { \"new\" : {\"a\":[1,{},[],\"}\",-1.5e+3,null]} , \"id\":7,"
	    "\"words\":\"\\ud83d\\udca9\"," PEER " ,\"round\":3 , " T ",\"type\" : \"query\"}\r", &o), 0);
	assert_int_equal(o.type, OBS_QUERY);
	assert_int_equal(winny_query_of(&o).id, 7);
	assert_int_equal(winny_query_of(&o).words.len, 4);
	assert_memory_equal(winny_query_of(&o).words.p, "\xf0\x9f\x92\xa9", 4);
	assert_int_equal(o.query.nvia, 0);
}

/* 32 bytes 20 07 00 ... ee as Python's hashlib and base64 write them. */
#define TOY_7	"[2007::ee]:65527"
#define ONION	"25njqamcweflpvkl73j4szahhihoc4xt3ktcgjnpaingr5yhkenl5sid.onion:8333"

/* Of a link that was captured the receiver is said, too. */
static void
endpoints_of_any_network_and_the_receiver_are_read(void **state)
{
	static const char *const lines[] = {
		"{\"type\":\"key\",\"round\":1," T ",\"peer\":\"[2001:db8::9]:80\",\"to\":\"127.0.0.1:9\","
		    "\"source\":\"" ONION "\",\"hash\":\"000102030405060708090a0b0c0d0e0f\","
		    "\"size\":null,\"name\":\"\",\"trip\":\"\",\"ttl\":null,\"blocks\":null,"
		    "\"mtime\":null,\"ignore\":null,\"version\":null,\"bbs\":\"[fc00::1]:1\","
		    "\"downstream\":null}\n",
		"{\"type\":\"neighbour\",\"round\":1," T "," PEER ",\"to\":\"" ONION "\","
		    "\"node\":\"[::1]:0\",\"speed\":null,\"bbs\":null,\"words\":[\"\",\"\",\"\"]}\n",
		"{\"type\":\"query\",\"round\":1," T "," PEER ",\"to\":\"1.2.3.4:5\","
		    "\"via\":[\"" ONION "\",\"[::1]:9\"],\"words\":\"w\",\"id\":null}\n",
	};
	struct observation o;

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		if (read_line(lines[i], &o) != 0)
			fail_msg("%s\n%s", lines[i], reader.why);
		assert_false(endpoint_is_nobody(o.to));
		assert_string_equal(written(&o), lines[i]);
	}
}

/* The same record again, of another overlay's table: every type of field, said and not said. */
static void
a_table_of_fields_drives_both_ways(void **state)
{
	static const struct { const struct overlay_fields *f; enum observation_type type; } kinds[] = {
		{ &toy_fields, OBS_KEY }, { &toy_sightings, OBS_KEY }, { &toy_fields, OBS_NEIGHBOUR },
		{ &toy_fields, OBS_QUERY }, { &toy_fields, OBS_CONTACT },
	};
	struct endpoint e[FIELDS_MAX + 8];
	struct observation o, back;
	char first[1 << 12];

	(void)state;
	for (uint8_t turn = 0; turn < 2 * NET_N * 3; turn++)
		for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
			o = toy_record(kinds[i].f, kinds[i].type, turn, e);
			strcpy(first, written(&o));
			reader.fields = kinds[i].f;
			if (read_line(first, &back) != 0)
				fail_msg("%s\n%s", first, reader.why);
			assert_string_equal(written(&back), first);
			assert_int_equal(endpoint_compare(back.to, o.to), 0);
			assert_ptr_equal(back.fields, kinds[i].f);
			for (int k = 0; k < o.fields->of[o.type].n; k++)
				assert_int_equal(value_is_said(&o.fields->of[o.type].field[k], back.value[k]),
				    value_is_said(&o.fields->of[o.type].field[k], o.value[k]));
		}
	o = toy_record(&toy_fields, OBS_CONTACT, 0, e);	/* written by hand from the table */
	assert_string_equal(written(&o), "{\"type\":\"contact\",\"round\":1,"
	    "\"t\":\"2010-05-21T00:00:00.123Z\",\"node\":\"32.0.0.238:65520\",\"direction\":\"out\","
	    "\"outcome\":\"ok\",\"k_number\":9223372036854775807,\"k_flag\":false,\"k_word\":\"\xe8\xaa\x9e\","
	    "\"k_bytes\":\"00ff0a\",\"k_node\":\"" TOY_7 "\"}\n");
	o = toy_record(&toy_fields, OBS_CONTACT, 1, e);
	assert_string_equal(written(&o), "{\"type\":\"contact\",\"round\":1,"
	    "\"t\":\"2010-05-21T00:00:00.123Z\",\"node\":\"[2001::ee]:65521\",\"direction\":\"in\","
	    "\"outcome\":\"refused\",\"k_number\":null,\"k_word\":\"\",\"k_node\":null}\n");
	assert_int_equal(read_line("{\"type\":\"contact\",\"round\":1," T ",\"node\":\"1.2.3.4:5\","
	    "\"direction\":\"in\",\"outcome\":\"ok\",\"k_number\":-6}", &back), -1);
	assert_string_equal(reader.why,
	    "k_number: want a whole number from -5 to 9223372036854775807");
	reader.fields = NULL;
}

struct bad { const char *line, *why; };

static void
each_wrong_line_gets_its_reason(void **state)
{
	static const struct bad bad[] = {
		{ "", "want an object" },
		{ "[]", "want an object" },
		{ "{}", "type: missing" },
		{ "{\"type\":\"kye\"}", "type: want round, key, neighbour, query or contact" },
		{ "{\"type\":7}", "type: want round" },
		{ "{\"type\":\"key\"", "want a comma or a closing bracket" },
		{ "{\"type\":\"key\",\"type\":\"key\"}", "type: given twice" },
		{ "{\"type\":\"key\"}", "round: missing" },
		{ "{\"type\":\"key\",\"round\":0}", "round: want a whole number from 1" },
		{ "{\"type\":\"key\",\"round\":4294967296}", "round: want a whole number from 1" },
		{ "{\"type\":\"key\",\"round\":2147483648}", "round: want a whole number from 1" },
		{ "{\"type\":\"round\",\"round\":1,\"start\":\"9990-01-01T00:00:00.000Z\"}",
		    "start: want a time such as" },
		{ "{\"type\":\"key\",\"round\":1.0}", "round: want a whole number" },
		{ "{\"type\":\"key\",\"round\":\"1\"}", "round: want a whole number" },
		{ "{\"type\":\"key\",\"round\":null}", "round: null; it must be given" },
		{ "{\"type\":\"key\",\"round\":1,\"t\":\"2010-05-21\"}", "t: want a time" },
		{ "{\"type\":\"key\",\"round\":1,\"t\":\"2010-02-30T00:00:00Z\"}", "t: want a time" },
		{ "{\"type\":\"key\",\"round\":1,\"t\":\"1969-12-31T23:59:59Z\"}", "t: want a time" },
		{ "{\"type\":\"key\",\"round\":1,\"t\":\"2010-05-21T03:00:00Z\\u0000x\"}", "t: want" },
		{ "{\"type\":\"key\",\"round\":1," T ",\"peer\":\"1.2.3.4\"}", "peer: no port: want a colon" },
		{ "{\"type\":\"key\",\"round\":1," T ",\"peer\":\"1.2.3.4:5\\u0000\"}", "peer: want" },
		{ "{\"type\":\"key\",\"round\":1," T ",\"peer\":\"1.2.3.4:65536\"}", "peer: no port: want 0 to 65535" },
		{ KEY ",\"size\":-1}", "size: want a whole number from 0" },
		{ KEY ",\"size\":9223372036854775808}", "size: want a whole number from 0" },
		{ KEY ",\"ttl\":2147483648}", "ttl: want a whole number from 0 to 2147483647" },
		{ KEY ",\"version\":32768}", "version: want a whole number from 0 to 32767" },
		{ KEY ",\"ignore\":1}", "ignore: want true or false" },
		{ KEY ",\"name\":3}", "name: want a string" },
		{ KEY ",\"name\":\"\xff\"}", "name: want a string" },
		{ KEY ",\"name\":\"\\ud800\"}", "name: want a string" },
		{ KEY ",\"name\":\"\t\"}", "name: want a string" },
		{ KEY ",\"raw\":\"0\"}", "raw: want an even number of hex digits" },
		{ KEY ",\"raw\":\"0g\"}", "raw: want an even number of hex digits" },
		{ KEY ",\"bbs\":false}", "bbs: want an address and a port" },
		{ KEY ",\"new\":[}", "want a value" },
		{ KEY ",\"new\":tru}", "want true, false or null" },
		{ KEY ",\"new\":01}", "a number is malformed" },
		{ KEY ",}", "want a name in quotes" },
		{ KEY "} x", "something stands behind the object" },
		{ KEY "}{}", "something stands behind the object" },
		{ "{\"type\":\"key\",\"round\":1," T "," PEER ",\"source\":\"1.2.3.4:5\",\"hash\":\"00\"}",
		    "hash: want 32 hex digits" },
		{ "{\"type\":\"key\",\"round\":1," T "," PEER ",\"source\":\"1.2.3.4:5\"}",
		    "hash: missing" },
		{ "{\"type\":\"contact\",\"round\":1," T ",\"node\":\"1.2.3.4:5\",\"direction\":\"up\"}",
		    "direction: want out or in" },
		{ "{\"type\":\"contact\",\"round\":1," T ",\"node\":\"1.2.3.4:5\",\"direction\":\"in\","
		    "\"outcome\":\"fine\"}", "outcome: want ok, refused" },
		{ "{\"type\":\"neighbour\",\"round\":1," T "," PEER ",\"node\":\"1.2.3.4:5\","
		    "\"words\":[\"a\",\"b\",\"c\",\"d\"]}", "words: want an array of at most three" },
		{ "{\"type\":\"query\",\"round\":1," T "," PEER ",\"via\":[1]}", "via: want an array" },
		{ "{\"type\":\"round\",\"round\":1,\"start\":\"2010-05-21T03:00:00Z\","
		    "\"end\":\"2010-05-21T02:59:59Z\"}", "end: before the start" },
	};
	struct observation o;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (read_line(bad[i].line, &o) != -1 ||
		    strncmp(reader.why, bad[i].why, strlen(bad[i].why)) != 0)
			fail_msg("%s\n  says \"%s\",\n  want \"%s\"", bad[i].line, reader.why,
			    bad[i].why);
	}
}

static void
every_truncation_fails(void **state)
{
	struct observation o;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		size_t len = strlen(good[i]) - 1;	/* without the LF */

		for (size_t n = 0; n < len; n++) {
			char *copy = malloc(n == 0 ? 1 : n);

			memcpy(copy, good[i], n);
			assert_int_equal(jsonl_read(&reader, &o, copy, n), -1);
			free(copy);
		}
	}
}

static void
deep_brackets_are_an_error_not_a_crash(void **state)
{
	char line[4096] = KEY ",\"x\":";
	struct observation o;
	size_t n = strlen(line);

	(void)state;
	memset(line + n, '[', 3000);
	line[n + 3000] = '\0';
	assert_int_equal(read_line(line, &o), -1);
	assert_string_equal(reader.why, "brackets are nested too deep");
	memset(line + n, '[', 64);
	memset(line + n + 64, ']', 64);
	strcpy(line + n + 128, "}");
	assert_int_equal(read_line(line, &o), 0);
}

static void
long_texts_pass_the_buffer_whole(void **state)
{
	struct observation o, back;
	static uint8_t name[9000];

	(void)state;
	assert_int_equal(read_line(KEY "}", &o), 0);
	memset(name, 'x', sizeof(name));
	for (size_t len = 600; len < sizeof(name); len += 700) {
		o.key.raw = o.value[WINNY_KEY_NAME].text = (struct text){ name, len };
		assert_int_equal(read_line(written(&o), &back), 0);
		assert_int_equal(winny_key_of(&back).name.len, len);
		assert_int_equal(back.key.raw.len, len);
		assert_memory_equal(back.key.raw.p, name, len);
	}
}

static void
a_full_device_is_noticed(void **state)
{
	FILE *f = fopen("/dev/full", "w");
	struct observation o;
	int said = 0;

	(void)state;
	assert_int_equal(read_line(KEY "}", &o), 0);
	for (int i = 0; i < 100; i++)
		said |= jsonl_write(f, &o);
	assert_int_equal(said, -1);
	fclose(f);
}

static int
forget_line(void **state)
{
	(void)state;
	free(line_copy);
	return 0;
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_read_is_written_the_same),
		cmocka_unit_test(missing_is_unknown),
		cmocka_unit_test(order_blanks_and_strangers_make_no_difference),
		cmocka_unit_test(endpoints_of_any_network_and_the_receiver_are_read),
		cmocka_unit_test(a_table_of_fields_drives_both_ways),
		cmocka_unit_test(each_wrong_line_gets_its_reason),
		cmocka_unit_test(every_truncation_fails),
		cmocka_unit_test(deep_brackets_are_an_error_not_a_crash),
		cmocka_unit_test(long_texts_pass_the_buffer_whole),
		cmocka_unit_test(a_full_device_is_noticed),
	};
	return cmocka_run_group_tests(tests, NULL, forget_line);
}
