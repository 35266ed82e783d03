/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "data/lib/listing.h"
#include "data/lib/log.h"

struct row { const char *name; int64_t n; double share; int64_t when; uint32_t bits; };

static const struct column columns[] = {
	{ "name", CELL_TEXT, IN_ALL, 0, "", "who", "0.1" },
	{ "n", CELL_INTEGER, IN_ALL, 0, "", "how many", "0.1" },
	{ "share", CELL_SHARE, IN_ALL, 2, "fraction", "of all", "0.1" },
	{ "when", CELL_TIME, IN_ALL, 1, "UTC", "when", "0.1" },
	{ "words", CELL_WORDS, IN_ALL, 3, "", "which", "0.1" },
	{ "only_json", CELL_NESTED, IN_JSON, 0, "", "an object", "0.1" },
};

static void
cells(const void *p, struct cell *out)
{
	static const char *const names[] = { "one", "two", NULL };
	const struct row *r = p;

	out[0].text = r->name;
	out[1].number = r->n;
	out[2].real = r->share;
	out[3].number = r->when;
	out[4].words.name = names;
	out[4].words.bits = r->bits;
}

static int
nested(struct json_out *j, size_t i, const void *p, void *arg)
{
	(void)p;
	json_put_object(j, columns[i].name);
	json_put_int(j, "arg", *(int *)arg);
	json_put_end(j);
	return 0;
}

static const struct listing_spec spec = { "test", columns, 6, cells, nested };
static const struct row rows[] = {
	{ "=a,b", 7, 0.25, 1274410800000, 3 }, { NULL, UNKNOWN, NAN, UNKNOWN, 0 },
};

/* What the rows become on standard output; to be freed. */
static char *
listed(int format, const char *room, bool grouped)
{
	char path[] = "/tmp/kansoku-listing-XXXXXX", *text = calloc(1, 8192);
	int fd = mkstemp(path), out = dup(STDOUT_FILENO), arg = 5;
	struct listing l;

	assert_true(fd >= 0 && out >= 0 && text != NULL);
	fflush(stdout);
	dup2(fd, STDOUT_FILENO);
	if (room != NULL)
		setenv("COLUMNS", room, 1);
	else
		unsetenv("COLUMNS");
	listing_begin(&l, &spec, format, false, &arg);
	if (grouped)
		listing_group(&l, "s", "o", "s (o)");
	for (int i = 0; i < 2; i++)
		assert_int_equal(listing_row(&l, &rows[i]), 0);
	assert_int_equal(listing_end(&l), 0);
	fflush(stdout);
	dup2(out, STDOUT_FILENO);
	close(out);
	assert_true(pread(fd, text, 8191, 0) > 0);
	close(fd);
	unlink(path);
	return text;
}

static void
same(char *got, const char *want)
{
	assert_string_equal(got, want);
	free(got);
}

static void
one_description_makes_all_forms(void **state)
{
	(void)state;
	same(listed(LISTING_CSV, NULL, false),
	    "name,n,share,when,words\n"
	    "\"'=a,b\",7,0.25,2010-05-21T03:00:00.000Z,one|two\n,,,,\n");
	same(listed(LISTING_JSONL, NULL, false),
	    "{\"name\":\"=a,b\",\"n\":7,\"share\":0.25,\"when\":\"2010-05-21T03:00:00.000Z\","
	    "\"words\":[\"one\",\"two\"],\"only_json\":{\"arg\":5}}\n"
	    "{\"name\":null,\"n\":null,\"share\":null,\"when\":null,\"words\":[],\"only_json\":{\"arg\":5}}\n");
	same(listed(LISTING_TABLE, NULL, false),
	    "name  n   share  when              words\n"
	    "=a,b  7  0.2500  2010-05-21 03:00  one|two\n"
	    "-     -       -  -                 -\n");
}

static void
a_table_leaves_out_what_has_no_room(void **state)
{
	(void)state;
	same(listed(LISTING_TABLE, "32", false),
	    "name  n  when\n=a,b  7  2010-05-21 03:00\n-     -  -\n");
}

static void
several_sensors_are_told_apart(void **state)
{
	(void)state;
	same(listed(LISTING_CSV, NULL, true), "sensor,name,n,share,when,words\n"
	    "s,\"'=a,b\",7,0.25,2010-05-21T03:00:00.000Z,one|two\ns,,,,,\n");
	same(listed(LISTING_TABLE, "200", true), "sensor s (o)\n"
	    "name  n   share  when              words\n"
	    "=a,b  7  0.2500  2010-05-21 03:00  one|two\n"
	    "-     -       -  -                 -\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_description_makes_all_forms),
		cmocka_unit_test(a_table_leaves_out_what_has_no_room),
		cmocka_unit_test(several_sensors_are_told_apart),
	};

	log_setup("test", LOG_QUIET);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
