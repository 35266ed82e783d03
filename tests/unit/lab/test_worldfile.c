/* SPDX-License-Identifier: GPL-3.0-or-later */
/* World files: defaults, every kind of wrong line, and the worlds that are shipped. */
#include "tests/unit/lab/worlds.h"

#include <glob.h>

static void
an_empty_file_is_a_world(void **state)
{
	struct world *w = world_of("");

	(void)state;
	assert_int_equal(world_round_s(w), 1500);
	assert_int_equal(world_start_ms(w), 1274367600000);	/* 2010-05-21 00:00 in Japan */
	world_free(w);
}

static void
values_arrive(void **state)
{
	struct world *w = world_of(
	    "# comment\n[world]\nstart = 2009-05-08T00:00:00+09:00 ; Friday\nround = 20m\n"
	    "  nodes = 777\n\n[flood.2]\nvariant = V8\nstart = 36h\nend = 2009-05-11\n"
	    "rate = 2%\non = 6h-12h\noff = 90s\n[pool.1]\nblocks = 126.0-255, 219.16-31,61.7\n"
	    "[event.16]\nkind = holiday\nstart = 1d\nend = 2d\nsize = 0.3\n");
	const struct flood_settings *f = &w->file.flood[1];

	(void)state;
	assert_int_equal(world_round_s(w), 1200);
	assert_int_equal(w->file.world.nodes, 777);
	assert_int_equal(f->variant, V8);
	assert_int_equal(f->hash, HASH_TARGET);
	assert_true(f->from == 36 * HOUR && f->until == 3 * DAY + 9 * HOUR);
	assert_true(f->rate.per_second > 0.02 * 777 / 1200 - 1e-9 &&
	    f->rate.per_second < 0.02 * 777 / 1200 + 1e-9);
	assert_true(f->on.low == 6 * HOUR && f->on.high == 12 * HOUR && f->off.high == 90);
	assert_int_equal(w->file.pool[0].blocks.n, 3);
	assert_int_equal(w->file.pool[0].blocks.range[2].first, 7);
	assert_true(w->file.event[15].size == 0.3);
	world_free(w);
}

static const struct { const char *ini, *why; } wrong[] = {
	{ "[wurld]\nnodes = 5\n", "world:2: no section [wurld]; there are [world] [population]" },
	{ "[flood]\nrate = 1%\n", "world:2: no section [flood]" },
	{ "[flood.0]\nrate = 1%\n", "world:2: no section [flood.0]" },
	{ "[flood.17]\nrate = 1%\n", "[flood.1..16]" },
	{ "[flood.1x]\nrate = 1%\n", "no section" },
	{ "[world.1]\nnodes = 30\n", "no section" },
	{ "nodes = 30\n", "world:1: no section []" },
	{ "[world]\nnode = 30\n", "world:2: no setting 'node' in [world]; there are start round nodes" },
	{ "[world]\nnodes = 19\n", "nodes = 19 is not a whole number from 20 to 200000" },
	{ "[world]\nnodes = 200001\n", "from 20 to 200000" },
	{ "[world]\nnodes = -3\n", "a whole number" },
	{ "[world]\nnodes = 3e3\n", "a whole number" },
	{ "[world]\nnodes =\n", "a whole number" },
	{ "[world]\nnodes = 99999999999999999999\n", "a whole number" },
	{ "[world]\nnodes = 30\nnodes = 40\n", "world:3: 'nodes' is given twice" },
	{ "[world]\nround = 10s\n", "a span such as 90s, 25m, 6h or 2d, from 60s to 86400s" },
	{ "[world]\nround = 25\n", "a span such as" },
	{ "[world]\nstart = 36h\n", "start must be a date or a time" },
	{ "[world]\nstart = 2010-02-30\n", "a time such as" },
	{ "[world]\nnodes 30\n", "world:2: neither [section], name = value, nor a comment" },
	{ "[population]\nholders = 101%\n", "a share such as 2% or 0.02, from 0% to 100%" },
	{ "[population]\nholders = nan\n", "a share" },
	{ "[population]\nholders = 0x1p-2\n", "a share" },
	{ "[population]\nzipf = 3\n", "a number from 0.1 to 2" },
	{ "[population]\nspeed_min = 500\nspeed_max = 400\n", "world:2: speed_min is above speed_max" },
	{ "[population]\nport0 = 50%\nsilent = 50%\n", "a sensor would reach nobody" },
	{ "[churn]\nsession = 29m\n", "world:2: session is below 30m" },
	{ "[churn]\nduty = 0\n", "from 5% to 95%" },
	{ "[sensor]\nname = a/b\n", "letters, digits, - or _" },
	{ "[sensor]\nname = abcdefghijklmnopqrstuvwxyzabcdefgh\n", "1 to 31 letters" },
	{ "[pool.3]\nweight = 1\n", "world:2: a pool needs blocks" },
	{ "[pool.1]\nblocks = 126.0-256\n", "ranges of /16 such as" },
	{ "[pool.1]\nblocks = 224.1\n", "ranges of /16 such as" },
	{ "[pool.1]\nblocks = 10.1,\n", "ranges of /16 such as" },
	{ "[pool.1]\nblocks = 10.9-1\n", "ranges of /16 such as" },
	{ "[pool.1]\nblocks = 10.1-3\n[pool.2]\nblocks = 10.3\n", "world:4: block 10.3 is in another pool" },
	{ "[pool.1]\nforeign = maybe\nblocks = 10.1\n", "one of no, yes" },
	{ "[world]\nnodes = 100000\n[pool.1]\nblocks = 10.1\n", "give it more blocks" },
	{ "[flood.1]\nvariant = V9\n", "one of V1, V2, V3, V4, V5, V6, V7, V8, evasive" },
	{ "[flood.1]\nrate = 2\n", "new sources a second such as 0.7/s" },
	{ "[flood.1]\nrate = 0%\n", "new sources a second" },
	{ "[flood.1]\nstart = 5h\nend = 4h\n", "world:2: this flood ends before it starts" },
	{ "[flood.1]\non = 48h-12h\n", "two such as 6h-48h" },
	{ "[flood.1]\nports = own\n", "ports = own needs addresses = nodes" },
	{ "[flood.1]\nvariant = V6\nchannel = neighbours\n", "channel = neighbours cannot have ports = own" },
	{ "[event.1]\nstart = 5h\n", "world:2: an event needs a kind" },
	{ "[event.1]\nkind = step\n", "an event needs a start" },
	{ "[event.1]\nkind = holiday\nstart = 5h\n", "kind = holiday needs an end" },
	{ "[event.1]\nkind = new-isp\nstart = 5h\n", "kind = new-isp needs blocks" },
	{ "[event.1]\nkind = renumber\nstart = 5h\nblocks = 5.5\n", "kind = renumber needs a pool" },
	{ "[event.1]\nkind = renumber\nstart = 5h\nblocks = 5.5\npool = 40\n", "pool = 40 is not there" },
	{ "[event.1]\nkind = outage\nstart = 5h\nend = 5h\n", "this event ends before it starts" },
};

static void
every_wrong_line_is_named(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		char *why = NULL;
		struct world *w = load_text(wrong[i].ini, 0, &why);

		if (w != NULL || why == NULL || strstr(why, wrong[i].why) == NULL ||
		    strncmp(why, "world:", 6) != 0 || strchr(why, '\n') != NULL)
			fail_msg("'%s' gives '%s', not '%s'", wrong[i].ini, why, wrong[i].why);
		free(why);
	}
}

static void
a_line_that_is_too_long_is_named(void **state)
{
	char ini[600], *why;

	(void)state;
	snprintf(ini, sizeof(ini), "[world]\n# %0500d\n", 1);
	assert_null(load_text(ini, 0, &why));
	assert_non_null(strstr(why, "world:2: the line is longer than"));
	free(why);
}

static void
a_missing_file_is_named(void **state)
{
	char *why;

	(void)state;
	assert_null(world_load("/nonexistent.ini", 0, 0, &why));
	assert_non_null(strstr(why, "/nonexistent.ini: No such file"));
	free(why);
}

static void
the_command_line_replaces_nodes_before_rates_are_taken(void **state)
{
	char path[] = "/tmp/kansoku-world-XXXXXX", *why;
	int fd = mkstemp(path);
	struct world *w;

	(void)state;
	assert_int_equal(write(fd, "[flood.1]\nrate = 10%\n", 21), 21);
	close(fd);
	w = world_load(path, 600, 0, &why);
	unlink(path);
	assert_true(w->file.flood[0].rate.per_second * 1500 > 59.9 &&
	    w->file.flood[0].rate.per_second * 1500 < 60.1);
	world_free(w);
}

static void
every_shipped_world_loads(void **state)
{
	glob_t g;
	char *why;

	(void)state;
	assert_int_equal(glob("tests/lab/worlds/*.ini", 0, NULL, &g), 0);
	assert_true(g.gl_pathc >= 25);
	for (size_t i = 0; i < g.gl_pathc; i++) {
		struct world *w = world_load(g.gl_pathv[i], 0, 0, &why);

		if (w == NULL)
			fail_msg("%s", why);
		world_free(w);
	}
	globfree(&g);
}

/* Is the word there, bold or in a bold list, and not a part of another? */
static bool
manual_has(const char *from, const char *end, const char *word)
{
	for (const char *at = from; (at = strstr(at, word)) != NULL && at < end; at++) {
		const char *line = at;

		while (line > from && line[-1] != '\n')
			line--;
		if (line[0] == '.' && line[1] == 'B' && strchr(" (\"", at[-1]) != NULL &&
		    strchr(" ,;)\"\n", at[strlen(word)]) != NULL)
			return true;
	}
	return false;
}

static void
the_manual_knows_every_setting_and_choice(void **state)
{
	static char manual[1 << 16];
	FILE *f = fopen("tests/lab/kansoku-lab.1", "r");
	char heading[64];

	(void)state;
	assert_non_null(f);
	assert_true(fread(manual, 1, sizeof(manual) - 1, f) > 1000);
	fclose(f);
	for (const struct section *s = worldfile_sections; s->name != NULL; s++) {
		const char *from, *end;

		snprintf(heading, sizeof(heading), s->numbers > 0 ? ".SS [%s.1] to [%s.%u]\n" : ".SS [%s]\n",
		    s->name, s->name, s->numbers);
		if ((from = strstr(manual, heading)) == NULL)
			fail_msg("no %s", heading);
		if ((end = strstr(from + 3, ".SS")) == NULL)
			end = strstr(from, ".SH");
		for (const struct setting *p = s->settings; p->name != NULL; p++) {
			if (!manual_has(from, end, p->name))
				fail_msg("%s: no %s", heading, p->name);
			for (int i = 0; p->kind == SET_CHOICE && p->choices[i] != NULL; i++)
				if (!manual_has(from, end, p->choices[i]))
					fail_msg("%s %s: no %s", heading, p->name, p->choices[i]);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_file_is_a_world),
		cmocka_unit_test(values_arrive),
		cmocka_unit_test(every_wrong_line_is_named),
		cmocka_unit_test(a_line_that_is_too_long_is_named),
		cmocka_unit_test(a_missing_file_is_named),
		cmocka_unit_test(the_command_line_replaces_nodes_before_rates_are_taken),
		cmocka_unit_test(every_shipped_world_loads),
		cmocka_unit_test(the_manual_knows_every_setting_and_choice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
